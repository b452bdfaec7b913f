package sim

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Packet sockets and the UDP socket of a DHCP client, see packet(7) and ip(7).

type packetSocket struct {
	world *world
	// udp tells the kinds apart; link and etherType are what it is bound to.
	udp       bool
	bound     bool
	link      uint32
	etherType uint16
	queue     [][]byte
	// fallen: its link went down; the next read says so, once.
	fallen bool
	shut   bool
}

// packetQueueMax packets wait in a socket; more are dropped without a word.
const packetQueueMax = 32

const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
)

func (s *packetSocket) ready() uint32 {
	level := epollOut
	if len(s.queue) > 0 || s.fallen {
		level |= epollIn
	}
	if s.fallen {
		level |= epollErr
	}
	return level
}

func (s *packetSocket) read(b []byte) (int, errno) {
	if s.fallen {
		s.fallen = false
		return 0, unix.ENETDOWN
	}
	if len(s.queue) == 0 {
		return 0, eAGAIN
	}
	n := copy(b, s.queue[0])
	s.queue = s.queue[1:]
	return n, 0
}

func (s *packetSocket) write([]byte) (int, errno) { return 0, eINVAL }

func (s *packetSocket) closed() { s.shut = true }

func (w *world) openPacketSocket(udp bool) (int, errno) {
	if e := w.enter("socket", callNsec); e != 0 {
		return -1, e
	}
	s := &packetSocket{world: w, udp: udp}
	fd, e := w.place(&file{name: "packet", ops: s})
	if e == 0 {
		w.lan.sockets = append(w.lan.sockets, s)
	}
	return int(fd), e
}

func (w *world) packetSocket(fd int) *packetSocket {
	if f := w.file(int32(fd)); f != nil {
		s, _ := f.ops.(*packetSocket)
		return s
	}
	return nil
}

func (w *world) bindPacket(fd int, link uint32, etherType uint16) errno {
	if e := w.enter("bind packet", callNsec); e != 0 {
		return e
	}
	s, l := w.packetSocket(fd), w.links.at(link)
	switch {
	case s == nil:
		return eBADF
	case l == nil:
		return unix.ENODEV
	}
	s.link, s.etherType, s.bound, s.fallen = link, etherType, true, !l.up
	return 0
}

func (w *world) bindUDP(fd int, port uint16) errno {
	if e := w.enter("bind packet", callNsec); e != 0 {
		return e
	}
	s := w.packetSocket(fd)
	if s == nil || port != 68 || s.link == 0 {
		w.check.broken(ruleLease, "binds a UDP socket that is no DHCP client's")
	}
	s.bound = true
	return 0
}

func (w *world) sendPacket(fd int, link uint32, etherType uint16, b []byte) errno {
	if e := w.enter("send packet", callNsec); e != 0 {
		return e
	}
	s, l := w.packetSocket(fd), w.links.at(link)
	switch {
	case s == nil:
		return eBADF
	case l == nil:
		return unix.ENXIO
	case !l.up:
		return unix.ENETDOWN
	}
	if l.carries() {
		w.lan.fromClient(l, etherType, append([]byte(nil), b...))
	}
	return 0
}

// sendUDP makes the datagram that the kernel makes.
func (w *world) sendUDP(fd int, to [4]byte, port uint16, b []byte) errno {
	if e := w.enter("send packet", callNsec); e != 0 {
		return e
	}
	s := w.packetSocket(fd)
	if s == nil {
		return eBADF
	}
	l := w.links.at(s.link)
	from, there := w.links.addressOf(s.link)
	switch {
	case l == nil:
		return unix.ENODEV
	case !l.up || !there:
		return unix.ENETUNREACH
	}
	if l.carries() {
		w.lan.fromClient(l, etherIPv4, udpDatagram(from, to, 68, port, b))
	}
	return 0
}

// addressOf gives a link's first address.
func (t *linkTable) addressOf(index uint32) ([4]byte, bool) {
	for i := range t.addresses {
		if t.addresses[i].link == index {
			return t.addresses[i].ip, true
		}
	}
	return [4]byte{}, false
}

// carries tells whether packets pass.
func (l *link) carries() bool { return l.up && (l.loopback || !l.cut) }

func (l *link) mac() [6]byte { return [6]byte{2, 0, 0, 0, byte(l.index >> 8), byte(l.index)} }

// udpDatagram is IPv4 and UDP around b, by RFC 791 and 768.
func udpDatagram(from, to [4]byte, fromPort, toPort uint16, b []byte) []byte {
	d := make([]byte, 28, 28+len(b))
	d[0], d[8], d[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(d[2:], uint16(28+len(b)))
	copy(d[12:], from[:])
	copy(d[16:], to[:])
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(d[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(d[10:], ^uint16(sum))
	binary.BigEndian.PutUint16(d[20:], fromPort)
	binary.BigEndian.PutUint16(d[22:], toPort)
	binary.BigEndian.PutUint16(d[24:], uint16(8+len(b)))
	return append(d, b...) // a UDP checksum of zero is none
}
