package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/hw"
)

// groups are what the loop's socket hears: links, IPv4 addresses and routes, as
// RTMGRP_ masks of rtnetlink(7); groups6 what it hears too where IPv6 is wanted.
const (
	groups  = unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV4_ROUTE
	groups6 = unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV6_ROUTE | 1<<(unix.RTNLGRP_ND_USEROPT-1)
)

// Trouble is a call of this room that failed.
type Trouble struct {
	// What was tried, and what to do Next.
	What, Next string
	Errno      unix.Errno
}

// Error is "net: what: ENOENT; next".
func (t Trouble) Error() string {
	return "net: " + t.What + ": " + errnoName(uint32(t.Errno)) + "; " + t.Next
}

// OpenSocket opens the loop's rtnetlink socket: it never waits, is closed on
// exec, and hears of every change that matters. On Trouble there is none and fd is -1.
func (n *Net) OpenSocket(sys Sys) (fd int, err error) {
	fd, errno := sys.Socket(unix.AF_NETLINK,
		unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if errno != 0 {
		return -1, Trouble{"open the rtnetlink socket", "the kernel needs CONFIG_NET; no link is configured", errno}
	}
	// Without the right to force it the default size stays: it costs resyncs.
	sys.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, socketReceiveSize)
	// An answer that does not repeat the request, netlink(7); older kernels repeat.
	sys.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_CAP_ACK, 1)
	mask := uint32(groups)
	if n.six {
		mask |= groups6
	}
	if errno = sys.BindNetlink(fd, mask); errno != 0 {
		sys.Close(fd)
		return -1, Trouble{"bind the rtnetlink socket", "no link is configured", errno}
	}
	return fd, nil
}

// Outcome is what one look at the socket gave.
type Outcome uint8

// The outcomes of Take and TakePacket.
const (
	// OutcomeDrained: nothing is waiting. Also after EINTR: epoll says it again.
	OutcomeDrained Outcome = iota
	// OutcomeTaken: one datagram was taken, or dropped; look on.
	OutcomeTaken
	// OutcomeBroken: the socket is of no use any more; close it, open another, and
	// call Resync.
	OutcomeBroken
	// OutcomeFailed: there was something, and it could not be read; look again in
	// another turn.
	OutcomeFailed
)

// Take reads at most one datagram from fd into buffer, of ReceiveSize bytes, and
// gives it to n. Lost messages and long ones lead to a resync. It never waits and
// allocates nothing.
func (n *Net) Take(sys Sys, fd int, buffer []byte, from *hw.Sender, now int64) Outcome {
	size, errno := sys.Recvmsg(fd, buffer, from)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR:
		return OutcomeDrained
	case unix.ENOBUFS, unix.ENOMEM:
		n.Resync()
		return OutcomeTaken
	default:
		return OutcomeBroken
	}
	switch {
	case from.PortID != 0: // root of this namespace can send to our port
		n.Forged++
	case from.Truncated:
		n.Malformed++
		n.Resync()
	default:
		n.Receive(buffer[:size], now)
	}
	return OutcomeTaken
}

// Act sends one op that is not Slow. buffer has room for MessageSizeMax bytes. An
// op that cannot be sent comes back as a failure, see NextFailure.
func (n *Net) Act(sys Sys, fd int, op Op, buffer []byte, now int64) {
	b := n.Encode(buffer[:0], op)
	for range writesMax {
		size, errno := sys.Write(fd, b)
		switch {
		case errno == unix.EINTR:
			continue
		case errno != 0:
			n.failed(&op, errno, now)
		case size != len(b): // a datagram goes whole or not at all
			n.failed(&op, unix.EMSGSIZE, now)
		}
		return
	}
	n.failed(&op, unix.EINTR, now)
}

// RunSlow does one op in a worker, and returns how it ended. It may block for as
// long as a driver takes; the caller has a deadline.
func RunSlow(sys Sys, op Op) unix.Errno {
	fd, errno := sys.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if errno != 0 {
		return errno
	}
	defer sys.Close(fd)
	var request [MessageSizeMax]byte
	const seq = 1
	if _, errno = sys.Write(fd, AppendOp(request[:0], op, seq)); errno != 0 {
		return errno
	}
	// The kernel answers an error with the request behind it, and no more.
	var answer [headSize + 4 + MessageSizeMax]byte
	for range writesMax {
		size, errno := sys.Read(fd, answer[:])
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 {
			return errno
		}
		var m Message
		if _, ok := NextMessage(answer[:size], &m); ok && m.Kind == MessageAnswer && m.Seq == seq {
			return unix.Errno(m.Errno)
		}
	}
	return unix.EPROTO
}
