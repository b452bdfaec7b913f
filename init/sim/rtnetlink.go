package sim

import (
	"encoding/binary"

	"mote/hw"

	"golang.org/x/sys/unix"
)

// rtnetlink(7) as the kernel answers it: a codec of its own, so that a mistake
// of room net's codec is not made twice.

// attrAddressProto is IFA_PROTO of include/uapi/linux/if_addr.h.
const attrAddressProto = 11

// message builds one netlink message.
type message struct{ b []byte }

func newMessage(kind, flags uint16, seq uint32) *message {
	m := &message{make([]byte, unix.SizeofNlMsghdr)}
	binary.LittleEndian.PutUint16(m.b[4:], kind)
	binary.LittleEndian.PutUint16(m.b[6:], flags)
	binary.LittleEndian.PutUint32(m.b[8:], seq)
	return m
}

func (m *message) attr(kind uint16, value []byte) {
	m.b = binary.LittleEndian.AppendUint16(m.b, uint16(4+len(value)))
	m.b = binary.LittleEndian.AppendUint16(m.b, kind)
	m.b = append(m.b, value...)
	for len(m.b)%4 != 0 {
		m.b = append(m.b, 0)
	}
}

func (m *message) finish() []byte {
	binary.LittleEndian.PutUint32(m.b, uint32(len(m.b)))
	return m.b
}

func word(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// linkMessage is struct ifinfomsg and the name.
func linkMessage(l *link, kind, flags uint16, seq uint32) []byte {
	m := newMessage(kind, flags, seq)
	hardware, level := uint16(unix.ARPHRD_ETHER), uint32(0)
	if l.loopback {
		hardware, level = unix.ARPHRD_LOOPBACK, unix.IFF_LOOPBACK
	}
	if l.up {
		level |= unix.IFF_UP
	}
	if l.carries() {
		level |= unix.IFF_RUNNING
	}
	m.b = append(m.b, unix.AF_UNSPEC, 0, byte(hardware), byte(hardware>>8))
	m.b = append(append(append(m.b, word(l.index)...), word(level)...), word(0)...)
	if !l.loopback {
		mac := l.mac()
		m.attr(unix.IFLA_ADDRESS, mac[:])
	}
	if l.isCard() {
		mac := l.mac()
		m.attr(unix.IFLA_PERM_ADDRESS, mac[:])
		m.attr(unix.IFLA_PARENT_DEV_NAME, []byte("virtio0\x00"))
	}
	m.attr(unix.IFLA_MTU, word(l.mtu))
	m.attr(unix.IFLA_IFNAME, append([]byte(l.name), 0))
	return m.finish()
}

// addressMessage is struct ifaddrmsg and what tells an address apart, and for how
// long it is valid.
func (w *world) addressMessage(a *address, kind, flags uint16, seq uint32) []byte {
	m := newMessage(kind, flags, seq)
	if a.six != [16]byte{} {
		m.b = append(append(m.b, unix.AF_INET6, a.bits, byte(a.flags), 0), word(a.link)...)
		m.attr(unix.IFA_ADDRESS, a.six[:])
		m.attr(unix.IFA_FLAGS, word(a.flags))
	} else {
		m.b = append(append(m.b, unix.AF_INET, a.bits, 0, 0), word(a.link)...)
		m.attr(unix.IFA_ADDRESS, a.ip[:])
		m.attr(unix.IFA_LOCAL, a.ip[:])
	}
	if a.protocol != 0 {
		m.attr(attrAddressProto, []byte{a.protocol})
	}
	valid := uint32(1<<32 - 1)
	if a.endNsec != 0 {
		valid = uint32(max(a.endNsec-w.now+sec-1, 0) / sec)
	}
	m.attr(unix.IFA_CACHEINFO, append(append(word(valid), word(valid)...), make([]byte, 8)...))
	return m.finish()
}

// routeMessage is struct rtmsg.
func routeMessage(r *route, kind, flags uint16, seq uint32) []byte {
	m := newMessage(kind, flags, seq)
	m.b = append(m.b, unix.AF_INET, r.bits, 0, 0, unix.RT_TABLE_MAIN, r.protocol, 0, unix.RTN_UNICAST, 0, 0, 0, 0)
	m.attr(unix.RTA_TABLE, word(unix.RT_TABLE_MAIN))
	if r.bits > 0 {
		m.attr(unix.RTA_DST, r.dest[:])
	}
	if r.gateway != [4]byte{} {
		m.attr(unix.RTA_GATEWAY, r.gateway[:])
	}
	if r.metric != 0 {
		m.attr(unix.RTA_PRIORITY, word(r.metric))
	}
	m.attr(unix.RTA_OIF, word(r.link))
	return m.finish()
}

// request is what PID 1 or a worker asks for, read.
type request struct {
	kind, flags uint16
	seq         uint32
	body        []byte
	attrs       map[uint16][]byte
}

// parse reads a request; false is what the kernel refuses as malformed.
func parse(b []byte) (r request, ok bool) {
	if len(b) < unix.SizeofNlMsghdr || int(binary.LittleEndian.Uint32(b)) != len(b) {
		return r, false
	}
	r.kind, r.flags = binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:])
	r.seq = binary.LittleEndian.Uint32(b[8:])
	size := map[uint16]int{unix.RTM_NEWLINK: 16, unix.RTM_GETLINK: 16, unix.RTM_NEWADDR: 8, unix.RTM_DELADDR: 8,
		unix.RTM_GETADDR: 8, unix.RTM_NEWROUTE: 12, unix.RTM_DELROUTE: 12, unix.RTM_GETROUTE: 12}[r.kind]
	rest := b[unix.SizeofNlMsghdr:]
	if size == 0 || len(rest) < size || r.flags&unix.NLM_F_REQUEST == 0 {
		return r, false
	}
	r.body, rest = rest[:size], rest[size:]
	r.attrs = make(map[uint16][]byte)
	for len(rest) >= 4 {
		n := int(binary.LittleEndian.Uint16(rest))
		if n < 4 || n > len(rest) {
			return r, false
		}
		r.attrs[binary.LittleEndian.Uint16(rest[2:])] = rest[4:n]
		rest = rest[min((n+3)&^3, len(rest)):]
	}
	return r, len(rest) == 0
}

// answer acknowledges a request, or refuses it: struct nlmsgerr.
func (s *netlink) answer(seq uint32, e errno) {
	m := newMessage(unix.NLMSG_ERROR, 0, seq)
	m.b = append(m.b, word(uint32(-int32(e)))...)
	m.b = append(m.b, make([]byte, unix.SizeofNlMsghdr)...) // the request's head, as with NETLINK_CAP_ACK
	s.put(m.finish(), hw.Sender{})
}

// linkRequest does one request and answers it on its own socket.
func (w *world) linkRequest(s *netlink, b []byte) {
	r, ok := parse(b)
	if !ok {
		w.check.broken(ruleLinks, "sends rtnetlink what the kernel can't read")
		return
	}
	if r.flags&unix.NLM_F_DUMP == unix.NLM_F_DUMP {
		w.dump(s, &r)
		return
	}
	e := errno(0)
	if w.faults.happens(1) {
		e = pick(&w.faults.rand, unix.ENOMEM, unix.ENOBUFS)
	}
	if e == 0 {
		e = w.links.change(w, &r)
	}
	w.trace.line(w.now, "= rtnetlink "+kindName(r.kind)+" "+errnoText(e))
	s.answer(r.seq, e)
}

func kindName(kind uint16) string {
	return map[uint16]string{unix.RTM_NEWLINK: "newlink", unix.RTM_NEWADDR: "newaddr", unix.RTM_DELADDR: "deladdr",
		unix.RTM_NEWROUTE: "newroute", unix.RTM_DELROUTE: "delroute"}[kind]
}

func errnoText(e errno) string {
	if e == 0 {
		return "done"
	}
	return unix.ErrnoName(e)
}

// dump lists links, addresses or routes, a message each, and an end. Now and
// then the list changes while it is made, which the kernel tells.
func (w *world) dump(s *netlink, r *request) {
	flags := uint16(unix.NLM_F_MULTI)
	if w.faults.happens(1) {
		flags |= unix.NLM_F_DUMP_INTR
	}
	var list []byte
	t := &w.links
	switch r.kind {
	case unix.RTM_GETLINK:
		for _, l := range t.list {
			list = append(list, linkMessage(l, unix.RTM_NEWLINK, flags, r.seq)...)
		}
	case unix.RTM_GETADDR:
		for i := range t.addresses {
			if r.body[0] == unix.AF_INET && t.addresses[i].six != [16]byte{} {
				continue
			}
			list = append(list, w.addressMessage(&t.addresses[i], unix.RTM_NEWADDR, flags, r.seq)...)
		}
	case unix.RTM_GETROUTE:
		for i := range t.routes {
			list = append(list, routeMessage(&t.routes[i], unix.RTM_NEWROUTE, flags, r.seq)...)
		}
	}
	if len(list) > 0 {
		s.put(list, hw.Sender{})
	}
	end := newMessage(unix.NLMSG_DONE, flags, r.seq)
	end.b = append(end.b, word(0)...)
	s.put(end.finish(), hw.Sender{})
}

// tell multicasts a change. A forger's message comes now and then in front.
func (t *linkTable) tell(group uint32, text []byte) {
	for _, s := range t.sockets {
		if s.shut || s.groups&group == 0 {
			continue
		}
		if s.world.faults.happens(2) {
			forged := linkMessage(&link{index: 2, name: "eth0"}, unix.RTM_DELLINK, 0, 0)
			s.put(forged, hw.Sender{PortID: 4711})
		}
		s.put(text, hw.Sender{Groups: group})
	}
}
