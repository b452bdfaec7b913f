package sim

import (
	"bytes"
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The kernel's links, IPv4 addresses and routes.

// Masks of multicast groups, RTMGRP_… of linux/rtnetlink.h.
const (
	groupLink    = 0x1
	groupAddress = 0x10
	groupRoute   = 0x40
)

type link struct {
	index    uint32
	name     string
	kernel   string // what it was called when it came
	loopback bool
	up       bool
	// cut: its cable is out.
	cut bool
	mtu uint32
	// rules are what the kernel was told of IPv6 on it.
	rules map[string]string
}

type address struct {
	link     uint32
	ip       [4]byte
	six      [16]byte // of IPv6; then ip is zero
	bits     uint8
	protocol uint8
	flags    uint32 // IFA_F_, of IPv6
	// endNsec is when the kernel takes it away, 0: never.
	endNsec int64
}

type route struct {
	link     uint32
	dest     [4]byte
	bits     uint8
	gateway  [4]byte
	protocol uint8
	metric   uint32
	onLink   bool // RTNH_F_ONLINK
}

type linkTable struct {
	world     *world
	list      []*link
	addresses []address
	routes    []route
	sockets   []*netlink
	next      uint32
	// slow: the last request was one in which a driver works.
	slow bool
	// working: a worker makes the request.
	working bool
}

func (t *linkTable) at(index uint32) *link {
	for _, l := range t.list {
		if l.index == index {
			return l
		}
	}
	return nil
}

func (t *linkTable) named(name string) *link {
	for _, l := range t.list {
		if l.name == name {
			return l
		}
	}
	return nil
}

// came finds a link by the name that it had first.
func (t *linkTable) came(kernel string) *link {
	for _, l := range t.list {
		if l.kernel == kernel {
			return l
		}
	}
	return nil
}

// plug adds a link, down.
func (t *linkTable) plug(name string) {
	if t.came(name) != nil {
		return
	}
	t.next++
	l := &link{index: t.next, name: name, kernel: name, loopback: name == "lo", mtu: 1500,
		rules: map[string]string{acceptRA: "1"}}
	t.list = append(t.list, l)
	t.world.plugCard(l)
	t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
}

// unplug takes a link away, and all that is on it; routes go without a word.
func (t *linkTable) unplug(name string) {
	for i, l := range t.list {
		if l.kernel == name {
			t.dropAddresses(l.index)
			t.dropRoutes(l.index)
			t.list = append(t.list[:i:i], t.list[i+1:]...)
			t.tell(groupLink, linkMessage(l, unix.RTM_DELLINK, 0, 0))
			return
		}
	}
}

// set brings a link up or down.
func (t *linkTable) set(l *link, up bool) {
	if l.up == up {
		return
	}
	l.up = up
	if !up {
		t.dropRoutes(l.index) // fib_sync_down_dev: without a word
	}
	t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
	if up {
		t.world.check.toldOf(l)
		t.world.router.solicited(l)
	} else {
		t.dropSix(l.index)
	}
	if up && l.loopback {
		t.addAddress(address{link: l.index, ip: [4]byte{127, 0, 0, 1}, bits: 8}, false)
	}
}

// plugCable brings a cable in, or takes it out: the address and the routes stay.
func (t *linkTable) plugCable(l *link, cut bool) {
	if l.cut != cut && t.at(l.index) == l {
		l.cut = cut
		t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
	}
}

// rename gives a link another name, dev_change_name: no other has it.
func (t *linkTable) rename(l *link, name string) errno {
	if other := t.named(name); other != nil && other != l {
		return unix.EEXIST
	}
	l.name = name
	t.world.plugCard(l)
	t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
	return 0
}

// plugCard lets sysfs show a card by the name that its link has now.
func (w *world) plugCard(l *link) {
	if l.isCard() {
		w.files["/sys/class/net/"+l.name+"/device/uevent"] = &node{text: []byte("DRIVER=virtio_net\nMODALIAS=virtio:d00000001v00001AF4\n")}
		w.files["/sys/class/net/"+l.name+"/device/../uevent"] = &node{text: []byte("DRIVER=virtio-pci\nPCI_SLOT_NAME=0000:00:02.0\n")}
	}
}

// isCard: the others are ends of pairs, and the loopback.
func (l *link) isCard() bool { return l.kernel == "eth0" }

func (t *linkTable) dropRoutes(index uint32) {
	kept := t.routes[:0:0]
	for _, r := range t.routes {
		if r.link != index {
			kept = append(kept, r)
		}
	}
	t.routes = kept
}

func (t *linkTable) dropAddresses(index uint32) {
	for i := 0; i < len(t.addresses); i++ {
		if a := t.addresses[i]; a.link == index {
			t.dropAddress(i)
			i--
		}
	}
}

// dropAddress: with a link's last one its routes go, fib_disable_ip.
func (t *linkTable) dropAddress(i int) {
	a := t.addresses[i]
	t.addresses = append(t.addresses[:i:i], t.addresses[i+1:]...)
	if !t.hasAddress(a.link) {
		t.dropRoutes(a.link)
	}
	t.tell(a.group(), t.world.addressMessage(&a, unix.RTM_DELADDR, 0, 0))
}

func (t *linkTable) hasAddress(index uint32) bool {
	for i := range t.addresses {
		if t.addresses[i].link == index && t.addresses[i].six == [16]byte{} {
			return true
		}
	}
	return false
}

// group hears of changes to the address.
func (a *address) group() uint32 {
	if a.six != [16]byte{} {
		return groupSix
	}
	return groupAddress
}

func (t *linkTable) addAddress(a address, replace bool) errno {
	at := t.addressAt(&a)
	switch {
	case at >= 0 && !replace:
		return unix.EEXIST
	case at >= 0:
		t.addresses[at] = a
	default:
		t.addresses = append(t.addresses, a)
	}
	t.world.expireAt(a)
	t.world.check.configured(&a)
	t.world.check.grantedSix(&a)
	t.tell(a.group(), t.world.addressMessage(&a, unix.RTM_NEWADDR, 0, 0))
	return 0
}

// addressAt finds what the kernel tells addresses apart by; -1 is none.
func (t *linkTable) addressAt(a *address) int {
	for i := range t.addresses {
		if b := &t.addresses[i]; b.link == a.link && b.ip == a.ip && b.six == a.six && b.bits == a.bits {
			return i
		}
	}
	return -1
}

// expireAt has the kernel take an address away at its end.
func (w *world) expireAt(a address) {
	if a.endNsec == 0 {
		return
	}
	w.after(a.endNsec-w.now, func() {
		if at := w.links.addressAt(&a); at >= 0 && w.links.addresses[at].endNsec == a.endNsec {
			w.links.dropAddress(at)
		}
	})
}

// addRoute adds a route. A second one to the same place with the same metric is
// refused, whoever made the first: fib_table_insert with NLM_F_EXCL.
func (t *linkTable) addRoute(r route) errno {
	l := t.at(r.link)
	switch {
	case l == nil:
		return unix.ENODEV
	case !l.up:
		return unix.ENETDOWN
	case r.gateway != [4]byte{} && !r.onLink && !t.reaches(r.link, r.gateway):
		return unix.ENETUNREACH
	}
	for _, o := range t.routes {
		if o.dest == r.dest && o.bits == r.bits && o.metric == r.metric {
			return unix.EEXIST
		}
	}
	t.routes = append(t.routes, r)
	t.tell(groupRoute, routeMessage(&r, unix.RTM_NEWROUTE, 0, 0))
	return 0
}

func (t *linkTable) reaches(index uint32, gateway [4]byte) bool {
	to := binary.BigEndian.Uint32(gateway[:])
	for i := range t.addresses {
		a := &t.addresses[i]
		shift := 32 - uint(a.bits)
		if a.link == index && binary.BigEndian.Uint32(a.ip[:])>>shift == to>>shift {
			return true
		}
	}
	return false
}

func (t *linkTable) dropRoute(r route) errno {
	for i, o := range t.routes {
		if o.link == r.link && o.gateway == r.gateway && o.protocol == r.protocol && o.dest == r.dest &&
			o.bits == r.bits && (r.metric == 0 || o.metric == r.metric) {
			t.routes = append(t.routes[:i:i], t.routes[i+1:]...)
			t.tell(groupRoute, routeMessage(&o, unix.RTM_DELROUTE, 0, 0))
			return 0
		}
	}
	return unix.ESRCH
}

// change does one request.
func (t *linkTable) change(w *world, r *request) errno {
	var gateway [4]byte
	copy(gateway[:], r.attrs[unix.RTA_GATEWAY])
	index := binary.LittleEndian.Uint32(r.body[4:])
	switch r.kind {
	case unix.RTM_NEWLINK:
		t.slow = !t.working
		l := t.at(index)
		if l == nil {
			return unix.ENODEV
		}
		if binary.LittleEndian.Uint32(r.body[12:])&unix.IFF_UP != 0 {
			t.set(l, binary.LittleEndian.Uint32(r.body[8:])&unix.IFF_UP != 0)
		}
		if name := r.attrs[unix.IFLA_IFNAME]; len(name) > 0 {
			return t.rename(l, string(bytes.TrimRight(name, "\x00")))
		}
		if mtu := r.attrs[unix.IFLA_MTU]; len(mtu) == 4 {
			l.mtu = binary.LittleEndian.Uint32(mtu)
			t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
		}
		return 0
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		return t.changeAddress(w, r, index)
	}
	if len(r.attrs[unix.RTA_OIF]) != 4 {
		return unix.EINVAL
	}
	way := route{link: binary.LittleEndian.Uint32(r.attrs[unix.RTA_OIF]), gateway: gateway, protocol: r.body[5], bits: r.body[1],
		onLink: binary.LittleEndian.Uint32(r.body[8:])&unix.RTNH_F_ONLINK != 0}
	copy(way.dest[:], r.attrs[unix.RTA_DST])
	if metric := r.attrs[unix.RTA_PRIORITY]; len(metric) == 4 {
		way.metric = binary.LittleEndian.Uint32(metric)
	}
	if r.kind == unix.RTM_NEWROUTE {
		return t.addRoute(way)
	}
	return t.dropRoute(way)
}

// changeAddress adds an address or takes one away.
func (t *linkTable) changeAddress(w *world, r *request, index uint32) errno {
	if t.at(index) == nil {
		return unix.ENODEV
	}
	a := address{link: index, bits: r.body[1]}
	if r.body[0] == unix.AF_INET6 {
		copy(a.six[:], r.attrs[unix.IFA_LOCAL])
	} else {
		copy(a.ip[:], r.attrs[unix.IFA_LOCAL])
	}
	if p := r.attrs[attrAddressProto]; len(p) == 1 {
		a.protocol = p[0]
	}
	if a.six != [16]byte{} && len(r.attrs[unix.IFA_CACHEINFO]) == 0 {
		a.flags = unix.IFA_F_PERMANENT
	}
	if !a.setEnd(r.attrs[unix.IFA_CACHEINFO], w.now) {
		return unix.EINVAL
	}
	if r.kind == unix.RTM_NEWADDR {
		return t.addAddress(a, r.flags&unix.NLM_F_REPLACE != 0)
	}
	for i := range t.addresses {
		if b := &t.addresses[i]; b.link == a.link && b.ip == a.ip && b.six == a.six && b.bits == a.bits {
			t.dropAddress(i)
			return 0
		}
	}
	return unix.EADDRNOTAVAIL
}

// setEnd reads struct ifa_cacheinfo; an address of no time at all is refused.
func (a *address) setEnd(times []byte, now int64) bool {
	if len(times) != 16 {
		return true
	}
	valid := binary.LittleEndian.Uint32(times[4:])
	if valid != 1<<32-1 {
		a.endNsec = now + int64(valid)*sec
	}
	return valid != 0
}

// linkWorkNsec is how long a driver takes to bring a link up; −1 is for ever.
func (w *world) linkWorkNsec() int64 {
	if w.plan.driverNsec < 0 {
		return -1
	}
	return w.rand.between(100*usec, w.plan.driverNsec)
}
