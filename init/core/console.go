package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// console is PID 1's own output on /dev/console: a line a milestone. It never
// waits for a slow terminal: what it can't take at once stays here, and what
// does not fit here any more is dropped and counted, and the count is printed once
// there is room again.
type console struct {
	_       [0]func() // never compared: the compiler would write how
	fd      int32     // −1: none
	buf     [consoleBytes]byte
	used    int
	dropped uint64
	told    uint64 // of dropped
	line    [256]byte
}

// say prints a line: "[  412.345 ms] text".
func (c *console) say(now int64, parts ...string) {
	b := append(c.line[:0], '[')
	b = appendMsec(b, now, 11)
	b = append(b, " ms] "...)
	for _, p := range parts {
		b = append(b, p...)
	}
	c.put(b)
}

// more prints a line that goes on from the one before.
func (c *console) more(parts ...string) {
	b := append(c.line[:0], "                 "...)
	for _, p := range parts {
		b = append(b, p...)
	}
	c.put(b)
}

// trouble prints that something of the world failed.
func (c *console) trouble(now int64, what string, errno Errno) {
	c.say(now, "trouble: ", what, ": ", errnoName(errno))
}

//go:noinline
func (c *console) put(b []byte) {
	if c.used+len(b)+2 > len(c.buf) {
		c.dropped++
		return
	}
	c.used += copy(c.buf[c.used:], b)
	c.used += copy(c.buf[c.used:], "\r\n")
}

// flush ends the turn: what PID 1 has to say leaves now.
func (l *Loop) flush() {
	l.flushConns()
	c := &l.console
	if c.used == 0 || c.fd < 0 || l.sources.fd(rankConsole, 0) >= 0 {
		return
	}
	n, errno := l.sys.Write(c.fd, c.buf[:c.used])
	switch errno {
	case 0:
		copy(c.buf[:], c.buf[n:c.used])
		c.used -= n
	case unix.EAGAIN, unix.EINTR:
	default:
		c.used = 0 // a console that failed is no reason to keep its lines
		c.dropped++
		return
	}
	if c.used < len(c.buf)/2 && c.told != c.dropped {
		lost := wire.AppendUint(l.line[:0], c.dropped-c.told)
		c.told = c.dropped
		c.say(l.now, "console: ", string(lost), " lines found no room and are lost")
	}
	if c.used > 0 {
		l.awaitConsole()
	}
}

// consolePath is the kernel's word for whatever console= names.
const consolePath = "/dev/console"

// openConsole opens what is said on; the slow tick tries again where there was
// none. O_NONBLOCK: a terminal that is stopped must not stop PID 1.
func (l *Loop) openConsole() {
	errno := insist(func() (errno Errno) {
		l.console.fd, errno = l.sys.Open(consolePath, unix.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		return errno
	})
	if errno != 0 {
		l.console.fd = -1
	}
}

// awaitConsole watches for room: through another descriptor, as a source owns
// its own. Where that fails the slow tick writes on.
func (l *Loop) awaitConsole() {
	fd, errno := l.sys.Open(consolePath, unix.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if errno == 0 && l.sources.add(rankConsole, 0, fd, unix.EPOLLOUT) != 0 {
		l.sys.Close(fd)
	}
}
