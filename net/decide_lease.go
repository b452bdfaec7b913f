package netcfg

// What a lease wants of the kernel: its address until its end, its routes, and
// its link's largest packet. Only what is missing is done, as with everything
// else.

// decideLease compares want i's lease with what is there.
func (n *Net) decideLease(i int, link *LinkFact, now int64, ops []Op) []Op {
	l := n.leaseOn(i)
	if l == nil {
		return ops
	}
	a := &n.attempts[i]
	entry := n.leaseEntry(i)
	if entry != nil && entry.endsWith(l) {
		a[stepLeaseAddress].right()
	} else {
		ops = n.tryStep(i, stepLeaseAddress, now, ops)
	}
	if l.mtu < leaseMTUMin || uint32(l.mtu) == link.MTUBytes || a[stepMTU].kept {
		a[stepMTU].rightUnlessKept()
	} else {
		ops = n.tryStep(i, stepMTU, now, ops)
	}
	if entry == nil || !link.Up {
		return ops
	}
	return n.decideLeaseRoutes(i, now, ops)
}

// rightUnlessKept is right, but for what the kernel refused for good.
func (a *attempt) rightUnlessKept() {
	if !a.kept {
		a.right()
	}
}

// decideLeaseRoutes adds the first route that is missing; when its answer is
// there, the next.
func (n *Net) decideLeaseRoutes(i int, now int64, ops []Op) []Op {
	c, a := n.clients[i], &n.attempts[i][stepLeaseRoute]
	k := n.missingLeaseRoute(i)
	if k < 0 {
		a.right()
		return ops
	}
	if int(c.routing) != k && !a.flying {
		*a = attempt{}
	}
	c.routing = uint8(k)
	return n.tryStep(i, stepLeaseRoute, now, ops)
}

// leased fills in what a lease wants done.
func (n *Net) leased(op *Op, now int64) {
	i := int(op.Want)
	l := n.leaseOn(i)
	if l == nil { // it ended while its op was under way
		return
	}
	switch op.Kind {
	case OpLinkMTU:
		op.MTUBytes = uint32(l.mtu)
	case OpAddressAdd:
		op.Address, op.PrefixBits, op.ValidSec = l.address, l.prefixBits, l.validSec(now)
	default:
		op.Route = n.clients[i].routing
		if r, ok := n.leaseRoute(i, int(op.Route)); ok {
			op.Dest, op.DestBits, op.Gateway, op.Metric = r.dest, r.destBits, r.gateway, leaseMetric(i)
		}
	}
}

// leaseMetric puts leased routes behind those of the manifest, and keeps the
// leases of two links apart.
func leaseMetric(i int) uint32 { return leaseMetricMin + uint32(i) }

// missingLeaseRoute finds the first route of a lease that the kernel has not and
// that is not kept from us; -1 is none.
func (n *Net) missingLeaseRoute(i int) int {
	l := n.leaseOn(i)
	if l == nil {
		return -1
	}
	for k := range int(l.routesCount) {
		if r, ok := n.leaseRoute(i, k); ok && n.clients[i].kept&(1<<k) == 0 && !n.leaseRouteThere(i, r) {
			return k
		}
	}
	return -1
}

// leaseRouteThere tells whether the kernel has the route.
func (n *Net) leaseRouteThere(i int, r *leaseRoute) bool {
	for k := range n.have.routes {
		if e := &n.have.routes[k]; e.generation != 0 && n.isLeaseRoute(i, r, &e.fact) {
			return true
		}
	}
	return false
}

// isLeaseRoute tells whether a route of the kernel's is one of want i's lease.
func (n *Net) isLeaseRoute(i int, r *leaseRoute, f *RouteFact) bool {
	return !f.V6 && f.Link == n.bound[i] && f.Dest == r.dest && f.DestBits == r.destBits && f.Gateway == r.gateway &&
		f.Metric == leaseMetric(i)
}

// leaseEntry finds the lease's address on its link, or returns nil.
func (n *Net) leaseEntry(i int) *addressEntry {
	l := n.leaseOn(i)
	f := AddressFact{Link: n.bound[i], Address: l.address, PrefixBits: l.prefixBits}
	for k := range n.have.addresses {
		if e := &n.have.addresses[k]; e.generation != 0 && e.fact.same(&f) {
			return e
		}
	}
	return nil
}

// endsWith tells whether an address ends when its lease does.
func (e *addressEntry) endsWith(l *lease) bool {
	if l.endNsec == 0 || e.endNsec == 0 {
		return l.endNsec == e.endNsec
	}
	return max(e.endNsec-l.endNsec, l.endNsec-e.endNsec) <= leaseSlackNsec
}

// leaseWantsAddress tells whether some lease has this address.
func (n *Net) leaseWantsAddress(f *AddressFact) bool {
	for i := range n.wantsCount {
		if l := n.leaseOn(i); l != nil && n.bound[i] == f.Link && l.address == f.Address && l.prefixBits == f.PrefixBits {
			return true
		}
	}
	return false
}

// leaseWantsRoute tells whether some lease has this route.
func (n *Net) leaseWantsRoute(f *RouteFact) bool {
	for i := range n.wantsCount {
		l := n.leaseOn(i)
		for k := 0; l != nil && k < int(l.routesCount); k++ {
			if r, ok := n.leaseRoute(i, k); ok && n.isLeaseRoute(i, r, f) {
				return true
			}
		}
	}
	return false
}
