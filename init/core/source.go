package core

import (
	netcfg "mote/net"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// rank orders the sources: within a turn the lower one is served first. What
// must not be held back by a flood comes before what can flood.
type rank uint8

const (
	rankSignal   rank = iota // what PID 1 itself is asked: first, or a flood hides it
	rankTimer                // the one timer; what is due is found by settle
	rankExit                 // pidfds of services and workers: ends before starts
	rankReport               // how a child's exec went
	rankCgroup               // a cgroup became empty
	rankPressure             // memory is short: before what takes more of it
	rankNotify               // sd_notify: after the exit of the one that sent it
	rankProbe                // a connect to a service's socket
	rankLink                 // rtnetlink's notifications
	rankLinkAck              // answers to what a worker asked of rtnetlink
	rankClock                // answers of servers of time: early, as they are timed
	rankPacket               // DHCP and ARP, while a link waits for an answer
	rankKnock                // somebody connects to what a service would accept
	rankUevent               // the kernel's devices
	rankKey                  // power keys
	rankListen               // the control socket
	rankConn                 // peers of the control socket
	rankOutput               // services' stdout and stderr: they can flood
	rankKernel               // the kernel's log: it can flood too
	rankConsole              // the console has room again
	ranksCount
)

// rankSlots is how many sources of a rank there can be. Within the ranks of
// services, a source's place is the service's index (output: twice that).
var rankSlots = [ranksCount]int{
	rankSignal: 1, rankTimer: 1, rankExit: servicesMax + workersMax,
	rankReport: servicesMax + workersMax, rankCgroup: servicesMax,
	rankPressure: 1, rankNotify: servicesMax, rankProbe: servicesMax, rankLink: 1, rankLinkAck: 1,
	rankPacket: netcfg.PacketSocketsMax, rankClock: 1,
	rankKnock:  wire.HeldPortsMax,
	rankUevent: 1, rankKey: powerKeysMax, rankListen: 1, rankConn: connsMax + 1,
	rankOutput: 2 * servicesMax, rankKernel: 1, rankConsole: 1,
}

var rankNames = [ranksCount]string{
	rankSignal: "signal", rankTimer: "timer", rankExit: "exit",
	rankReport: "report", rankCgroup: "cgroup", rankPressure: "memory pressure", rankNotify: "notify",
	rankProbe: "probe", rankLink: "rtnetlink", rankLinkAck: "rtnetlink worker", rankPacket: "packet", rankClock: "time",
	rankKnock: "knock", rankUevent: "uevent", rankKey: "power key", rankListen: "control",
	rankConn: "control peer", rankOutput: "output", rankKernel: "kernel log",
	rankConsole: "console",
}

// slotsMax is the sum of rankSlots; a test holds it to that.
const slotsMax = 2*(servicesMax+workersMax) + 5*servicesMax + netcfg.PacketSocketsMax + powerKeysMax + connsMax + wire.HeldPortsMax + 11

// source is one descriptor in the epoll set. Its slot never moves.
type source struct {
	_    [0]func() // never compared: the compiler would write how
	fd   int32     // −1: free
	gen  uint32
	rank rank
	at   int16 // its place within the rank
	// failures are takes in a row that read nothing for an error; resting: there
	// were too many, and the next tick listens again.
	failures uint8
	resting  bool
	events   uint32
}

// tagOf is what epoll gives back: the slot, and the generation that it was
// added with. A source that was closed, and its slot or even its descriptor's
// number used again in the same turn, is known by its generation.
func tagOf(slot int, gen uint32) uint64 { return uint64(uint32(slot)) | uint64(gen)<<32 }

// sources is the table of everything that can wake PID 1.
type sources struct {
	_     [0]func() // never compared: the compiler would write how
	table [slotsMax]source
	base  [ranksCount]int
	epfd  int32
	sys   Sys
	// stale counts readiness of sources that were closed meanwhile; hung those
	// that were removed because of an error or hang-up.
	stale uint64
	hung  uint64
}

// open makes the epoll set: EMFILE, ENFILE, ENOMEM as epoll_create1(2).
func (t *sources) open(sys Sys) Errno {
	t.sys = sys
	slot := 0
	for r := range ranksCount {
		t.base[r] = slot
		for at := range rankSlots[r] {
			t.table[slot] = source{fd: -1, rank: r, at: int16(at)}
			slot++
		}
	}
	var errno Errno
	t.epfd, errno = sys.EpollCreate()
	return errno
}

// fd gives the descriptor at a place, −1 when there is none.
//
//go:noinline
func (t *sources) fd(r rank, at int) int32 { return t.table[t.base[r]+at].fd }

// gen is raised whenever the source of a place becomes another.
func (t *sources) gen(r rank, at int) uint32 { return t.table[t.base[r]+at].gen }

// add watches fd and owns it from now on; when it fails (ENOMEM, ENOSPC) fd is
// still the caller's. What was at the place before is closed.
func (t *sources) add(r rank, at int, fd int32, events uint32) Errno {
	slot := t.base[r] + at
	s := &t.table[slot]
	t.remove(r, at)
	s.gen++
	errno := t.sys.EpollAdd(t.epfd, fd, events, tagOf(slot, s.gen))
	if errno == 0 {
		s.fd, s.events, s.failures, s.resting = fd, events, 0, false
	}
	return errno
}

// change watches a source for other events.
func (t *sources) change(r rank, at int, events uint32) Errno {
	slot := t.base[r] + at
	s := &t.table[slot]
	s.events = events
	return t.sys.EpollMod(t.epfd, s.fd, events, tagOf(slot, s.gen))
}

// remove closes the source at a place, if there is one. A closed descriptor
// leaves the epoll set by itself unless a copy of it is open elsewhere: a child
// between clone and exec holds such copies, so it is taken out by hand.
func (t *sources) remove(r rank, at int) {
	s := &t.table[t.base[r]+at]
	if s.fd < 0 {
		return
	}
	if !s.resting {
		t.sys.EpollDel(t.epfd, s.fd)
	}
	t.sys.Close(s.fd)
	s.fd = -1
	s.gen++
}

// rest stops listening to a source that is ready and can't be read: it would wake
// the loop again at once, for as long as there is no memory or no descriptor.
func (t *sources) rest(s *source) {
	if s.failures++; s.failures < failuresMax {
		return
	}
	s.failures, s.resting = 0, true
	t.sys.EpollDel(t.epfd, s.fd)
}

// wake listens again to those that rest; what fails is tried by the next tick.
func (t *sources) wake() {
	for slot := range t.table {
		s := &t.table[slot]
		if s.fd >= 0 && s.resting {
			s.resting = t.sys.EpollAdd(t.epfd, s.fd, s.events, tagOf(slot, s.gen)) != 0
		}
	}
}

// find gives the source that an epoll event is for, or nil when that is gone.
func (t *sources) find(ev *unix.EpollEvent) *source {
	slot, gen := int(uint32(ev.Fd)), uint32(ev.Pad)
	if slot >= len(t.table) || t.table[slot].fd < 0 || t.table[slot].gen != gen {
		t.stale++
		return nil
	}
	return &t.table[slot]
}
