package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Services that a connection starts. PID 1 holds the listening socket and accepts
// nothing: it only sees that somebody knocks, starts the service with the socket as
// its standard input, and looks away until the service has left again. So who
// knocks waits in the kernel's queue, a crash of the service refuses nobody, and
// what is rarely asked costs nothing in between.

// knockBacklog connections wait in the kernel for a service to accept them; further
// ones have to try again.
const knockBacklog = 128

// knocks are the listening sockets: of has the service of each, in the order of their
// places, ports what it listens on, and heard tells of which one somebody knocked since the service left.
type knocks struct {
	of    [wire.HeldPortsMax]int16
	ports [wire.HeldPortsMax]uint16
	heard [wire.HeldPortsMax]bool
	count int
}

// findKnocks lists the services that have a port, and can run.
func (l *Loop) findKnocks() {
	k := &l.knocks
	k.of, k.ports, k.count = [wire.HeldPortsMax]int16{}, [wire.HeldPortsMax]uint16{}, 0
	for i := range l.machine.services[:l.machine.count] {
		s := &l.machine.services[i]
		if s.spec.Port != 0 && s.last.kind != endRefused && !s.leaving && k.count < len(k.of) {
			k.of[k.count], k.ports[k.count] = int16(i), s.spec.Port
			k.count++
		}
	}
}

// openKnocks listens where that is not done yet; what fails is tried again by the
// slow tick.
func (l *Loop) openKnocks() {
	for n := range l.knocks.count {
		if l.sources.fd(rankKnock, n) >= 0 {
			continue
		}
		s := l.machine.services[l.knocks.of[n]].spec
		if errno := l.openKnock(n, s.Port); errno != 0 {
			l.console.trouble(l.now, s.Name+": listen on its port", errno)
		}
	}
}

// openKnock listens on every address, of IPv6 too where the kernel has it.
func (l *Loop) openKnock(n int, port uint16) Errno {
	domain := unix.AF_INET6
	fd, errno := l.sys.Socket(domain, unix.SOCK_STREAM, 0)
	if errno == unix.EAFNOSUPPORT {
		domain = unix.AF_INET
		fd, errno = l.sys.Socket(domain, unix.SOCK_STREAM, 0)
	}
	if errno != 0 {
		return errno
	}
	if errno = l.sys.BindPort(fd, domain, port); errno == 0 {
		errno = l.sys.Listen(fd, knockBacklog)
	}
	if errno == 0 {
		errno = l.sources.add(rankKnock, n, fd, unix.EPOLLIN)
	}
	if errno != 0 {
		l.sys.Close(fd)
	}
	l.knocks.heard[n] = false
	return errno
}

// renewKnocks listens for the services of another manifest. Where nothing is different
// whoever waits in the kernel's queue goes on waiting.
func (l *Loop) renewKnocks() {
	was := l.knocks
	l.findKnocks()
	if is := &l.knocks; is.count == was.count && is.of == was.of && is.ports == was.ports {
		return
	}
	for n := range was.count {
		l.sources.remove(rankKnock, n)
	}
	l.openKnocks()
}

// takeKnock asks for the service, and hears nothing more until it has left.
func (l *Loop) takeKnock(n int) {
	if l.sources.change(rankKnock, n, 0) != 0 {
		l.barren = true // it would wake the loop again at once
		return
	}
	l.knocks.heard[n] = true
	l.push(evKnock, int(l.knocks.of[n]), 0, 0)
}

// listenAgain looks at the sockets of services that have left meanwhile.
func (l *Loop) listenAgain() {
	k := &l.knocks
	for n := range k.count {
		if k.heard[n] && l.machine.awaitsKnock(k.of[n]) {
			k.heard[n] = l.sources.change(rankKnock, n, unix.EPOLLIN) != 0
		}
	}
}

// openStdio gives service i its own standard input and output, where it has some:
// the listening socket, and a relay's connection to PID 1.
func (l *Loop) openStdio(i int) Errno {
	st := &l.starts[i]
	for n, of := range l.knocks.of[:l.knocks.count] {
		if int(of) != i {
			continue
		}
		if st.stdin = l.sources.fd(rankKnock, n); st.stdin < 0 {
			st.what = "listen on its port"
			return unix.EBADF
		}
	}
	if !l.machine.services[i].spec.Relay {
		return 0
	}
	st.what = "make its connection to PID 1"
	near, far, errno := l.sys.SocketPair()
	if errno != 0 {
		return errno
	}
	if errno = l.sources.add(rankConn, relayConn, near, unix.EPOLLIN); errno != 0 {
		l.sys.Close(near)
		l.sys.Close(far)
		return errno
	}
	l.conns[relayConn].reset()
	st.stdout = far
	return 0
}

// closeStdio closes PID 1's copy of what only the child needs.
func (l *Loop) closeStdio(i int) {
	if st := &l.starts[i]; st.stdout > 0 {
		l.sys.Close(st.stdout)
		st.stdout = 0
	}
}

// awaitsKnock tells whether service i is started by the next connection: it left
// well, or was stopped. One that failed for good would only fail again.
func (m *machine) awaitsKnock(i int16) bool {
	s := &m.services[i]
	return s.spec.Port != 0 && (s.state == done || s.state == down) && m.shutdown.goal == goalNone
}

// knocked: somebody waits at service i. What it needs and is one-shot runs anew.
func (m *machine) knocked(i int16, now int64) {
	if !m.awaitsKnock(i) {
		return
	}
	s := &m.services[i]
	for _, n := range s.needs[:s.needsCount] {
		if c := &m.services[n]; c.called && c.state.resting() {
			m.pull(n, trStart, now)
		}
	}
	m.pull(i, trStart, now)
}

// call marks what is started by a connection only: the services with a port, and
// the one-shots that they need.
func (m *machine) call() {
	for i := range m.services[:m.count] {
		m.services[i].called = false
	}
	for i := range m.services[:m.count] {
		s := &m.services[i]
		if s.spec.Port == 0 {
			continue
		}
		s.called = true
		for _, n := range s.needs[:s.needsCount] {
			if c := &m.services[n]; c.spec.Kind == wire.KindOneShot {
				c.called = true
			}
		}
	}
}
