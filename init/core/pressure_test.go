package core

import (
	"testing"

	"mote/wire"
)

func TestMemoryKiB(t *testing.T) {
	for text, want := range map[string][2]uint64{
		"MemTotal:         100000 kB\nMemFree:  1 kB\nMemAvailable:     4000 kB\n": {100000, 4000},
		"MemAvailable: 7 kB\n": {0, 7}, "MemAvailable: 7": {}, "": {}, ":\n:": {}, "MemTotal": {}, "MemTotal:": {}, "MemTotal: x": {},
		"MemTotal: 99999999999999999999 kB\n": {}, "xMemTotal: 5 kB\n": {},
	} {
		total, available := memoryKiB([]byte(text))
		if total != want[0] || available != want[1] {
			t.Errorf("%q: %d, %d", text, total, available)
		}
	}
}

func FuzzMemoryKiB(f *testing.F) {
	f.Add([]byte("MemTotal:         100000 kB\nMemAvailable:     4000 kB\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if total, available := memoryKiB(b); total >= 1<<63 || available >= 1<<63 {
			t.Fatalf("%d, %d", total, available)
		}
	})
}

// important makes a daemon of an importance.
func important(name string, importance uint8) wire.Service {
	s := daemon(name)
	s.Ready, s.Isolation.Importance = wire.ReadyExec, importance
	return s
}

// TestStoryMemoryShort: of the services that run the least important is stopped, one
// at a time; each time it comes back later; what is most important never goes.
func TestStoryMemoryShort(t *testing.T) {
	s := tell(t, manifestOf(important("high", wire.ImportanceMax), important("low", 2), important("large", 3), important("small", 3)))
	for i := range s.m.services[:4] {
		s.happens(evExec, i, 0, 0)
	}
	s.m.services[2].memoryBytes, s.m.services[3].memoryBytes = 9<<20, 1<<20
	short := func(atMsec int64) { s.at(atMsec).happens(evPressure, -1, 0, 4000) }
	ends := func(i int) {
		s.happens(evExit, i, 0, 15)
	}
	short(1000) // low
	short(6500) // low is not gone yet
	ends(1)
	short(7000) // large
	short(8000) // too soon for another
	ends(2)
	short(13000) // small
	ends(3)
	short(19000) // nobody is left that may go
	s.at(36600)  // low again
	s.happens(evExec, 1, 0, 0)
	short(40000) // for twice as long
	s.ends("story-memory-short.txt")
}

// TestOperatorOverridesWantOfMemory: whoever starts or stops it decides.
func TestOperatorOverridesWantOfMemory(t *testing.T) {
	for _, c := range []struct {
		wish eventKind
		want state
	}{{evStop, down}, {evStart, starting}, {evRestart, starting}} {
		s := tell(t, manifestOf(important("low", 2)))
		s.happens(evExec, 0, 0, 0)
		s.at(1000).happens(evPressure, -1, 0, 4000)
		s.happens(c.wish, 0, 0, 0)
		s.happens(evExit, 0, 0, 15)
		if got := s.m.services[0].state; got != c.want {
			t.Errorf("after %s: %s, want %s", eventNames[c.wish], got, c.want)
		}
	}
}
