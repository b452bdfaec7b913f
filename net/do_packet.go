package netcfg

import "golang.org/x/sys/unix"

// The sockets of clients: opened by an op, read by the loop, sent to by an op.

// etherIPv4 and etherARP are EtherTypes, as in linux/if_ether.h.
const (
	etherIPv4 = 0x0800
	etherARP  = 0x0806
)

// serversOnly is the filter of the packet socket: UDP to port 68, no fragment, at
// the offsets of an IPv4 head. Without it every packet of the link would wake us.
func serversOnly() [8]unix.SockFilter {
	return [8]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 9},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 5, K: protocolUDP},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_ABS, K: 6},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 3, K: ipFragment},
		{Code: unix.BPF_LDX | unix.BPF_B | unix.BPF_MSH, K: 0},
		{Code: unix.BPF_LD | unix.BPF_H | unix.BPF_IND, K: 2},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: portClient},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
}

// slot is the socket's place among a want's sockets.
func (s Socket) slot() int {
	if s == SocketARP {
		return 1
	}
	return 0
}

// PacketSlot is the op's place among PacketSocketsMax sockets.
func (o Op) PacketSlot() int { return int(o.Want)*socketSlots + o.Socket.slot() }

// OpenPacket opens the socket of an OpOpen. The caller watches it at the place
// that PacketSlot tells, in which it closes what was there before, and reports
// Done; or Failed with the errno, and then there is no socket.
func OpenPacket(sys Sys, op Op) (fd int, errno unix.Errno) {
	domain, kind, protocol := unix.AF_PACKET, unix.SOCK_DGRAM, 0 // nothing is heard before bind
	if op.Socket == SocketUDP {
		domain, protocol = unix.AF_INET, unix.IPPROTO_UDP
	}
	fd, errno = sys.Socket(domain, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, protocol)
	if errno != 0 {
		return -1, errno
	}
	switch op.Socket {
	case SocketPacket:
		program := serversOnly()
		if errno = sys.Filter(fd, append(program[:], unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: ReceiveSize})); errno == 0 {
			errno = sys.BindPacket(fd, op.Link, etherIPv4)
		}
	case SocketARP:
		errno = sys.BindPacket(fd, op.Link, etherARP)
	case SocketUDP:
		errno = bindUDP(sys, fd, op.Link)
	}
	if errno != 0 {
		sys.Close(fd)
		return -1, errno
	}
	return fd, 0
}

// bindUDP makes fd port 68 of one link, whatever other links have.
func bindUDP(sys Sys, fd int, link uint32) (errno unix.Errno) {
	for _, o := range [...]struct{ option, value int }{
		{unix.SO_REUSEADDR, 1}, {unix.SO_BROADCAST, 1}, {unix.SO_BINDTOIFINDEX, int(link)},
	} {
		if errno = sys.SetsockoptInt(fd, unix.SOL_SOCKET, o.option, o.value); errno != 0 {
			return errno
		}
	}
	return sys.BindUDP(fd, portClient)
}

// TakePacket reads at most one packet from the socket at a slot. After
// OutcomeBroken the caller closes the socket, and another one is asked for.
func (n *Net) TakePacket(sys Sys, fd, slot int, buffer []byte, now int64) Outcome {
	i, at := slot/socketSlots, slot%socketSlots
	size, errno := sys.Read(fd, buffer)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR:
		return OutcomeDrained
	case unix.ENETDOWN, unix.ENOBUFS, unix.ENOMEM, unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return OutcomeFailed // told once: the link fell, or nobody listens there
	default:
		n.clients[i].open[at] = SocketNone
		return OutcomeBroken
	}
	n.packet(i, at, buffer[:size], now)
	return OutcomeTaken
}

// Send sends the packet of an OpSend by its socket, at the place that PacketSlot
// tells. buffer has room for MessageSizeMax bytes. What can't be sent is a
// failure, and is sent again in its time as if it had been lost.
func (n *Net) Send(sys Sys, fd int, op Op, buffer []byte, now int64) {
	b := n.appendPacket(buffer[:0], op, now)
	var errno unix.Errno
	for range writesMax {
		switch op.Packet {
		case PacketProbe, PacketAnnounce:
			errno = sys.SendPacket(fd, op.Link, etherARP, b)
		case PacketRenew:
			errno = sys.SendUDP(fd, n.clients[op.Want].lease.server, portServer, b)
		case PacketRebind:
			errno = sys.SendUDP(fd, [4]byte{255, 255, 255, 255}, portServer, b)
		default:
			errno = sys.SendPacket(fd, op.Link, etherIPv4, b)
		}
		if errno != unix.EINTR {
			break
		}
	}
	if errno != 0 {
		n.failed(&op, errno, now)
	}
}

// appendPacket appends the packet of an OpSend as its socket wants it.
func (n *Net) appendPacket(b []byte, op Op, now int64) []byte {
	c := n.clients[op.Want]
	f := dhcpRequestFields{kind: dhcpRequest, xid: c.xid, mac: c.mac, host: n.node}
	if c.beganNsec != 0 {
		f.sinceS = uint16(min(max(now-c.beganNsec, 0)/nsecPerSec, 65535))
	}
	switch op.Packet {
	case PacketProbe:
		return appendARP(b, &arpFact{mac: c.mac, target: c.offer.address})
	case PacketAnnounce:
		return appendARP(b, &arpFact{mac: c.mac, sender: c.lease.address, target: c.lease.address})
	case PacketRenew, PacketRebind: // the socket is UDP's: no head of ours
		f.address = c.lease.address
		return appendDHCP(b, &f)
	case PacketDiscover:
		f.kind, f.asked, f.rapid = dhcpDiscover, c.hint, true
	case PacketSelect:
		f.asked, f.server = c.offer.address, c.offer.server
	case PacketVerify:
		f.asked = c.hint
	case PacketDecline:
		f.kind, f.asked, f.server, f.sinceS = dhcpDecline, op.Address, c.decliner, 0
	}
	return appendDatagram(b, [4]byte{}, [4]byte{255, 255, 255, 255}, &f)
}
