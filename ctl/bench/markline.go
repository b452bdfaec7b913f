package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"mote/ctl/vm"
)

// A mark line is how any system tells an instant of its boot, on the serial
// console or in the kernel's log (/dev/kmsg), which the kernel copies there:
//
//	[    1.234567] mote: mark 1234500000 up mqtt
//	[    1.234567] mark ready
//	mark ready
//
// The kernel's stamp in brackets (printk.time=1) and one word with a colon may
// stand before the word mark. Behind it come, if known, the time in ns since the
// kernel's clock began (CLOCK_BOOTTIME or CLOCK_MONOTONIC), and the mark's name:
// the rest of the line. Of the times that a line has the first is taken of: the
// number, the kernel's stamp, and the host's clock when the line came.

const (
	// nameBytesMax bounds a mark's name: a longer line is somebody's text.
	nameBytesMax = 64
	// clockNsecMax bounds the guest's clock, 104 days: up to it every reader of
	// JSON has the very number, and no sum or product here overflows. A later
	// time is no time of a boot.
	clockNsecMax = 1 << 53
)

// goodName says whether a mark may be called so: what is printed to a terminal
// and into drawings has nothing that acts on them.
func goodName(name string) bool {
	return name != "" && len(name) <= nameBytesMax && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// kernelStamp parts a line of the kernel's log: its time in ns, and the rest.
// Format "[%5lu.%06lu] ", see print_time in the kernel's kernel/printk/printk.c.
func kernelStamp(line string) (nsec int64, rest string, is bool) {
	inside, opened := strings.CutPrefix(line, "[")
	stamp, rest, closed := strings.Cut(inside, "] ")
	seconds, micros, dot := strings.Cut(strings.TrimLeft(stamp, " "), ".")
	if !opened || !closed || !dot || len(micros) != 6 {
		return 0, line, false
	}
	s, err := strconv.ParseUint(seconds, 10, 31)
	us, err2 := strconv.ParseUint(micros, 10, 31)
	if nsec = int64(s)*1e9 + int64(us)*1e3; err != nil || err2 != nil || nsec > clockNsecMax {
		return 0, line, false
	}
	return nsec, rest, true
}

// parseMark reads a mark line. guest tells that the time is the guest's own;
// where it is not, the mark has none.
func parseMark(line string) (m Mark, guest, is bool) {
	nsec, text, stamped := kernelStamp(line)
	if head, rest, colon := strings.Cut(text, ": "); colon && head != "" && !strings.Contains(head, " ") {
		text = rest
	}
	name, is := strings.CutPrefix(text, "mark ")
	if !is {
		return Mark{}, false, false
	}
	if number, rest, space := strings.Cut(name, " "); space {
		if n, err := strconv.ParseUint(number, 10, 64); err == nil && n <= clockNsecMax {
			nsec, stamped, name = int64(n), true, rest
		}
	}
	name = strings.TrimSpace(name)
	if !goodName(name) {
		return Mark{}, false, false
	}
	return Mark{Name: name, Nsec: nsec}, stamped, true
}

// kernelRuns is the kernel's word that it starts PID 1 (init/main.c).
const kernelRuns = " as init process"

// marksOf collects the marks of a console in the order of their times. A mark
// without a time of the guest's gets the host's, counted from the guest's zero
// as far as the kernel's stamps tell it, and else from began. hostTimed names
// those.
func marksOf(lines []vm.Line, began time.Time) (all []Mark, hostTimed []string) {
	zero, _ := guestZero(lines, began)
	for _, line := range lines {
		if nsec, rest, is := kernelStamp(line.Text); is && strings.HasPrefix(rest, "Run ") && strings.HasSuffix(rest, kernelRuns) {
			all = append(all, Mark{Name: markKernel, Nsec: nsec})
			continue
		}
		m, guest, is := parseMark(line.Text)
		if !is {
			continue
		}
		if !guest {
			m.Nsec = max(line.At.Sub(zero).Nanoseconds(), 0)
			hostTimed = append(hostTimed, m.Name)
		}
		all = append(all, m)
	}
	// Stable: of marks at one instant the first told is the first.
	slices.SortStableFunc(all, func(a, b Mark) int { return cmp.Compare(a.Nsec, b.Nsec) })
	return all, hostTimed
}

// guestZero is the host's time at which the guest's clock began. Each line of
// the kernel's, and each of PID 1's milestones, came later than it was stamped;
// the least delay is nearest. Without any of them, is is false and zero began.
func guestZero(lines []vm.Line, began time.Time) (zero time.Time, is bool) {
	zero = began
	for _, line := range lines {
		nsec, _, stamped := kernelStamp(line.Text)
		if !stamped {
			nsec, stamped = milestone(line.Text)
		}
		// A machine can't have begun before QEMU: such a stamp is another text.
		at := line.At.Add(-time.Duration(nsec))
		if stamped && !at.Before(began) && (!is || at.Before(zero)) {
			zero, is = at, true
		}
	}
	return zero, is
}

// fromLines makes a boot of any system's console. The last mark is until.
func fromLines(lines []vm.Line, began time.Time, until string) (b Boot, hostTimed []string, err error) {
	b.Marks, hostTimed = marksOf(lines, began)
	ready := slices.IndexFunc(b.Marks, func(m Mark) bool { return m.Name == until })
	if ready < 0 {
		return Boot{}, nil, fmt.Errorf("bench: no mark %q on the console; see ctl/bench/README.md for how to print one", until)
	}
	b.ReadyNsec = b.Marks[ready].Nsec
	// The mark that was waited for is the end of this boot, whatever its name.
	b.Marks = append(b.Marks[:ready], Mark{Name: markReady, Nsec: b.ReadyNsec})
	// Where nobody tells PID 1's first instruction, the kernel's word that it
	// starts PID 1 is nearest.
	b.KernelNsec = first(b.Marks, markKernel)
	if b.InitNsec = first(b.Marks, markInit); b.InitNsec == 0 {
		b.InitNsec = b.KernelNsec
	}
	return b, hostTimed, nil
}

// first is the time of the first mark of a name, 0 where there is none.
func first(all []Mark, name string) int64 {
	if at := slices.IndexFunc(all, func(m Mark) bool { return m.Name == name }); at >= 0 {
		return all[at].Nsec
	}
	return 0
}
