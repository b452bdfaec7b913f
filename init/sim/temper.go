package sim

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// What programs are like. A service has a temper for the whole run; each of its
// instances draws from it what it will do.

type temper uint8

const (
	steady     temper = iota // does as it should
	slow                     // gets ready late, sometimes too late
	mute                     // never gets ready
	crashing                 // dies after a while
	looping                  // dies at once, each time
	broken                   // can't be executed
	stubborn                 // ignores its stop signal
	sleeping                 // hangs in the kernel, and can't be killed
	background               // forks twice and leaves; the rest is the daemon
	messy                    // leaves others behind when it dies
	forking                  // makes orphans in masses
	flooding                 // writes without end
	babbling                 // sends all sorts of things to its notify socket
	tempersCount
)

// conduct is what one instance does. Times are ns from its exec; −1 is never,
// or for ever.
type conduct struct {
	failStep int // −1: its start succeeds
	fails    errno
	execNsec int64 // −1: hangs in exec

	readyNsec int64
	lifeNsec  int64
	status    uint32
	termNsec  int64
	// heldAtNsec is when it begins to hang in the kernel, heldNsec how long.
	heldAtNsec, heldNsec int64

	background bool
	rest       int
	// restNsec is how long those that are left behind hang in the kernel; 0: not.
	restNsec  int64
	bomb      bool
	flood     bool
	orphans   int
	lines     int
	babble    int
	lateReady bool
}

// well is how a good program behaves.
func well(r *rand, s *wire.Service) conduct {
	c := conduct{failStep: -1, execNsec: r.between(100*usec, 3*msec), readyNsec: r.between(0, 100*msec),
		lifeNsec: -1, termNsec: r.between(0, 20*msec), heldAtNsec: -1, lines: r.below(4)}
	if s.Kind == wire.KindOneShot {
		c.lifeNsec = c.readyNsec + r.between(0, 50*msec)
	}
	return c
}

// conductOf draws what the next instance of a service does.
func conductOf(r *rand, t temper, s *wire.Service) conduct {
	c := well(r, s)
	if r.percent(25) {
		return c
	}
	limit := int64(s.StartMsec) * msec
	crash := pick(r, 1<<8, 0, uint32(unix.SIGSEGV), uint32(sigKILL), 3<<8)
	switch t {
	case slow:
		c.readyNsec = r.between(limit/2, limit*5/4)
		c.babble = r.below(3)
	case mute:
		c.readyNsec = -1
	case crashing:
		c.lifeNsec, c.status = r.between(10*msec, 8*sec), crash
		c.lateReady = r.chance(2)
	case looping:
		c.lifeNsec, c.status = r.between(0, 2*msec), crash
		c.lateReady = r.chance(2)
	case broken:
		c.babble = r.below(6)
		c.failStep, c.fails = r.below(120), pick(r, unix.ENOENT, unix.EACCES, unix.ENOEXEC, unix.ETXTBSY, unix.ENOMEM, unix.EIO, unix.EPERM)
	case stubborn:
		c.termNsec = -1
	case sleeping:
		c.heldAtNsec, c.heldNsec = r.between(0, 5*sec), pick(r, r.between(1*sec, 30*sec), r.between(1*sec, 5*sec), -1)
		switch r.below(6) {
		case 0:
			c.execNsec = -1
		case 1, 2, 3:
			c.rest, c.restNsec = 1, r.between(15*sec, 40*sec)
			c.lateReady = true
			if r.chance(2) {
				c.heldAtNsec, c.lifeNsec, c.status = -1, r.between(1*msec, 2*sec), 0
			} else {
				c.heldNsec = r.between(11*sec, 20*sec)
			}
		}
	case background:
		c.background = true
		c.lifeNsec = pick(r, -1, r.between(10*msec, 8*sec))
	case messy:
		c.rest = 1 + r.below(3)
		c.lateReady = r.chance(2)
		c.lifeNsec, c.status = r.between(10*msec, 8*sec), crash
	case forking:
		c.orphans = 1 + r.below(40)
	case flooding:
		c.lines = 50 + r.below(300)
	case babbling:
		c.babble = 5 + r.below(40)
	}
	return c
}
