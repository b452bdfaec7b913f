package netcfg

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"mote/hw"
)

// kernel is a model of rtnetlink, in plain lists, with the library's codec. It
// is an hw.Sys and loses, refuses and interrupts as it is told:
//
//   - breaks may return an errno for a request, before or without doing it;
//   - lose drops the next notices and has the reader see ENOBUFS;
//   - intr marks the next dump's messages as interrupted.
type kernel struct {
	t         testing.TB
	links     []LinkFact
	addresses []AddressFact
	routes    []RouteFact
	queue     [][]byte
	breaks    func(kind uint16) unix.Errno
	lose      bool
	overrun   bool
	intr      bool
	mute      bool // no answers at all
	port      uint32
	calls     []string
	sent      [][]byte        // packets of clients
	cut       map[uint32]bool // links without a cable
	fails     map[string]unix.Errno
	uevents   map[string]string // files of sysfs
	opened    string            // the text of descriptor 9
}

func (k *kernel) call(name string) unix.Errno {
	k.calls = append(k.calls, name)
	return k.fails[name]
}

func (k *kernel) Socket(domain, kind, protocol int) (int, unix.Errno) {
	if errno := k.call("socket"); errno != 0 {
		return -1, errno
	}
	return 3, 0
}
func (k *kernel) BindNetlink(fd int, groups uint32) unix.Errno { return k.call("bind") }
func (k *kernel) SetsockoptInt(fd, level, option, value int) unix.Errno {
	return k.call("setsockopt")
}
func (k *kernel) Close(fd int) unix.Errno { return k.call("close") }
func (k *kernel) BindPacket(fd int, link uint32, etherType uint16) unix.Errno {
	return k.call("bind packet")
}
func (k *kernel) BindUDP(fd int, port uint16) unix.Errno { return k.call("bind udp") }
func (k *kernel) Filter(fd int, program []unix.SockFilter) unix.Errno {
	return k.call("filter")
}
func (k *kernel) SendPacket(fd int, link uint32, etherType uint16, b []byte) unix.Errno {
	if errno := k.call("send packet"); errno != 0 {
		return errno
	}
	k.sent = append(k.sent, slices.Clone(b))
	return 0
}
func (k *kernel) SendUDP(fd int, to [4]byte, port uint16, b []byte) unix.Errno {
	if errno := k.call("send udp"); errno != 0 {
		return errno
	}
	k.sent = append(k.sent, slices.Clone(b))
	return 0
}
func (k *kernel) SendUDP6(int, [16]byte, uint16, []byte) unix.Errno { return 0 }

func (k *kernel) Random() uint64 { return 1 }

func (k *kernel) Read(fd int, b []byte) (int, unix.Errno) {
	if errno := k.call("read"); errno != 0 {
		return 0, errno
	}
	if fd == uevent {
		return copy(b, k.opened), 0
	}
	var from hw.Sender
	return k.Recvmsg(fd, b, &from)
}

func (k *kernel) Recvmsg(fd int, b []byte, from *hw.Sender) (int, unix.Errno) {
	*from = hw.Sender{PortID: k.port}
	if errno := k.fails["recvmsg"]; errno != 0 {
		return 0, errno
	}
	if k.overrun {
		k.overrun = false
		return 0, unix.ENOBUFS
	}
	if len(k.queue) == 0 {
		return 0, unix.EAGAIN
	}
	n := copy(b, k.queue[0])
	from.Truncated = n < len(k.queue[0])
	k.queue = k.queue[1:]
	return n, 0
}

// say queues one message.
func (k *kernel) say(kind, flags uint16, seq uint32, body []byte, ae *netlink.AttributeEncoder) {
	if k.lose && seq == 0 {
		k.overrun = true
		return
	}
	if ae != nil {
		attrs, err := ae.Encode()
		if err != nil {
			k.t.Fatal(err)
		}
		body = append(body, attrs...)
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(headSize+len(body)))
	b = binary.NativeEndian.AppendUint16(binary.NativeEndian.AppendUint16(b, kind), flags)
	b = binary.NativeEndian.AppendUint32(binary.NativeEndian.AppendUint32(b, seq), 0)
	k.queue = append(k.queue, append(b, body...))
}

func (k *kernel) sayLink(kind, flags uint16, seq uint32, f LinkFact) {
	body := make([]byte, linkBodySize)
	hardware, bits := uint16(unix.ARPHRD_NONE), uint32(0)
	if f.Ethernet {
		hardware = unix.ARPHRD_ETHER
	}
	if f.Up {
		bits |= unix.IFF_UP
	}
	if f.Loopback {
		bits |= unix.IFF_LOOPBACK
	}
	if f.Up && !k.cut[f.Index] {
		bits |= unix.IFF_RUNNING
	}
	binary.NativeEndian.PutUint16(body[2:], hardware)
	binary.NativeEndian.PutUint32(body[4:], f.Index)
	binary.NativeEndian.PutUint32(body[8:], bits)
	ae := netlink.NewAttributeEncoder()
	ae.String(unix.IFLA_IFNAME, f.Name.String())
	ae.Uint32(unix.IFLA_MTU, f.MTUBytes)
	if f.MAC != [6]byte{} {
		ae.Bytes(unix.IFLA_ADDRESS, f.MAC[:])
	}
	if f.OfCard {
		ae.Bytes(unix.IFLA_PERM_ADDRESS, f.PermanentMAC[:])
		ae.String(unix.IFLA_PARENT_DEV_NAME, "0000:00:02.0")
	}
	k.say(kind, flags, seq, body, ae)
}

func (k *kernel) sayAddress(kind, flags uint16, seq uint32, f AddressFact) {
	body := []byte{unix.AF_INET, f.PrefixBits, 0, 0, 0, 0, 0, 0}
	binary.NativeEndian.PutUint32(body[4:], f.Link)
	ae := netlink.NewAttributeEncoder()
	ae.Bytes(unix.IFA_ADDRESS, f.Address[:])
	ae.Bytes(unix.IFA_LOCAL, f.Address[:])
	ae.Uint8(attrAddrProto, f.Protocol)
	times := make([]byte, 16)
	binary.NativeEndian.PutUint32(times[4:], f.ValidSec)
	ae.Bytes(unix.IFA_CACHEINFO, times)
	k.say(kind, flags, seq, body, ae)
}

func (k *kernel) sayRoute(kind, flags uint16, seq uint32, f RouteFact) {
	body := []byte{unix.AF_INET, f.DestBits, 0, 0, byte(f.Table), f.Protocol, 0, f.Type, 0, 0, 0, 0}
	ae := netlink.NewAttributeEncoder()
	ae.Uint32(unix.RTA_TABLE, f.Table)
	ae.Bytes(unix.RTA_GATEWAY, f.Gateway[:])
	ae.Bytes(unix.RTA_DST, f.Dest[:])
	ae.Uint32(unix.RTA_OIF, f.Link)
	ae.Uint32(unix.RTA_PRIORITY, f.Metric)
	k.say(kind, flags, seq, body, ae)
}

// Write does a request at once, as the kernel does.
func (k *kernel) Write(fd int, b []byte) (int, unix.Errno) {
	if errno := k.call("write"); errno != 0 {
		return 0, errno
	}
	kind, seq := binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint32(b[8:])
	var errno unix.Errno
	if k.breaks != nil {
		errno = k.breaks(kind)
	}
	flags := uint16(unix.NLM_F_MULTI)
	if k.intr {
		flags |= unix.NLM_F_DUMP_INTR
	}
	switch {
	case errno != 0:
	case kind == unix.RTM_GETLINK:
		for _, f := range k.links {
			k.sayLink(unix.RTM_NEWLINK, flags, seq, f)
		}
	case kind == unix.RTM_GETADDR:
		for _, f := range k.addresses {
			k.sayAddress(unix.RTM_NEWADDR, flags, seq, f)
		}
	case kind == unix.RTM_GETROUTE:
		for _, f := range k.routes {
			k.sayRoute(unix.RTM_NEWROUTE, flags, seq, f)
		}
	default:
		errno = k.change(kind, b)
	}
	if k.mute {
		return len(b), 0
	}
	if errno == 0 && kind >= unix.RTM_GETLINK && kind%4 == 2 {
		k.intr = false
		k.say(unix.NLMSG_DONE, flags, seq, make([]byte, 4), nil)
		return len(b), 0
	}
	answer := binary.NativeEndian.AppendUint32(nil, uint32(-int32(errno)))
	k.say(unix.NLMSG_ERROR, 0, seq, append(answer, b[:headSize]...), nil)
	return len(b), 0
}

func (k *kernel) link(index uint32) *LinkFact {
	for i := range k.links {
		if k.links[i].Index == index {
			return &k.links[i]
		}
	}
	return nil
}

// change does what is not a dump.
func (k *kernel) change(kind uint16, b []byte) unix.Errno {
	switch kind {
	case unix.RTM_NEWLINK:
		link := k.link(binary.NativeEndian.Uint32(b[20:]))
		if link == nil {
			return unix.ENODEV
		}
		const attr = headSize + linkBodySize
		if len(b) > attr && get16(b[attr+2:]) == unix.IFLA_IFNAME {
			name := string(bytes.TrimRight(b[attr+attrHeadSize:], "\x00"))
			if k.named(name) {
				return unix.EEXIST
			}
			link.Name = NameOf(name)
		} else {
			link.Up = true
		}
		k.sayLink(unix.RTM_NEWLINK, 0, 0, *link)
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		f := AddressFact{PrefixBits: b[17], Link: binary.NativeEndian.Uint32(b[20:])}
		ad, _ := netlink.NewAttributeDecoder(b[headSize+addrBodySize:])
		for ad.Next() {
			switch ad.Type() {
			case unix.IFA_LOCAL:
				f.Address = [4]byte(ad.Bytes())
			case attrAddrProto:
				f.Protocol = ad.Uint8()
			case unix.IFA_CACHEINFO:
				f.ValidSec = binary.NativeEndian.Uint32(ad.Bytes()[4:])
			}
		}
		if at := slices.IndexFunc(k.addresses, func(a AddressFact) bool { return a.same(&f) }); at >= 0 && b[7]&1 != 0 {
			k.addresses[at] = f // NLM_F_REPLACE
			k.sayAddress(kind, 0, 0, f)
			return 0
		}
		return k.changeAddress(kind, f)
	case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
		f := RouteFact{DestBits: b[17], Table: uint32(b[20]), Protocol: b[21], Type: b[23]}
		ad, _ := netlink.NewAttributeDecoder(b[headSize+routeBodySize:])
		for ad.Next() {
			switch ad.Type() {
			case unix.RTA_GATEWAY:
				f.Gateway = [4]byte(ad.Bytes())
			case unix.RTA_OIF:
				f.Link = ad.Uint32()
			case unix.RTA_DST:
				f.Dest = [4]byte(ad.Bytes())
			case unix.RTA_PRIORITY:
				f.Metric = ad.Uint32()
			}
		}
		return k.changeRoute(kind, f)
	}
	return 0
}

func (k *kernel) changeAddress(kind uint16, f AddressFact) unix.Errno {
	at := slices.IndexFunc(k.addresses, func(a AddressFact) bool { return a.same(&f) })
	switch {
	case k.link(f.Link) == nil:
		return unix.ENODEV
	case kind == unix.RTM_NEWADDR && at >= 0:
		return unix.EEXIST
	case kind == unix.RTM_NEWADDR:
		k.addresses = append(k.addresses, f)
	case at < 0:
		return unix.EADDRNOTAVAIL
	default:
		k.addresses = slices.Delete(k.addresses, at, at+1)
		k.flush(f.Link) // without a word
	}
	k.sayAddress(kind, 0, 0, f)
	return 0
}

func (k *kernel) changeRoute(kind uint16, f RouteFact) unix.Errno {
	link := k.link(f.Link)
	onLink := slices.ContainsFunc(k.addresses, func(a AddressFact) bool { return a.Link == f.Link })
	switch at := slices.Index(k.routes, f); {
	case kind == unix.RTM_DELROUTE && at < 0:
		return unix.ESRCH
	case kind == unix.RTM_DELROUTE:
		k.routes = slices.Delete(k.routes, at, at+1)
	case slices.ContainsFunc(k.routes, func(r RouteFact) bool {
		return r.Dest == f.Dest && r.DestBits == f.DestBits && r.Metric == f.Metric
	}):
		return unix.EEXIST
	case link == nil || !link.Up || !onLink:
		return unix.ENETUNREACH
	default:
		k.routes = append(k.routes, f)
	}
	k.sayRoute(kind, 0, 0, f)
	return 0
}

// flush takes a link's routes away, without a word.
func (k *kernel) flush(link uint32) {
	k.routes = slices.DeleteFunc(k.routes, func(r RouteFact) bool { return r.Link == link })
}

func (k *kernel) down(index uint32) {
	link := k.link(index)
	link.Up = false
	k.flush(index)
	k.sayLink(unix.RTM_NEWLINK, 0, 0, *link)
}

func (k *kernel) unplug(index uint32) {
	k.flush(index)
	k.addresses = slices.DeleteFunc(k.addresses, func(a AddressFact) bool { return a.Link == index })
	link := *k.link(index)
	k.links = slices.DeleteFunc(k.links, func(l LinkFact) bool { return l.Index == index })
	k.sayLink(unix.RTM_DELLINK, 0, 0, link)
}

func (k *kernel) plug(f LinkFact) {
	k.links = append(k.links, f)
	k.sayLink(unix.RTM_NEWLINK, 0, 0, f)
}

// machine has lo and mote0, both down.
func machine(t testing.TB) *kernel {
	return &kernel{t: t, links: []LinkFact{
		{Index: 1, Name: NameOf("lo"), Loopback: true}, {Index: 4, Name: NameOf("mote0"), Ethernet: true},
	}}
}

// story is a Net that lives on a kernel, with a clock that steps.
type story struct {
	n      *Net
	k      *kernel
	now    int64
	lines  []string
	resolv string // as it was written last
	buffer [ReceiveSize]byte
	ops    [OpsMax]Op
}
