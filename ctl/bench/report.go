package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mote/ctl/vm"
)

const (
	// exactRunsMin is what it takes to see that a counted boot is exact.
	exactRunsMin = 2
	// exactApartNsec is how far two counted boots may not be apart.
	exactApartNsec = 1_000
)

// Report is what several boots of one machine say.
type Report struct {
	// Title names what was booted.
	Title string
	// Runs are the boots, at least one.
	Runs []Run
	// Exact says that they were counted; Clock are then as many boots of the
	// same machine by the clock, to be put beside them.
	Exact bool
	Clock []Run
}

// Take boots a machine count times. A counted one it boots at least twice, to
// see that its boots are alike, and then as often by the clock.
func Take(ctx context.Context, title string, c vm.Config, o Options, count int) (r Report, err error) {
	r = Report{Title: title, Exact: c.Exact}
	if c.Exact {
		count = max(count, exactRunsMin)
	}
	if r.Runs, err = Times(ctx, c, o, count); err != nil || !c.Exact {
		return r, err
	}
	// The same machine but for the counting.
	c.Exact, c.Accel, c.RootInRAM = false, vm.TCG, c.Root != ""
	r.Clock, err = Times(ctx, c, o, count)
	return r, err
}

// Times boots the machine several times, one after the other.
func Times(ctx context.Context, c vm.Config, o Options, count int) ([]Run, error) {
	all := make([]Run, 0, count)
	for range count {
		one, err := Measure(ctx, c, o)
		if err != nil {
			return all, fmt.Errorf("boot %d of %d: %w", len(all)+1, count, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// Pairs boots two sides in turn, so that what else the host does meets both
// alike; the first of a pair changes each time.
func Pairs(ctx context.Context, count int, config func(side int) vm.Config, o Options) (base, head []Run, err error) {
	var all [2][]Run
	for n := range count {
		for k := range 2 {
			i := (n + k) % 2
			r, err := Measure(ctx, config(i), o)
			if err != nil {
				return all[0], all[1], fmt.Errorf("pair %d of %d: %w", n+1, count, err)
			}
			all[i] = append(all[i], r)
		}
	}
	return all[0], all[1], nil
}

// Exactly is an error where boots that were counted are not alike.
func (r Report) Exactly() error {
	if !r.Exact {
		return nil
	}
	nsec, name, err := Spread(r.Runs)
	if err == nil && nsec >= exactApartNsec {
		err = fmt.Errorf("bench: %d exact runs are %d ns apart at the mark %q: they are not exact; see ctl/bench/README.md for what loosens them",
			len(r.Runs), nsec, name)
	}
	return err
}

// Formats are the words that As knows.
func Formats() []string { return []string{"text", "json", "csv", "svg", "html", "trace"} }

// As writes the report in one of the Formats.
func (r Report) As(format string) ([]byte, error) {
	chosen := Median(r.Runs)
	switch format {
	case "text":
		return []byte(r.Text()), nil
	case "json":
		return r.JSON()
	case "csv":
		return []byte(CSV(r.Runs)), nil
	case "svg":
		return []byte(SVG(chosen.Boot)), nil
	case "html":
		return []byte(HTML(chosen, r.Runs)), nil
	case "trace":
		return Trace(chosen)
	}
	return nil, fmt.Errorf("bench: no format %q; there are %s", format, strings.Join(Formats(), ", "))
}

// JSON is the report for programs: the median boot, and each mark over all.
func (r Report) JSON() ([]byte, error) {
	chosen := Median(r.Runs)
	text, err := json.MarshalIndent(struct {
		Title     string     `json:"title"`
		Accel     string     `json:"accel"`
		Exact     bool       `json:"exact"`
		Runs      int        `json:"runs"`
		Before    int64      `json:"before_kernel_ns,omitempty"`
		Boot      Boot       `json:"boot"`
		Stats     []Stat     `json:"distribution"`
		Clock     []Stat     `json:"by_the_clock,omitempty"`
		HostTimed []string   `json:"timed_by_host,omitempty"`
		Initcalls []Initcall `json:"initcalls,omitempty"`
	}{r.Title, string(chosen.Accel), r.Exact, len(r.Runs), chosen.BeforeNsec, chosen.Boot, Distribution(r.Runs),
		Distribution(r.Clock), chosen.HostTimed, chosen.Initcalls}, "", "  ")
	return append(text, '\n'), err
}

// Text is the report for people: the median boot drawn, and each mark over all.
func (r Report) Text() string {
	var b strings.Builder
	chosen := Median(r.Runs)
	how := string(chosen.Accel)
	if r.Exact {
		how += ", exact: 1 instruction is 1 ns, without caches and devices"
	}
	fmt.Fprintf(&b, "boot of %s (%s)\n\n%s\n%s\n", r.Title, how, Waterfall(chosen.Boot), Blame(chosen.Boot))
	if text := InitcallText(chosen.Initcalls); text != "" {
		b.WriteString(text + "\n")
	}
	if len(r.Runs) > 1 {
		b.WriteString(DistributionText(Distribution(r.Runs), len(r.Runs)) + "\n")
	}
	if len(chosen.HostTimed) > 0 {
		fmt.Fprintf(&b, "timed by the host, as their lines had no time of the guest's: %s\n", strings.Join(chosen.HostTimed, ", "))
	}
	if r.Exact {
		b.WriteString(r.exactText())
	} else if chosen.BeforeNsec > 0 {
		fmt.Fprintf(&b, "before the kernel's clock began: %s ms by the host's (QEMU's start, firmware, loader)\n", Msec(chosen.BeforeNsec))
	}
	return b.String()
}

// exactText says how alike counted boots were, and what the clock says of them.
func (r Report) exactText() string {
	nsec, _, err := Spread(r.Runs)
	text := fmt.Sprintf("%d exact runs: no mark is more than %d ns apart\n", len(r.Runs), nsec)
	if err = errors.Join(err, r.Exactly()); err != nil {
		text = err.Error() + "\n"
	}
	if len(r.Clock) > 0 {
		c := r.Clock[0]
		spans := make([]int64, 0, len(r.Clock))
		for _, one := range r.Clock {
			spans = append(spans, span(one))
		}
		slices.Sort(spans)
		text += fmt.Sprintf("by the clock, from the beginning of the scale (%s) to ready in %d runs: median %s ms, %s to %s\n",
			c.origin(), len(r.Clock), Msec(middle(spans)), Msec(spans[0]), Msec(spans[len(spans)-1]))
	}
	return text
}

// span is what the scale shows: PID 1's first instruction to ready.
func span(r Run) int64 { return r.ReadyNsec - r.InitNsec }
