package netcfg

import "mote/wire"

// Net is all the state of this room: what is wanted, what the kernel has, and
// what is under way between the two. It has no clock: now is nanoseconds of
// CLOCK_BOOTTIME. Use New. A turn of the loop is:
//
//	Take (or Receive) until drained ─▶ Decide ─▶ Act, and a worker for Slow ops
//
// and again at NextDeadline. A worker's end comes back as Done or Failed.
type Net struct {
	_          [0]func() // never compared: the compiler would write how
	wants      [wantsMax]wire.Link
	wantsCount int
	// bound is each want's link by index, so that a rename changes nothing; zero
	// until the link is there.
	bound    [wantsMax]uint32
	attempts [wantsMax][stepsCount]attempt
	loopback attempt
	// tidying are attempts to take an address and a route away: those of tidied.
	tidying [2]attempt
	tidied  [2]Op

	// clients are of the wants that want a lease, nil for the others.
	clients [wantsMax]*client
	// adverts are of the wants that listen to routers, nil for the others; search is
	// what is being read.
	adverts [wantsMax]*advert
	search  leaseSearch
	// lost are addresses that come back, losing the attempt at the first of them.
	lost   [lostMax]addressEntry
	losing attempt
	// six: some want has IPv6, so that the kernel is asked of it.
	six bool
	// secret is what the kernel makes addresses of, RFC 7217; no link that listens to
	// routers is brought up before it is known.
	secret      [16]byte
	secretKnown bool
	// unruled: the link may be up, and is to be told the rules of IPv6 all the same.
	unruled [wantsMax]bool
	random  random
	news    newsRing
	// hints are what cards had in earlier boots, and have now; hintsNew: they changed.
	hints      [wantsMax]leaseHint
	hintsCount uint8
	hintsNew   bool
	resolv     resolv
	heard      dhcpMessage
	options    options
	node       string
	// waits is what Ready waits for, and since when.
	waits waits

	// rules name cards, one after the other: naming is the attempt.
	rules  []wire.LinkRule
	naming attempt

	have  have
	stage syncStage
	// known tells that the kernel's state was read whole at least once.
	known bool
	dump  dump

	// decidedNsec is when Decide was called last.
	decidedNsec int64

	seq      uint32
	flights  [flightsMax]flight
	failures failures

	// Malformed, Forged and Resyncs count messages that could not be read, that
	// were not the kernel's, and how often everything was read again.
	Malformed, Forged, Resyncs uint64
}

// step is one of the things a want needs, in the order they are done.
type step uint8

const (
	stepUp step = iota
	stepMTU
	stepAddress
	stepRoute
	stepAddress6
	stepRoute6
	stepAdvert // only waited for: the kernel does it
	stepLeaseAddress
	stepLeaseRoute
	stepsCount
)

// stepKinds are the ops that the steps are made of.
var stepKinds = [stepsCount]OpKind{stepUp: OpLinkUp, stepMTU: OpLinkMTU, stepAddress: OpAddressAdd, stepRoute: OpRouteAdd,
	stepAddress6: OpAddressAdd, stepRoute6: OpRouteAdd, stepLeaseAddress: OpAddressAdd, stepLeaseRoute: OpRouteAdd}

// wantLoopback and wantNone stand in Op.Want for what no want is behind.
const (
	wantLoopback = wantsMax
	wantNone     = wantsMax + 1
)

// attempt is where one thing to do stands.
type attempt struct {
	_ [0]func()
	// flying: it was handed out, and has no answer yet.
	flying bool
	// kept: the kernel has another thing in its place, which is left alone.
	kept bool
	// tries counts those since it was last right; errno is the last one's.
	tries uint8
	errno uint32
	// atNsec is when a flying one is given up, or when the next try may begin.
	atNsec int64
}

// syncStage is which dump is next, or that none is.
type syncStage uint8

const (
	syncLinks syncStage = iota
	syncAddresses
	syncRoutes
	synced
)

// dump is the one that is asked for; the kernel makes one at a time a socket.
type dump struct {
	attempt
	seq         uint32
	interrupted bool
}

// flight is a request that was sent, at the place its number gives it.
type flight struct {
	_   [0]func()
	seq uint32
	op  Op
}

// New wants the links of want, and the loopback up. Links with a Problem, and
// those past 17, are left out: validation has named them. node is what a DHCP
// server is told as our name, where it is not empty; seed makes this machine's
// transaction ids and waits differ from others'.
func New(want []wire.Link, node string, seed uint64) *Net {
	n := &Net{node: node, random: random{seed}}
	for i := range want {
		if what, _ := want[i].Problem(); what == "" && n.wantsCount < wantsMax {
			n.wants[n.wantsCount] = want[i]
			if want[i].DHCP4 {
				n.clients[n.wantsCount] = new(client)
			}
			if want[i].RA {
				n.adverts[n.wantsCount] = new(advert)
			}
			n.six = n.six || want[i].RA || want[i].Address6 != [16]byte{}
			n.wantsCount++
		}
	}
	n.have.generation = 1
	return n
}

// NameLinks has cards named by these rules. It is called once, before anything is
// heard of links.
func (n *Net) NameLinks(rules []wire.LinkRule) { n.rules = rules }

// WantsSix tells whether some link wants IPv6.
func (n *Net) WantsSix() bool { return n.six }

// Resync forgets no fact but reads all of them again: after ENOBUFS, after a
// message that could not be read, and at the start.
//
//go:noinline
func (n *Net) Resync() { n.resyncFrom(syncLinks) }

// resyncFrom begins at a later stage where only that may be stale. One that is
// under way is begun again: what it has read so far may be what was lost.
//
//go:noinline
func (n *Net) resyncFrom(stage syncStage) {
	if n.stage < stage {
		return // an earlier one comes by this stage again
	}
	n.Resyncs++
	n.have.generation++
	if n.have.generation == 0 { // zero is "free"
		n.have.generation = 1
	}
	n.stage = stage
	n.dump = dump{attempt: attempt{tries: n.dump.tries, atNsec: n.dump.pauseNsec()}}
}

// pauseNsec keeps the wait between failed dumps when another resync is asked for.
func (d *dump) pauseNsec() int64 {
	if d.flying {
		return 0
	}
	return d.atNsec
}

// Encode gives the op the next sequence number, appends its request to b, and
// remembers it until its answer.
func (n *Net) Encode(b []byte, op Op) []byte {
	n.seq++
	if n.seq == 0 { // the kernel's own notices have zero
		n.seq = 1
	}
	n.flights[n.seq%uint32(flightsMax)] = flight{seq: n.seq, op: op}
	if op.Dump() {
		n.dump.seq, n.dump.interrupted = n.seq, false
	}
	return AppendOp(b, op, n.seq)
}

// Receive takes one datagram of the kernel. It allocates nothing.
func (n *Net) Receive(b []byte, now int64) {
	var m Message
	for len(b) > 0 {
		rest, ok := NextMessage(b, &m)
		if !ok {
			n.Malformed++
			n.Resync()
			return
		}
		n.message(&m, now)
		b = rest
	}
}

// message takes one message. Notices and the entries of a dump are the same to
// it: both say what is there now.
func (n *Net) message(m *Message, now int64) {
	if m.Interrupted && m.Seq == n.dump.seq {
		n.dump.interrupted = true
	}
	switch m.Kind {
	case MessageLink:
		n.linkIs(&m.Link)
	case MessageLinkGone:
		n.have.dropLink(m.Link.Index)
		if n.boundTo(m.Link.Index) {
			n.Resync() // other candidates for "the first" were not remembered
		}
	case MessageAddress:
		if m.Address.isSix() {
			n.sixIs(&m.Address, false)
		}
		if n.addressWorth(&m.Address) {
			n.have.setAddress(&m.Address, now)
		}
	case MessageAddressGone:
		if m.Address.isSix() {
			n.sixIs(&m.Address, true)
			n.have.dropAddress(&m.Address)
			return // of the routes that go with it the kernel tells
		}
		n.have.dropAddress(&m.Address)
		// With a link's last address its routes go, and the kernel says nothing of
		// them (fib_disable_ip): look.
		n.resyncFrom(syncRoutes)
	case MessageRoute:
		if routeWorth(&m.Route) {
			n.have.setRoute(&m.Route)
		}
	case MessageRouteGone:
		n.have.dropRoute(&m.Route)
		n.unkeep()
	case MessageOption:
		n.optionsAre(m.Link.Index, m.Options, now)
	case MessageAnswer, MessageDone:
		n.answer(m, now)
	}
}

// boundTo tells whether a want is bound to the link.
func (n *Net) boundTo(index uint32) bool {
	for i := range n.wantsCount {
		if n.bound[i] == index {
			return true
		}
	}
	return false
}

// linkIs takes a link's new state. One that goes down loses its routes without
// a word (fib_sync_down_dev).
func (n *Net) linkIs(f *LinkFact) {
	before := n.have.link(f.Index)
	fell := before != nil && before.Up && !f.Up
	n.have.setLink(f, n.linkWorth(f))
	n.bind()
	if !f.Up {
		n.linkFell(f.Index)
	}
	if fell || !f.Up && n.keeps() {
		n.resyncFrom(syncRoutes)
	}
}

// keeps tells whether a route of somebody else's was left in our way.
func (n *Net) keeps() bool {
	for i := range n.wantsCount {
		if n.attempts[i][stepRoute].kept || n.attempts[i][stepRoute6].kept || n.clients[i] != nil && n.clients[i].kept != 0 {
			return true
		}
	}
	return false
}

// unkeep has our routes tried again: what was in the way may be gone.
func (n *Net) unkeep() {
	for i := range n.wantsCount {
		for _, s := range [...]step{stepRoute, stepRoute6} {
			if a := &n.attempts[i][s]; a.kept {
				a.kept, a.tries, a.atNsec = false, 0, 0
			}
		}
		if c := n.clients[i]; c != nil {
			c.kept = 0
		}
	}
}

// linkWorth tells whether a link is one that we may have to touch. While links
// are listed, a bound one may turn out to be gone: then all candidates count.
func (n *Net) linkWorth(f *LinkFact) bool {
	if f.Loopback || f.OfCard && len(n.rules) > 0 {
		return true
	}
	for i := range n.wantsCount {
		w := &n.wants[i]
		free := n.bound[i] == 0 || n.stage == syncLinks
		if n.bound[i] == f.Index || f.Name.Is(w.Name) || w.Name == "" && free {
			return true
		}
	}
	return false
}

// addressWorth tells whether an address is wanted, or ours.
func (n *Net) addressWorth(f *AddressFact) bool {
	if f.Protocol == ProtocolMote {
		return true
	}
	for i := range n.wantsCount {
		if f.isSix() {
			if n.bound[i] == f.Link && (n.wants[i].Address6 == f.Six || n.adverts[i] != nil) {
				return true
			}
			continue
		}
		if l := n.leaseOn(i); n.wants[i].Address == f.Address || l != nil && l.address == f.Address {
			return true
		}
	}
	return false
}

// routeWorth takes routes of the main table: default ones whoever made them, and
// ours.
func routeWorth(f *RouteFact) bool {
	return (f.DestBits == 0 || f.Protocol == ProtocolMote) && f.Table == tableMain && f.Type == routeUnicast
}

// bind gives each want its link. It waits for a whole list, so that "the first"
// is the first of all.
func (n *Net) bind() {
	if n.stage == syncLinks || !n.settled() {
		return
	}
	for i := range n.wantsCount {
		if n.bound[i] != 0 && n.have.link(n.bound[i]) != nil {
			continue
		}
		if index := n.find(n.wants[i].Name); index != n.bound[i] {
			n.bound[i] = index
			n.attempts[i] = [stepsCount]attempt{}
		}
	}
}

// find returns the index of the link called name. An empty name is the lowest
// index that is no loopback, Ethernet before tunnels; zero is none.
func (n *Net) find(name string) (index uint32) {
	ethernet := false
	for i := range n.have.links {
		e := &n.have.links[i]
		switch f := &e.fact; {
		case e.generation == 0 || f.Loopback:
		case name != "":
			if f.Name.Is(name) {
				return f.Index
			}
		case index == 0, f.Ethernet && !ethernet, f.Ethernet == ethernet && f.Index < index:
			index, ethernet = f.Index, f.Ethernet
		}
	}
	return index
}
