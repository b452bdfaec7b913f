package core

import (
	"bytes"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// table gives what l leaves as bytes.
func table(t *testing.T, l *Loop) []byte {
	t.Helper()
	c := coder{b: make([]byte, legacyTableMax)}
	l.codeLegacy(&c)
	if c.bad {
		t.Fatalf("the table is refused at byte %d", c.at)
	}
	return c.b[:c.at]
}

// full is a loop with as many services as there can be, each with all it has.
func full(t *testing.T) *Loop {
	t.Helper()
	l := New(&tame{}, Rooms{})
	l.machine.count = servicesMax
	man := &wire.Manifest{}
	for i := range l.machine.services {
		name := "a-name-as-long-as-a-name-can-" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		man.Services = append(man.Services, wire.Service{Name: name, Kind: wire.KindDaemon, Exec: []string{"/bin/x"}, Ready: wire.ReadyExec, Restart: wire.RestartAlways})
	}
	l.manifest, l.force.image.manifest = man, man
	for i := range l.machine.services {
		l.machine.services[i] = service{spec: &man.Services[i], state: up, pid: int32(i + 2), alive: true, since: 1 << 40, restarts: 7}
		l.starts[i] = start{pid: int32(i + 2), statusLen: 5, status: [statusMax]byte{'f', 'i', 'n', 'e', '!'}}
		l.rings[i] = new(ring)
		l.rings[i].put(1, streamOut, 0, []byte("a line"))
	}
	for range marksMax {
		l.marks.set(1, markUp, servicesMax-1)
	}
	for l.eventsTail < eventsMax/2 {
		l.push(evNotify, servicesMax-1, 0, 1)
	}
	for slot := range l.sources.table {
		l.sources.table[slot].fd = -1
	}
	return l
}

// TestLegacyOfAFullLoopFits: the bound of the table is enough for the largest
// loop that there can be, and what was read writes the same again.
func TestLegacyOfAFullLoopFits(t *testing.T) {
	want := table(t, full(t))
	if most := legacyTableMax; len(want) > most {
		t.Errorf("%d bytes, %d at most", len(want), most)
	}
	l := full(t)
	l.eventsHead, l.eventsTail = 0, 0
	l.marks = marks{}
	c := coder{b: bytes.Clone(want), reading: true}
	l.codeLegacy(&c)
	if c.bad || c.at != len(want) {
		t.Fatalf("what was written is refused at %d of %d bytes", c.at, len(want))
	}
	if got := table(t, l); !bytes.Equal(got, want) {
		t.Error("what was read writes another table")
	}
}

// TestLegacyRefusesDamage: one bit of a legacy changed, or its end cut off, and
// it is refused with the name of what is wrong.
func TestLegacyRefusesDamage(t *testing.T) {
	man := manifestOf(daemon("svc"), daemon("other"))
	l := hosted(t, man)
	text := whole(l)
	heir := New(&noEpoll{}, Rooms{})
	accepted := func(text []byte) string {
		if heir.sources.epfd == 0 {
			heir.openSources()
		}
		heir.force.image.manifest = man
		heir.rings = [ringsCount]*ring{}
		fd, errno := l.sys.Memfd()
		if errno != 0 {
			t.Fatal(errno)
		}
		l.sys.Write(fd, text)
		defer unix.Close(int(fd)) // noEpoll closes nothing
		return heir.readLegacy(fd)
	}
	if wrong := accepted(text); wrong != "" {
		t.Fatalf("a whole one is refused: %s", wrong)
	}
	for at := 0; at < len(text); at += 1 + at/64 {
		damaged := bytes.Clone(text)
		damaged[at] ^= 1 << (at % 8)
		if accepted(damaged) == "" {
			t.Errorf("byte %d was changed, and it is accepted", at)
		}
		if accepted(text[:at]) == "" {
			t.Errorf("cut after byte %d, it is accepted", at)
		}
	}
}

// whole is a legacy as handOver writes it.
func whole(l *Loop) []byte {
	text, _ := l.appendLegacy()
	return text
}

// noEpoll refuses nothing and does nothing: a fuzzed table may name any descriptor.
type noEpoll struct{ tame }

func (*noEpoll) EpollAdd(_, _ int32, _ uint32, _ uint64) Errno { return 0 }
func (*noEpoll) EpollDel(_, _ int32) Errno                     { return 0 }
func (*noEpoll) Close(int32) Errno                             { return 0 }

// FuzzLegacy: no table makes PID 1 panic or read past the end, whatever is in it.
func FuzzLegacy(f *testing.F) {
	l := New(&tame{}, Rooms{})
	l.machine.count = 2
	for i := range 2 {
		l.machine.services[i].spec, l.machine.services[i].state = &wire.Service{Name: "x"}, up
	}
	c := coder{b: make([]byte, legacyTableMax)}
	for slot := range l.sources.table {
		l.sources.table[slot].fd = -1
	}
	l.codeLegacy(&c)
	f.Add(c.b[:c.at])
	f.Fuzz(func(t *testing.T, b []byte) {
		l := New(&noEpoll{}, Rooms{})
		if errno := l.sources.open(l.sys); errno != 0 {
			t.Fatal(errno)
		}
		unix.Close(int(l.sources.epfd))
		l.machine.count = 2
		c := coder{b: b, reading: true}
		l.codeLegacy(&c)
		if c.at > len(b) {
			t.Errorf("read %d bytes of %d", c.at, len(b))
		}
	})
}
