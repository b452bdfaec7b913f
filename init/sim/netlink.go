package sim

import (
	"mote/hw"

	"golang.org/x/sys/unix"
)

// Netlink sockets: datagrams from the kernel, bounded, with the loss that
// ENOBUFS tells of; see netlink(7).

type netlink struct {
	world    *world
	protocol int
	groups   uint32
	queue    []datagram
	bytes    int
	// lost: something did not fit; the next read says ENOBUFS, once.
	lost bool
	shut bool
}

type datagram struct {
	text []byte
	from hw.Sender
}

// netlinkBytes is the room of a socket, small enough to overflow now and then.
const netlinkBytes = 16 << 10

func (s *netlink) ready() uint32 {
	level := epollOut
	if len(s.queue) > 0 || s.lost {
		level |= epollIn
	}
	if s.lost {
		level |= epollErr
	}
	return level
}

func (s *netlink) read([]byte) (int, errno) { return 0, eAGAIN }

func (s *netlink) write(b []byte) (int, errno) {
	if s.protocol != unix.NETLINK_ROUTE {
		return 0, eINVAL
	}
	s.world.linkRequest(s, b)
	return len(b), 0
}

func (s *netlink) closed() { s.shut = true }

// put queues a datagram of the kernel's.
func (s *netlink) put(text []byte, from hw.Sender) {
	if s.bytes+len(text) > netlinkBytes || s.world.faults.happens(2) {
		s.lost = true
		return
	}
	s.queue = append(s.queue, datagram{text, from})
	s.bytes += len(text)
}

func (w *world) openNetlink(_, _, protocol int) (int, errno) {
	if e := w.enter("socket", callNsec); e != 0 {
		return -1, e
	}
	name := "rtnetlink"
	if protocol == unix.NETLINK_KOBJECT_UEVENT {
		name = "uevent"
	}
	s := &netlink{world: w, protocol: protocol}
	fd, e := w.place(&file{name: name, ops: s})
	if e == 0 && protocol == unix.NETLINK_ROUTE {
		w.links.sockets = append(w.links.sockets, s)
	}
	if e == 0 && protocol == unix.NETLINK_KOBJECT_UEVENT {
		w.inputs.socket = s
	}
	return int(fd), e
}

func (w *world) netlink(fd int) *netlink {
	if f := w.file(int32(fd)); f != nil {
		s, _ := f.ops.(*netlink)
		return s
	}
	return nil
}

func (w *world) bindNetlink(fd int, groups uint32) errno {
	if e := w.enter("bind", callNsec); e != 0 {
		return e
	}
	s := w.netlink(fd)
	if s == nil {
		return eBADF
	}
	s.groups = groups
	return 0
}

func (w *world) recvmsg(fd int, b []byte, from *hw.Sender) (int, errno) {
	if e := w.enter("recvmsg", callNsec); e != 0 {
		return 0, e
	}
	s := w.netlink(fd)
	switch {
	case s == nil:
		return 0, eBADF
	case s.lost:
		s.lost = false
		return 0, unix.ENOBUFS
	case len(s.queue) == 0:
		return 0, eAGAIN
	}
	d := s.queue[0]
	s.queue = s.queue[1:]
	s.bytes -= len(d.text)
	*from = d.from
	n := copy(b, d.text)
	from.Truncated = n < len(d.text)
	return n, 0
}
