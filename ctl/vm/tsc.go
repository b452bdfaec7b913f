package vm

import (
	"os"
	"regexp"
	"sync"
	"time"
)

const (
	// tscSpan between two looks at both clocks: an error of 100 ns at each end
	// is then 10 parts in a million.
	tscSpan = 20 * time.Millisecond
	// tscLooks at each end; the tightest one counts, so that being interrupted
	// between the clocks does no harm.
	tscLooks = 32
)

// hostTSCkHz is the rate of the host's time-stamp counter in kHz, or 0 where
// there is none that runs at one rate (proc(5), flag constant_tsc). It is
// measured once, in 20 ms.
var hostTSCkHz = sync.OnceValue(func() uint64 {
	cpuinfo, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || !regexp.MustCompile(`(?m)^flags\s*:.*\bconstant_tsc\b`).Match(cpuinfo) {
		return 0
	}
	begin := time.Now()
	firstTicks, first := lookTSC(begin)
	time.Sleep(tscSpan)
	lastTicks, last := lookTSC(begin)
	return tscRate(lastTicks-firstTicks, last-first)
})

// lookTSC reads the counter and the time since begin at the same instant.
func lookTSC(begin time.Time) (ticks uint64, at time.Duration) {
	tightest := ^uint64(0)
	for range tscLooks {
		before := readTSC()
		now := time.Since(begin)
		after := readTSC()
		if gap := after - before; gap < tightest {
			tightest, ticks, at = gap, before+gap/2, now
		}
	}
	return ticks, at
}

// tscRate is ticks in a span as kHz, rounded.
func tscRate(ticks uint64, span time.Duration) uint64 {
	ns := uint64(span.Nanoseconds())
	if ns == 0 {
		return 0
	}
	return (ticks*1_000_000 + ns/2) / ns
}
