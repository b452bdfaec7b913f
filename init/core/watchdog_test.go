package core

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// TestUnsoundLoopIsNotFed: a loop that turns and does not do what a turn is for gives
// the watchdog nothing, whatever is wrong with it, and again once it is mended.
func TestUnsoundLoopIsNotFed(t *testing.T) {
	l := hosted(t, &wire.Manifest{Services: []wire.Service{daemon("a")}})
	read, write, errno := l.sys.Pipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { l.sys.Close(read); l.sys.Close(write) })
	l.watchdog.fd = write
	l.arm()
	fed := func() bool {
		l.watchdog.due = true
		l.feed()
		n, errno := l.sys.Read(read, l.scratch[:])
		return errno == 0 && n > 0
	}
	if !fed() {
		t.Fatal("a sound loop is not fed")
	}
	s := &l.machine.services[0]
	for name, spoil := range map[string]func() (mend func()){
		"what was due long ago is left": func() func() { s.deadline = l.now - overdueNsec - 1; return func() { s.deadline = 0 } },
		"a service is in no state":      func() func() { was := s.state; s.state = forgotten; return func() { s.state = was } },
		"an op is left":                 func() func() { l.machine.opsCount = 1; return func() { l.machine.opsCount = 0 } },
		"nothing will wake it":          func() func() { was := l.armed; l.armed = 0; return func() { l.armed = was } },
		"it is woken after the tick":    func() func() { was := l.armed; l.armed = l.tickAt + 1; return func() { l.armed = was } },
		"its queue is full":             func() func() { l.eventsTail = eventsMax - 1; return func() { l.eventsTail = l.eventsHead } },
		"its timer is gone": func() func() {
			l.sources.remove(rankTimer, 0)
			return func() {
				fd, errno := l.sys.TimerCreate()
				if errno != 0 || l.sources.add(rankTimer, 0, fd, unix.EPOLLIN) != 0 {
					t.Fatal(errno)
				}
			}
		},
	} {
		mend := spoil()
		if fed() {
			t.Errorf("%s, and the watchdog is fed", name)
		}
		mend()
		if !fed() {
			t.Errorf("%s no more, and the watchdog is not fed", name)
		}
	}
}
