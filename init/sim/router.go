package sim

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A router of IPv6 at eth0, RFC 4861, and what the kernel makes of its advertisements:
// addresses by RFC 4862 and 7217, and the options that it passes on by rtnetlink. What
// the kernel does about routes of advertisements is not modelled: PID 1 leaves them.

// router advertises one prefix, and itself as name server, every periodNsec.
type router struct {
	world    *world
	silent   bool
	validSec uint32
	namesSec uint32
	// others tells which addresses other nodes have: the kernel's first tries.
	others bool
	// grants are the ends of what was advertised, by address.
	grants map[[16]byte]int64
}

const (
	routerPeriodNsec = 30 * sec
	// solicitedNsec after a link is up an advertisement comes: its own address is
	// tried first, then the routers are asked.
	solicitedNsec = 2 * sec

	groupSix     = 0x100
	groupOption  = 0x80000
	flagStable   = 0x800
	flagDADs     = 0x48 // IFA_F_DADFAILED and IFA_F_TENTATIVE
	rulesFolder  = "/proc/sys/net/ipv6/conf/"
	acceptRA     = "accept_ra"
	stableSecret = "stable_secret"
)

func newRouter(w *world, r rand) *router {
	o := &router{world: w, silent: r.percent(25), validSec: pick(&r, uint32(45), 120, 3600, 1<<32-1),
		namesSec: pick(&r, uint32(40), 3600, 0), others: r.percent(20), grants: map[[16]byte]int64{}}
	w.after(r.between(0, routerPeriodNsec), o.tick)
	return o
}

// calm: it speaks, and nobody has our addresses.
func (o *router) calm() { o.silent, o.others, o.namesSec = false, false, 3600 }

func (o *router) tick() {
	for _, l := range o.world.links.list { // "the first" may be another link than eth0
		o.advertise(l)
	}
	o.world.after(routerPeriodNsec, o.tick)
}

// solicited: the kernel has brought a link up.
func (o *router) solicited(l *link) {
	o.world.after(solicitedNsec, func() { o.advertise(l) })
}

// advertise has an advertisement arrive, or get lost.
func (o *router) advertise(l *link) {
	w := o.world
	if o.silent || w.links.at(l.index) != l {
		return
	}
	w.lan.carry(func() {
		if w.links.at(l.index) == l && l.carries() && !l.loopback && l.rules[acceptRA] != "" && l.rules[acceptRA] != "0" {
			o.heard(l)
		}
	})
}

// heard is what the kernel does: addrconf_prefix_rcv and ndisc_ra_useropt.
func (o *router) heard(l *link) {
	w := o.world
	a := address{link: l.index, six: stableAddress(l, 0), bits: 64, flags: flagStable}
	if o.validSec != 1<<32-1 {
		a.endNsec = w.now + int64(o.validSec)*sec
	}
	w.trace.line(w.now, "= router advertisement")
	if o.others && w.links.addressAt(&a) < 0 {
		failed := a
		failed.flags |= flagDADs
		w.links.tell(groupSix, w.addressMessage(&failed, unix.RTM_DELADDR, 0, 0))
		a.six = stableAddress(l, 1)
	}
	if old := w.links.addressAt(&a); old >= 0 {
		a.protocol, a.flags = w.links.addresses[old].protocol, w.links.addresses[old].flags
	}
	o.grants[a.six] = max(a.endNsec, w.now+1)
	if a.endNsec == 0 {
		o.grants[a.six] = 1 << 62
	}
	w.links.addAddress(a, true)
	body := []byte{25, 3, 0, 0}
	body = binary.BigEndian.AppendUint32(body, o.namesSec)
	body = append(append(body, 0xfd), make([]byte, 14)...)
	body = append(body, 0x53)
	m := newMessage(68, 0, 0) // RTM_NEWNDUSEROPT
	m.b = append(append(m.b, unix.AF_INET6, 0, byte(len(body)), 0), word(l.index)...)
	m.b = append(append(m.b, 134, 0, 0, 0, 0, 0, 0, 0), body...)
	w.links.tell(groupOption, m.finish())
}

// stableAddress is the address of a link in the router's prefix, by the try.
func stableAddress(l *link, try byte) (a [16]byte) {
	a[0], a[1], a[2] = 0xfd, 9, 9
	a[13], a[14], a[15] = try, byte(l.index), 7
	return a
}

// dropSix: addrconf_ifdown.
func (t *linkTable) dropSix(index uint32) {
	for i := 0; i < len(t.addresses); i++ {
		if a := t.addresses[i]; a.link == index && a.six != [16]byte{} {
			t.dropAddress(i)
			i--
		}
	}
}

// ruleFile is a rule of IPv6 of a link that a worker has open.
type ruleFile struct {
	link *link
	rule string
}

func (*ruleFile) ready() uint32            { return epollOut }
func (*ruleFile) read([]byte) (int, errno) { return 0, unix.EIO }
func (*ruleFile) closed()                  {}
func (f *ruleFile) write(b []byte) (int, errno) {
	f.link.rules[f.rule] = string(b)
	return len(b), 0
}

// openRule opens /proc/sys/net/ipv6/conf/LINK/RULE; nil where there is no such link.
func (w *world) openRule(path string) *file {
	for _, l := range w.links.list {
		for _, rule := range []string{acceptRA, stableSecret} {
			if path == rulesFolder+l.name+"/"+rule {
				return &file{name: "rule", ops: &ruleFile{l, rule}, refs: 1}
			}
		}
	}
	return nil
}

// toldOf checks that a link that comes up has its rules: whether to listen to routers,
// and by which secret to make addresses.
func (c *checks) toldOf(l *link) {
	for i := range c.world.plan.manifest.Links {
		want := &c.world.plan.manifest.Links[i]
		if want.Name != l.name {
			continue
		}
		if accepts := l.rules[acceptRA]; accepts != map[bool]string{false: "0", true: "2"}[want.RA] || want.RA && (l.rules[stableSecret] == "" || l.rules[stableSecret] == "::") {
			c.broken(ruleLinks, "brings a link up, and the kernel does not know whether it listens to routers")
		}
	}
}

// grantedSix checks an IPv6 address of ours: one that ends does so with what a router
// granted.
func (c *checks) grantedSix(a *address) {
	if a.protocol != protocolMote || a.six == [16]byte{} || a.endNsec == 0 {
		return
	}
	if end := c.world.router.grants[a.six]; a.endNsec > end {
		c.broken(ruleLease, "uses an IPv6 address past the end that a router gave it")
	}
	if c.world.router.others && a.six == stableAddress(c.world.links.at(a.link), 0) {
		c.broken(ruleLease, "brings an IPv6 address back that another node has")
	}
}

// hasSix checks what a link that wants IPv6 has after the calm.
func (c *checks) hasSix(l *link, want *[16]byte, listens bool) {
	w := c.world
	static, advertised := *want == [16]byte{}, !listens
	for i := range w.links.addresses {
		a := &w.links.addresses[i]
		static = static || a.link == l.index && a.six == *want
		advertised = advertised || a.link == l.index && a.six == stableAddress(l, 0)
	}
	if !static || !advertised {
		c.broken(ruleLinks, "eth0 has not the IPv6 addresses that it should")
	}
	if f := w.files[resolvFile]; listens && (f == nil || !contains(string(f.text), "nameserver fd00::53\n")) {
		c.broken(ruleLinks, "a router told of a name server, and programs don't know it")
	}
}

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}
