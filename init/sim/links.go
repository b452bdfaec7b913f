package sim

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// The kernel's links, IPv4 addresses and default routes.

// Masks of multicast groups, RTMGRP_… of linux/rtnetlink.h.
const (
	groupLink    = 0x1
	groupAddress = 0x10
	groupRoute   = 0x40
)

type link struct {
	index    uint32
	name     string
	loopback bool
	up       bool
}

type address struct {
	link     uint32
	ip       [4]byte
	bits     uint8
	protocol uint8
}

type route struct {
	link     uint32
	gateway  [4]byte
	protocol uint8
}

type linkTable struct {
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

// plug adds a link, down.
func (t *linkTable) plug(name string) {
	if t.named(name) != nil {
		return
	}
	t.next++
	l := &link{index: t.next, name: name, loopback: name == "lo"}
	t.list = append(t.list, l)
	t.tell(groupLink, linkMessage(l, unix.RTM_NEWLINK, 0, 0))
}

// unplug takes a link away, and all that is on it; routes go without a word.
func (t *linkTable) unplug(name string) {
	for i, l := range t.list {
		if l.name == name {
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
	if up && l.loopback {
		t.addAddress(address{link: l.index, ip: [4]byte{127, 0, 0, 1}, bits: 8})
	}
}

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
	t.tell(groupAddress, addressMessage(&a, unix.RTM_DELADDR, 0, 0))
}

func (t *linkTable) hasAddress(index uint32) bool {
	for i := range t.addresses {
		if t.addresses[i].link == index {
			return true
		}
	}
	return false
}

func (t *linkTable) addAddress(a address) errno {
	for i := range t.addresses {
		if b := &t.addresses[i]; b.link == a.link && b.ip == a.ip && b.bits == a.bits {
			return unix.EEXIST
		}
	}
	t.addresses = append(t.addresses, a)
	t.tell(groupAddress, addressMessage(&a, unix.RTM_NEWADDR, 0, 0))
	return 0
}

// addRoute adds a default route. A second one of the same metric is refused,
// whoever made the first: fib_table_insert with NLM_F_EXCL.
func (t *linkTable) addRoute(r route) errno {
	l := t.at(r.link)
	switch {
	case l == nil:
		return unix.ENODEV
	case !l.up:
		return unix.ENETDOWN
	case !t.reaches(r.link, r.gateway):
		return unix.ENETUNREACH
	case len(t.routes) > 0:
		return unix.EEXIST
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
		if o.link == r.link && o.gateway == r.gateway && o.protocol == r.protocol {
			t.routes = append(t.routes[:i:i], t.routes[i+1:]...)
			t.tell(groupRoute, routeMessage(&o, unix.RTM_DELROUTE, 0, 0))
			return 0
		}
	}
	return unix.ESRCH
}

// change does one request.
func (t *linkTable) change(w *world, r *request) errno {
	var ip, gateway [4]byte
	copy(ip[:], r.attrs[unix.IFA_LOCAL])
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
		return 0
	case unix.RTM_NEWADDR, unix.RTM_DELADDR:
		if t.at(index) == nil {
			return unix.ENODEV
		}
		a := address{link: index, ip: ip, bits: r.body[1]}
		if p := r.attrs[attrAddressProto]; len(p) == 1 {
			a.protocol = p[0]
		}
		if r.kind == unix.RTM_NEWADDR {
			return t.addAddress(a)
		}
		for i := range t.addresses {
			if b := &t.addresses[i]; b.link == a.link && b.ip == a.ip && b.bits == a.bits {
				t.dropAddress(i)
				return 0
			}
		}
		return unix.EADDRNOTAVAIL
	}
	if len(r.attrs[unix.RTA_OIF]) != 4 {
		return unix.EINVAL
	}
	way := route{link: binary.LittleEndian.Uint32(r.attrs[unix.RTA_OIF]), gateway: gateway, protocol: r.body[5]}
	if r.kind == unix.RTM_NEWROUTE {
		return t.addRoute(way)
	}
	return t.dropRoute(way)
}

// linkWorkNsec is how long a driver takes to bring a link up; −1 is for ever.
func (w *world) linkWorkNsec() int64 {
	if w.plan.driverNsec < 0 {
		return -1
	}
	return w.rand.between(100*usec, w.plan.driverNsec)
}
