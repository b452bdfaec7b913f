package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Readiness by socket: PID 1 connects, and closes at once when it is accepted.
// The machine decides when to try again.

// probe begins one try at service i's socket.
func (l *Loop) probe(i int) {
	spec := l.machine.services[i].spec
	domain := unix.AF_INET
	if spec.Ready == wire.ReadyUnix {
		domain = unix.AF_UNIX
	}
	l.sources.remove(rankProbe, i)
	fd, errno := l.sys.Socket(domain, unix.SOCK_STREAM, 0)
	if errno != 0 {
		l.push(evProbe, i, errno, 0)
		return
	}
	if domain == unix.AF_UNIX {
		errno = l.sys.ConnectUnix(fd, spec.ReadyAddress)
	} else {
		addr, port, _ := wire.ParseTCPAddress(spec.ReadyAddress)
		errno = l.sys.ConnectInet(fd, addr, port)
	}
	if errno != unix.EINPROGRESS {
		l.sys.Close(fd)
		l.push(evProbe, i, errno, 0)
		return
	}
	if errno = l.sources.add(rankProbe, i, fd, unix.EPOLLOUT); errno != 0 {
		l.sys.Close(fd)
		l.push(evProbe, i, errno, 0)
	}
}

// takeProbe: a connect in progress has ended.
func (l *Loop) takeProbe(i int) {
	errno := l.sys.SocketError(l.sources.fd(rankProbe, i))
	l.sources.remove(rankProbe, i)
	l.push(evProbe, i, errno, 0)
}
