package core

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestMemoryIsFlat is the short form of TestLongMemoryIsFlat.
func TestMemoryIsFlat(t *testing.T) { soak(t, 30_000) }

// soak has events of all kinds handled, and holds the memory of this process to what
// it was before them: nothing is allocated for them, and nothing more is resident.
func soak(t *testing.T, count int) {
	t.Helper()
	l, events := steadyEvents(t)
	one := func(n int) {
		e := &events[n%len(events)]
		if e.name == "orphan" && n/len(events)%1000 != 0 {
			return // a clone a thousand rounds: it is slow, and the kernel's
		}
		e.event()
	}
	for n := range 100 * len(events) {
		one(n)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	resident := residentBytes(t)
	for n := range count {
		one(n)
	}
	runtime.ReadMemStats(&after)
	grown, made := residentBytes(t)-resident, after.Mallocs-before.Mallocs
	t.Logf("%d events in %d turns: %d allocations, %d bytes more resident", count, l.turns.count, made, grown)
	if made > uint64(count/1000) {
		t.Errorf("%d allocations for %d events", made, count)
	}
	if grown > 1<<20 {
		t.Errorf("%d bytes more are resident after %d events", grown, count)
	}
}

// residentBytes reads /proc/self/statm, whose second number counts pages.
func residentBytes(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
