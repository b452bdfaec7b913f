package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mote/ctl/vm"
)

// observePrefix begins the bench image's line with all figures.
const observePrefix = "observe: "

// limitDefault bounds one boot: TCG on a busy host takes seconds.
const limitDefault = 3 * time.Minute

// Options say when a boot is over.
type Options struct {
	// Until is the last mark; default "ready". An image with Mote's observer is
	// over when that has told its figures.
	Until string
	// Limit bounds the boot; default 3 minutes.
	Limit time.Duration
	// Services are who waits for whom, for the critical path; where nobody tells,
	// it is inferred.
	Services []Service
}

// Run is one boot, and what was seen of it from outside.
type Run struct {
	Boot
	Accel vm.Accel
	// Lines is the console up to the boot's end.
	Lines []vm.Line
	// Began is when QEMU was started, by the host's clock.
	Began time.Time
	// BeforeNsec is the host's time from QEMU's start to the zero of the guest's
	// clock: QEMU, firmware, loader. 0 where no line ties the clocks together.
	BeforeNsec int64
	// HostTimed are marks whose line had no time of the guest's: theirs is the
	// host's clock when the line came.
	HostTimed []string
	// Initcalls are the kernel's, slowest first, where the word initcall_debug
	// makes it tell them.
	Initcalls []Initcall
}

// Measure boots the machine once, ends it, and tells what it saw. An exact boot
// whose marks have no time of the guest's is an error: the host's clock means
// nothing then.
func Measure(ctx context.Context, c vm.Config, o Options) (r Run, err error) {
	if o.Until == "" {
		o.Until = markReady
	}
	if o.Limit == 0 {
		o.Limit = limitDefault
	}
	ctx, cancel := context.WithTimeout(ctx, o.Limit)
	defer cancel()
	v, err := vm.Start(ctx, c)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	last, err := v.WaitMatch(ctx, fmt.Sprintf("the mark %q", o.Until), func(line string) bool {
		m, _, is := parseMark(line)
		return is && m.Name == o.Until || strings.HasPrefix(line, observePrefix) || strings.Contains(line, "] observe: exit status")
	})
	if err != nil {
		return r, err
	}
	r = Run{Accel: v.Accel, Lines: v.Lines(), Began: v.Began}
	r.Initcalls = initcalls(r.Lines)
	if zero, is := guestZero(r.Lines, r.Began); is && !c.Exact {
		r.BeforeNsec = zero.Sub(r.Began).Nanoseconds()
	}
	if text, is := strings.CutPrefix(last.Text, observePrefix); is {
		r.Boot, err = ParseObserve(text)
		r.Services, r.Security, r.Counted = o.Services, securityOf(r.Lines), c.Exact
		return r, err
	}
	if strings.Contains(last.Text, "] observe: exit status") {
		return r, fmt.Errorf("bench: the service observe failed; console, last lines:\n%s", v.Tail())
	}
	r.Boot, r.HostTimed, err = fromLines(r.Lines, r.Began, o.Until)
	r.Services, r.Security, r.Counted = o.Services, securityOf(r.Lines), c.Exact
	if err == nil && c.Exact && len(r.HostTimed) > 0 {
		err = fmt.Errorf("bench: exact, but %s came without the guest's time; print to /dev/kmsg with printk.time=1, or the ns before the name",
			strings.Join(r.HostTimed, ", "))
	}
	return r, err
}

// Median is the run whose time from init to ready is the middle one; of an even
// number the later one, so that it is a boot that was. all is not empty.
func Median(all []Run) Run {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Run) int {
		return int(a.ReadyNsec - a.InitNsec - (b.ReadyNsec - b.InitNsec))
	})
	return sorted[len(sorted)/2]
}
