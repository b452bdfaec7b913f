package netcfg

// What is to be done: the difference between what is wanted and what the kernel
// has. It depends on nothing else, so that events lost or doubled change nothing.

// Decide appends to ops what is to be done now, at most OpsMax, and returns it;
// with room for OpsMax it allocates nothing. Each op that was handed out is to be
// done, or given to Failed: until its answer or its deadline it is not asked for
// again.
func (n *Net) Decide(now int64, ops []Op) []Op {
	n.decidedNsec = now
	n.expire(now)
	defer n.noteWait(now)
	for i := range n.wantsCount { // leases end also while the kernel is being read
		ops = n.decideClient(i, now, ops)
		if a := n.adverts[i]; a != nil {
			n.endNames(a, now)
		}
	}
	if n.stage != synced {
		op := Op{Kind: OpDumpLinks + OpKind(n.stage), Want: wantNone, V6: n.six}
		return n.dump.try(&op, now, ops)
	}
	if len(n.rules) > 0 {
		ops = n.decideNames(now, ops)
	}
	ops = n.decideLoopback(now, ops)
	ops = n.tidy(now, ops) // first, so that an old route is not in a new one's way
	if n.six {
		ops = n.bringBack(now, ops)
	}
	for i := range n.wantsCount {
		ops = n.decideWant(i, now, ops)
	}
	return n.decideResolv(now, ops)
}

// try hands op out, unless it is under way or its time has not come.
//
//go:noinline
func (a *attempt) try(op *Op, now int64, ops []Op) []Op {
	if a.flying || now < a.atNsec {
		return ops
	}
	a.flying, a.atNsec = true, now+answerNsec
	if op.Slow() {
		a.atNsec = now + slowNsec
	}
	return append(ops, *op)
}

// right is called where there is nothing to do: the next time begins afresh.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func (a *attempt) right() {
	if a.flying { // its answer is still to come
		a.tries, a.errno = 0, 0
		return
	}
	*a = attempt{}
}

// decideLoopback wants the loopback up; the kernel gives it 127.0.0.1 by itself.
func (n *Net) decideLoopback(now int64, ops []Op) []Op {
	for i := range n.have.links {
		e := &n.have.links[i]
		if e.generation == 0 || !e.fact.Loopback {
			continue
		}
		if e.fact.Up {
			n.loopback.right()
			return ops
		}
		op := Op{Kind: OpLinkUp, Want: wantLoopback, Link: e.fact.Index, Name: e.fact.Name}
		return n.loopback.try(&op, now, ops)
	}
	return ops // a kernel without one; Ready says so
}

// decideWant compares one want with what is there, step by step. Up and address
// do not wait for each other: up is slow, and a link takes an address while down.
func (n *Net) decideWant(i int, now int64, ops []Op) []Op {
	link := n.have.link(n.bound[i])
	if link == nil {
		return ops // not there yet: an event will tell
	}
	a := &n.attempts[i]
	if link.Up {
		ops = n.decideSix(i, now, ops)
	}
	switch {
	case link.Up && !n.unruled[i]:
		a[stepUp].right()
	case n.adverts[i] == nil || n.secretKnown:
		ops = n.tryStep(i, stepUp, now, ops)
	}
	there := n.addressThere(i)
	if there {
		a[stepAddress].right()
	} else {
		ops = n.tryStep(i, stepAddress, now, ops)
	}
	switch {
	case n.routeThere(i):
		a[stepRoute].right()
	case link.Up && there && !a[stepRoute].kept: // or the kernel says ENETUNREACH
		ops = n.tryStep(i, stepRoute, now, ops)
	}
	if n.clients[i] == nil {
		return ops
	}
	return n.decideLease(i, link, now, ops)
}

// decideSix is decideWant's part of IPv6. The kernel takes its addresses from a link
// that goes down, so they come when it is up.
func (n *Net) decideSix(i int, now int64, ops []Op) []Op {
	a := &n.attempts[i]
	switch s := n.missing6(i); {
	case s == stepsCount:
		a[stepAddress6].right()
		a[stepRoute6].right()
	case !a[s].kept:
		ops = n.tryStep(i, s, now, ops)
	}
	return ops
}

// missing6 is what a want lacks of its IPv6 first, the address or the default route;
// stepsCount is nothing.
func (n *Net) missing6(i int) step {
	w := &n.wants[i]
	f := AddressFact{Link: n.bound[i], Six: w.Address6, PrefixBits: w.Prefix6Bits}
	if f.isSix() && n.have.address(&f) == nil {
		return stepAddress6
	}
	if w.Gateway6 == [16]byte{} {
		return stepsCount
	}
	for k := range n.have.routes {
		if e := &n.have.routes[k]; e.generation != 0 && n.isDefault6(i, &e.fact) {
			return stepsCount
		}
	}
	return stepRoute6
}

// isDefault6 tells whether a route is want i's default one of IPv6, whoever made it.
func (n *Net) isDefault6(i int, f *RouteFact) bool {
	return f.V6 && f.DestBits == 0 && f.Link == n.bound[i] && f.Six == n.wants[i].Gateway6
}

// tryStep hands out a step's op, where it is time.
func (n *Net) tryStep(i int, s step, now int64, ops []Op) []Op {
	a := &n.attempts[i][s]
	if a.flying || now < a.atNsec {
		return ops
	}
	op := n.opOf(i, s, now)
	return a.try(&op, now, ops)
}

// opOf is what want i's step is done by.
func (n *Net) opOf(i int, s step, now int64) Op {
	w := &n.wants[i]
	op := Op{Kind: stepKinds[s], Want: uint8(i), Link: n.bound[i]}
	switch s {
	case stepUp:
		op.RA = n.adverts[i] != nil
	case stepAddress6:
		op.V6, op.Six, op.PrefixBits = true, w.Address6, w.Prefix6Bits
	case stepRoute6:
		op.V6, op.Six, op.Metric = true, w.Gateway6, staticMetric6
	case stepAddress:
		op.Address, op.PrefixBits = w.Address, w.PrefixBits
	case stepRoute:
		op.Gateway = w.Gateway
	case stepMTU, stepLeaseAddress, stepLeaseRoute:
		op.Leased = true
		n.leased(&op, now)
	}
	n.named(&op)
	return op
}

// addressThere tells whether a want's address is on its link, whoever put it.
func (n *Net) addressThere(i int) bool {
	w := &n.wants[i]
	if w.Address == [4]byte{} {
		return true // it wants a lease only
	}
	return n.have.address(&AddressFact{Link: n.bound[i], Address: w.Address, PrefixBits: w.PrefixBits}) != nil
}

// routeThere tells whether a want's default route is there, or none is wanted.
func (n *Net) routeThere(i int) bool {
	if n.wants[i].Gateway == [4]byte{} {
		return true
	}
	for k := range n.have.routes {
		if e := &n.have.routes[k]; e.generation != 0 && n.isWantsRoute(i, &e.fact) {
			return true
		}
	}
	return false
}

// isWantsRoute tells whether a route is want i's default route, whoever made it;
// one of ours with a metric is a lease's.
func (n *Net) isWantsRoute(i int, f *RouteFact) bool {
	return !f.V6 && f.DestBits == 0 && f.Link == n.bound[i] && f.Gateway == n.wants[i].Gateway &&
		(f.Metric == 0 || f.Protocol != ProtocolMote)
}

// The places of tidying and tidied.
const (
	tidyAddress = 0
	tidyRoute   = 1
)

// tidy takes away one address and one route that have our tag and that nobody
// wants. What others put there is left alone.
func (n *Net) tidy(now int64, ops []Op) []Op {
	var address, route Op
	for k := range n.have.addresses {
		e := &n.have.addresses[k]
		if e.generation != 0 && e.fact.Protocol == ProtocolMote && !n.addressWanted(&e.fact) {
			address = Op{Kind: OpAddressDelete, Want: wantNone, Link: e.fact.Link,
				Address: e.fact.Address, V6: e.fact.isSix(), Six: e.fact.Six, PrefixBits: e.fact.PrefixBits}
			break
		}
	}
	for k := range n.have.routes {
		e := &n.have.routes[k]
		if e.generation != 0 && e.fact.Protocol == ProtocolMote && !n.routeWanted(&e.fact) {
			route = Op{Kind: OpRouteDelete, Want: wantNone, Link: e.fact.Link, Gateway: e.fact.Gateway, V6: e.fact.V6, Six: e.fact.Six,
				Dest: e.fact.Dest, DestBits: e.fact.DestBits, Metric: e.fact.Metric}
			break
		}
	}
	return n.tidyOne(tidyAddress, address, now, n.tidyOne(tidyRoute, route, now, ops))
}

// tidyOne takes the next thing away as soon as the last one is gone.
func (n *Net) tidyOne(at int, op Op, now int64, ops []Op) []Op {
	a := &n.tidying[at]
	if op.Kind == OpNone {
		a.right()
		return ops
	}
	n.named(&op)
	if !a.flying && n.tidied[at] != op {
		n.tidied[at], *a = op, attempt{}
	}
	return a.try(&op, now, ops)
}

// named puts the link's name into an op, for its line only.
//
//go:noinline
func (n *Net) named(op *Op) {
	if link := n.have.link(op.Link); link != nil {
		op.Name = link.Name
	}
}

// addressWanted tells whether some want has asked for exactly this address.
func (n *Net) addressWanted(f *AddressFact) bool {
	for i := range n.wantsCount {
		w := &n.wants[i]
		if n.bound[i] == f.Link && (w.Address == f.Address && w.PrefixBits == f.PrefixBits && !f.isSix() ||
			f.isSix() && w.Address6 == f.Six && w.Prefix6Bits == f.PrefixBits || n.adverts[i] != nil && f.isAdvertised()) {
			return true
		}
	}
	return n.leaseWantsAddress(f)
}

// routeWanted tells whether some want, or its lease, has asked for this route.
func (n *Net) routeWanted(f *RouteFact) bool {
	for i := range n.wantsCount {
		if n.wants[i].Gateway != [4]byte{} && n.isWantsRoute(i, f) || n.isDefault6(i, f) {
			return true
		}
	}
	return n.leaseWantsRoute(f)
}

// NextDeadline is when Decide is to be called though nothing was heard, in ns of
// CLOCK_BOOTTIME; zero is never. It is asked after Decide and the acts.
//
// A time that the last Decide has seen pass belongs to a thing that cannot be
// done now, as a route on a link that is down: an event will tell, and to wake
// for it would be to spin.
func (n *Net) NextDeadline() int64 {
	if n.stage != synced && !n.dump.flying && n.dump.atNsec <= n.decidedNsec {
		return max(n.decidedNsec, 1) // an act has led to a resync: begin it at once
	}
	next := n.loopback.earlier(0, n.decidedNsec)
	for i := range n.tidying {
		next = n.tidying[i].earlier(next, n.decidedNsec)
	}
	next = n.dump.earlier(next, n.decidedNsec)
	next = n.losing.earlier(next, n.decidedNsec)
	next = n.resolv.earlier(next, n.decidedNsec)
	next = n.naming.earlier(next, n.decidedNsec)
	for i := range n.wantsCount {
		for s := range n.attempts[i] {
			next = n.attempts[i][s].earlier(next, n.decidedNsec)
		}
		if c := n.clients[i]; c != nil {
			next = c.earlier(next, n.decidedNsec)
		}
		if a := n.adverts[i]; a != nil {
			next = a.earlier(next, n.decidedNsec)
		}
	}
	return next
}

// earlier returns the attempt's time where it is to come and before than.
//
//go:noinline
func (a *attempt) earlier(than, passed int64) int64 {
	if a.atNsec > passed && (than == 0 || a.atNsec < than) {
		return a.atNsec
	}
	return than
}
