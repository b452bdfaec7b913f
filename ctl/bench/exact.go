package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mote/ctl/vm"
)

// Two exact boots are alike to the nanosecond up to the first instruction that
// differs. So the first phase that differs is where the change is, however small
// it is. What comes after it may be moved by it: the timer's tick then falls
// elsewhere, and the scheduler takes another turn, which is worth tenths of a
// millisecond. So the later phases, and the sum, are compared over several
// offsets: both sides are booted again with the same delay before PID 1, each
// time another one, and the differences are taken in pairs.
//
// The delay is padding behind the image, which the kernel copies into its RAM
// disk. For the same reason both images are padded to one size: else a larger
// one would move everything, and its bytes are another report's.

const (
	// exactNoiseNsec is what a change of code that does nothing was seen to make
	// by its place alone: some ns. Less than this is no difference.
	exactNoiseNsec = 2_000
	// imageStepBytes is what images are padded to a multiple of.
	imageStepBytes = 1 << 20
	// offsetBytes is how much padding one more offset is: 27 ns a byte, so that
	// the offsets stand at different places between two ticks of 4 ms.
	offsetBytes = 20 << 10
)

// Exact is the comparison of two exact boots.
type Exact struct {
	// Phases are of the boots without a delay, in their order; Same says that
	// both have the same marks in the same order (see Phases).
	Phases []Phase
	Same   bool
	// First is the index of the first phase that differs, −1 where none does.
	First int
	// Later are the changes of the phases over all offsets, and Total that of
	// Origin to ready; empty where nothing differs, or no
	// offsets were asked for.
	Later map[string]Interval
	Total Interval
	// OwnNsec is the base's time from Origin to ready: PID 1's first instruction,
	// or what is nearest to it where nobody tells that.
	OwnNsec int64
	Origin  string
	// Base is the base's boot without a delay. SpreadNsec is how far two such
	// boots of one side were apart at most, in ns.
	Base       Boot
	SpreadNsec int64
	// Bytes are the images' sizes.
	Bytes [2]int64
}

// CompareExact boots base and head by counting instructions; config makes the
// machine of an image. offsets is how many delays the later phases are compared
// over, if anything differs. Each side is booted twice: where the two are not
// alike to the microsecond nothing can be compared, which is an error.
func CompareExact(ctx context.Context, images [2]string, config func(side int, image string) vm.Config, o Options, offsets int) (e Exact, err error) {
	folder, err := os.MkdirTemp("", "mote-exact-")
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	for i, image := range images {
		info, err := os.Stat(image)
		if err != nil {
			return e, fmt.Errorf("bench: %w", err)
		}
		e.Bytes[i] = info.Size()
	}
	size := (max(e.Bytes[0], e.Bytes[1]) + imageStepBytes - 1) / imageStepBytes * imageStepBytes
	at := func(side, offset int) (Run, error) {
		path := filepath.Join(folder, fmt.Sprint("root-", side))
		if err := pad(path, images[side], size+int64(offset)*offsetBytes); err != nil {
			return Run{}, err
		}
		return Measure(ctx, config(side, path), o)
	}
	var boots [2][]Run
	for i, side := range []int{0, 1, 0, 1} {
		r, err := at(side, 0)
		if err != nil {
			return e, fmt.Errorf("bench: exact boot %d: %w", i+1, err)
		}
		boots[side] = append(boots[side], r)
	}
	for side, name := range []string{"base", "head"} {
		if err := (Report{Exact: true, Runs: boots[side]}).Exactly(); err != nil {
			return e, fmt.Errorf("the %s was booted twice, and nothing can be compared with it: %w", name, err)
		}
		nsec, _, err := Spread(boots[side])
		if err != nil {
			return e, err
		}
		e.SpreadNsec = max(e.SpreadNsec, nsec)
	}
	base, head := boots[0][0].Boot, boots[1][0].Boot
	e.Base = base
	e.OwnNsec, e.Origin = base.ReadyNsec-base.InitNsec, base.origin()
	e.Phases, e.Same = Phases(base, head)
	e.First = slices.IndexFunc(e.Phases, func(p Phase) bool { return differs(p.changeNsec()) })
	if e.First < 0 || offsets == 0 {
		return e, nil
	}
	return e, e.offsets(at, offsets, [2]Run{boots[0][0], boots[1][0]})
}

// offsets compares the later phases over delays.
func (e *Exact) offsets(at func(side, offset int) (Run, error), count int, first [2]Run) error {
	changes := map[string][]int64{}
	var totals []int64
	take := func(base, head Boot) {
		phases, _ := Phases(base, head)
		for _, p := range phases {
			changes[p.Name] = append(changes[p.Name], p.changeNsec())
		}
		totals = append(totals, (head.ReadyNsec-head.InitNsec)-(base.ReadyNsec-base.InitNsec))
	}
	take(first[0].Boot, first[1].Boot)
	for n := 1; n <= count; n++ {
		var pair [2]Run
		for side := range pair {
			r, err := at(side, n)
			if err != nil {
				return fmt.Errorf("bench: exact boot at offset %d: %w", n, err)
			}
			pair[side] = r
		}
		take(pair[0].Boot, pair[1].Boot)
	}
	e.Later = map[string]Interval{}
	for name, list := range changes {
		e.Later[name] = Paired(list)
	}
	e.Total = Paired(totals)
	return nil
}

// pad copies an image and adds zeros up to a size. SquashFS knows its own end.
func pad(to, from string, bytes int64) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if _, err := io.Copy(target, source); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return target.Truncate(bytes)
}

func differs(nsec int64) bool { return nsec > exactNoiseNsec || nsec < -exactNoiseNsec }

// Verdict is "same", "slower" or "faster": by the sum over all offsets where
// that is sure, and else by the first phase that differs.
func (e Exact) Verdict() string {
	if e.First < 0 {
		return "same"
	}
	change := e.Phases[e.First].changeNsec()
	if e.Total.Sure() && differs(e.Total.Nsec) {
		change = e.Total.Nsec
	}
	if change > 0 {
		return "slower"
	}
	return "faster"
}

// Text is the report for people.
func (e Exact) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "counted, one instruction is 1 ns; no caches, no devices: it finds changes, and is no stopwatch\n")
	fmt.Fprintf(&out, "from the beginning (%s) to ready takes the base %s ms; images of %d and %d bytes (%+d)\n",
		e.Origin, usec(e.OwnNsec), e.Bytes[0], e.Bytes[1], e.Bytes[1]-e.Bytes[0])
	fmt.Fprintf(&out, "each was booted twice: no mark of either is more than %d ns apart\n\n", e.SpreadNsec)
	if e.First < 0 {
		fmt.Fprintf(&out, "verdict: same; no phase of %d is more than %s ms apart\n", len(e.Phases), usec(exactNoiseNsec))
		return out.String()
	}
	if !e.Same {
		out.WriteString("the marks come in another order: spans are compared, which may overlap\n")
	}
	e.table(&out)
	first := e.Phases[e.First]
	fmt.Fprintf(&out, "\nverdict: %s; the first difference is %s ms in %s (%+.2f %% of the whole)\n", e.Verdict(),
		signed(first.changeNsec()), first.Name, percent(first.changeNsec(), e.OwnNsec))
	switch {
	case e.Total.Sure():
		fmt.Fprintf(&out, "in all %s ms (%+.2f %%), between %s and %s over %d offsets\n", signed(e.Total.Nsec),
			percent(e.Total.Nsec, e.OwnNsec), signed(e.Total.LowNsec), signed(e.Total.HighNsec), e.Total.Pairs)
	case e.Total.Pairs > 0:
		fmt.Fprintf(&out, "in all less than the scheduler's turns hide: between %s and %s ms over %d offsets\n",
			signed(e.Total.LowNsec), signed(e.Total.HighNsec), e.Total.Pairs)
	}
	return out.String()
}

// table writes the phases, the first that differs marked; what comes after it
// only means something over the offsets.
func (e Exact) table(out *strings.Builder) {
	width := len("phase")
	for _, p := range e.Phases {
		width = max(width, len([]rune(p.Name)))
	}
	fmt.Fprintf(out, "  %s %11s %11s %11s  %s\n", padded("phase", width), "base ms", "head ms", "change ms", "over the offsets, between")
	for i, p := range e.Phases {
		fmt.Fprintf(out, "  %s %11s %11s %11s", padded(p.Name, width), usec(p.BaseNsec), usec(p.HeadNsec), signed(p.changeNsec()))
		if l, is := e.Later[p.Name]; is && i >= e.First {
			fmt.Fprintf(out, "  %s and %s", signed(l.LowNsec), signed(l.HighNsec))
		}
		if i == e.First {
			out.WriteString("  ← first difference")
		}
		out.WriteByte('\n')
	}
}
