package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The control socket: requests and replies of package wire, as frames on a
// stream socket that only root may open. A peer has one request under way; its
// next one is read when the answer has left. So an answer needs no queue, and a
// peer that does not read holds back nobody but itself.

// controlPath is where the socket is.
const controlPath = "/run/mote/control"

// requestMax bytes of a request with its head: a verb, a name, numbers, and a piece
// of a manifest.
const requestMax = wire.FrameHeadSize + wire.RequestSizeMax

// conn is one peer.
type conn struct {
	in      [requestMax]byte
	inUsed  int
	out     []byte // what is left of the answer
	waiting bool   // for room: the source watches EPOLLOUT
	outBuf  []byte // made for the first answer, used for all
	later   bool   // its request is under way: nothing more is read
}

// openControl begins to listen.
func (l *Loop) openControl() {
	fd, errno := l.sys.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if errno != 0 {
		l.console.trouble(l.now, "open "+controlPath, errno)
		return
	}
	l.sys.Unlink(controlPath)
	errno = l.sys.BindUnix(fd, controlPath)
	if errno == 0 {
		errno = l.sys.Chmod(controlPath, 0o600)
	}
	if errno == 0 {
		errno = l.sys.Listen(fd, connsMax)
	}
	if errno == 0 {
		errno = l.sources.add(rankListen, 0, fd, unix.EPOLLIN)
	}
	if errno != 0 {
		l.sys.Close(fd)
		l.console.trouble(l.now, "listen on "+controlPath, errno)
	}
}

// takeListen accepts one peer; a further one is accepted by the next turn. One
// past connsMax, and one that is not root, is closed at once.
func (l *Loop) takeListen(fd int32) {
	peer, errno := l.sys.Accept(fd)
	if errno != 0 {
		l.barren = true // most likely there is no descriptor left
		return
	}
	at := 0
	for at < connsMax && l.sources.fd(rankConn, at) >= 0 {
		at++
	}
	uid, errno := l.sys.PeerUID(peer)
	if at == connsMax || errno != 0 || uid != 0 ||
		l.sources.add(rankConn, at, peer, unix.EPOLLIN) != 0 {
		l.sys.Close(peer)
		return
	}
	l.conns[at].reset()
}

// reset makes c a new peer's.
func (c *conn) reset() { c.inUsed, c.out, c.waiting, c.later = 0, nil, false, false }

// takeConn reads a peer's request, or goes on with its answer.
func (l *Loop) takeConn(at int) {
	c := &l.conns[at]
	if len(c.out) > 0 {
		l.flushConn(at)
		return
	}
	n, errno := l.sys.Read(l.sources.fd(rankConn, at), c.in[c.inUsed:])
	if errno == unix.EAGAIN || errno == unix.EINTR {
		l.barren = true
		return
	}
	if errno != 0 || n == 0 {
		l.sources.remove(rankConn, at)
		return
	}
	c.inUsed += n
	l.nextRequest(at)
}

// nextRequest answers the request at the head of the buffer, if it is whole.
func (l *Loop) nextRequest(at int) {
	c := &l.conns[at]
	if c.later {
		return
	}
	payload, used, ok := wire.NextFrame(c.in[:c.inUsed])
	if !ok || used == 0 && c.inUsed == len(c.in) {
		l.sources.remove(rankConn, at) // no request is so long: not our protocol
		return
	}
	if used == 0 {
		return
	}
	if c.outBuf == nil {
		c.outBuf = make([]byte, 0, wire.FrameHeadSize+wire.FrameSizeMax)
	}
	if c.out = l.answer(c.outBuf, payload, at); c.out == nil {
		c.later = l.sources.change(rankConn, at, 0) == 0
		if !c.later {
			l.sources.remove(rankConn, at)
			return
		}
	}
	c.inUsed = copy(c.in[:], c.in[used:c.inUsed])
}

// replyLater answers the request that peer at waits for.
func (l *Loop) replyLater(at int, id uint32, body *wire.Applied, wrong *wire.ReplyError) {
	c := &l.conns[at]
	if !c.later {
		return
	}
	c.later = false
	if l.sources.change(rankConn, at, unix.EPOLLIN) != 0 {
		l.sources.remove(rankConn, at)
		return
	}
	c.out = appendApplied(c.outBuf, id, body, wrong)
}

// flushConns sends what was answered in this turn.
func (l *Loop) flushConns() {
	for at := range l.conns {
		for c := &l.conns[at]; len(c.out) > 0 && !c.waiting; {
			l.flushConn(at) // answers the next request that is there already
		}
	}
}

// flushConn writes as much of an answer as the peer takes.
func (l *Loop) flushConn(at int) {
	c, fd := &l.conns[at], l.sources.fd(rankConn, at)
	n, errno := l.sys.Write(fd, c.out)
	if errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
		c.out = nil
		l.sources.remove(rankConn, at)
		return
	}
	c.out = c.out[n:]
	if full := len(c.out) > 0; full != c.waiting {
		events := uint32(unix.EPOLLIN)
		if full {
			events = unix.EPOLLOUT
		}
		if l.sources.change(rankConn, at, events) != 0 {
			c.out = nil
			l.sources.remove(rankConn, at)
			return
		}
		c.waiting = full
	}
	if len(c.out) == 0 {
		l.nextRequest(at) // another may have come in the same read
	}
}
