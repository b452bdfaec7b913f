package hw

import "golang.org/x/sys/unix"

// OpenUevents opens the socket on which the kernel tells of hardware: it never
// waits, is closed on exec, and shows who sent each message. On Trouble there is
// no socket and fd is -1. Source: lib/kobject_uevent.c, netlink(7).
func OpenUevents(sys Sys) (fd int, err error) {
	fd, errno := sys.Socket(unix.AF_NETLINK,
		unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_KOBJECT_UEVENT)
	if errno != 0 {
		return -1, Trouble{"open the uevent socket", "the kernel needs CONFIG_NET", errno}
	}
	// Without the right to force it (in a namespace) the default size stays: events
	// are lost sooner, and that costs a rescan only.
	sys.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, ueventReceiveSize)
	// Before bind, so that no message is without credentials.
	if errno = sys.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PASSCRED, 1); errno != 0 {
		sys.Close(fd)
		return -1, Trouble{"ask for the senders of uevents", "forged ones could not be told; hardware changes go unseen", errno}
	}
	if errno = sys.BindNetlink(fd, ueventGroup); errno != 0 {
		sys.Close(fd)
		return -1, Trouble{"bind the uevent socket", "hardware changes go unseen", errno}
	}
	return fd, nil
}

// Outcome is what one look at a source gave.
type Outcome uint8

// The outcomes of UeventReader.Next.
const (
	// OutcomeDrained: nothing is waiting. Also after EINTR: epoll says it again.
	OutcomeDrained Outcome = iota
	// OutcomeEvent: the event is set.
	OutcomeEvent
	// OutcomeDropped: a message was malformed or forged; look on.
	OutcomeDropped
	// OutcomeRescan: the kernel dropped messages (ENOBUFS); read /sys again, and
	// look on.
	OutcomeRescan
	// OutcomeBroken: the socket is of no use any more; close it and open another.
	OutcomeBroken
)

// UeventReader reads uevents one at a time, into its own buffer.
type UeventReader struct {
	// Malformed, Forged and Overruns count what was dropped for these reasons.
	Malformed, Forged, Overruns uint64
	// Fault is the last malformed message's; Errno is what OutcomeBroken was.
	Fault UeventFault
	Errno unix.Errno

	from   Sender
	buffer [UeventSizeMax]byte
}

// Next reads at most one message from fd. The event's slices are parts of the
// reader's buffer, until the next call. It never waits and allocates nothing.
func (r *UeventReader) Next(sys Sys, fd int, event *Uevent) Outcome {
	n, errno := sys.Recvmsg(fd, r.buffer[:], &r.from)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR:
		return OutcomeDrained
	case unix.ENOBUFS:
		r.Overruns++
		return OutcomeRescan
	case unix.ENOMEM:
		// The message is lost like one that did not fit; memory may come back.
		r.Overruns++
		return OutcomeRescan
	default:
		r.Errno = errno
		return OutcomeBroken
	}
	if !r.from.Kernel() {
		r.Forged++
		return OutcomeDropped
	}
	fault := UeventTooLong
	if !r.from.Truncated {
		fault = DecodeUevent(r.buffer[:n], event)
	}
	if fault != UeventOK {
		r.Malformed++
		r.Fault = fault
		return OutcomeDropped
	}
	return OutcomeEvent
}
