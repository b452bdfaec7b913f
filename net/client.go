package netcfg

// A DHCPv4 client, RFC 2131 section 4.4: one for each link that wants a lease.
//
//	off ──carrier──▶ pausing ──▶ selecting ──offer──▶ requesting ──ack──▶ (probing) ──▶ bound
//	                    │  ▲                                                             │ T1
//	    a lease or hint │  └── nak, conflict, silence, end of the lease              renewing
//	                    ▼                                                               │ T2
//	                verifying ──ack──▶ (probing) ──▶ bound                          rebinding
//
// Always true here: an address is wanted of the kernel only while held is true;
// held ends a second before the server's own end of the lease, in every state;
// nothing is sent while the link does not carry; what is refused or not answered
// is asked for ever more slowly.
type client struct {
	_     [0]func() // never compared: the compiler would write how
	state clientState
	// link and mac are what the client runs on; link is zero until there is one.
	link uint32
	mac  [6]byte

	// atNsec is when something is due next, zero for never.
	atNsec int64
	// beganNsec is when it asked first since it last held a lease, startedNsec when
	// it began last, askedNsec when the first of the present requests was sent.
	beganNsec, startedNsec, askedNsec int64
	xid                               uint32
	// tries counts what was sent in this state, refusals NAKs and conflicts in a row.
	tries, refusals uint8

	// offer is what is going to be requested; zero address: none yet.
	offer lease
	held  bool
	lease lease
	// declined is what somebody else was found to have, and who offered it.
	declined, decliner [4]byte
	// hint is an address to ask for; verify: it was ours, so ask for it alone.
	hint   [4]byte
	verify bool
	// sticky is the server of the last lease: it is waited for a while.
	sticky [4]byte

	// kept has a bit for each route of the lease that somebody else's stands for.
	kept uint32
	// routing is the route that is being added.
	routing uint8
	// announces are still to be sent; restored: held comes from before a crash.
	announces uint8
	restored  bool
	// recalled: an earlier boot's lease was looked for; dropped: resolv.conf does not
	// know yet that the lease is gone.
	recalled, dropped bool
	// told: a refusal was said since it began.
	told bool

	open    [socketSlots]Socket
	opening [socketSlots]attempt
	// Strays and Malformed count packets that were not for us, or not whole.
	strays, malformed uint64
}

// clientState is where a client stands.
type clientState uint8

const (
	clientOff clientState = iota
	clientPausing
	clientSelecting
	clientRequesting
	clientVerifying
	clientProbing
	clientDeclining
	clientBound
	clientRenewing
	clientRebinding
)

// Socket is which kind of socket a client has open.
type Socket uint8

// The sockets. One of a packet and a UDP socket is open at a time, and none at
// all while a lease is good: a client that has nothing to do hears nothing.
const (
	SocketNone Socket = iota
	// SocketPacket hears IPv4 before there is an address.
	SocketPacket
	// SocketUDP is port 68, once there is one.
	SocketUDP
	// SocketARP hears who has an address.
	SocketARP
	socketsCount
)

// socketSlots is how many sockets a client can have open: one for DHCP, one for
// ARP.
const socketSlots = 2

// socketNames are for ops' lines; nothing writes to it.
var socketNames = [socketsCount]string{SocketNone: "no socket", SocketPacket: "dhcp packet socket", SocketUDP: "dhcp socket", SocketARP: "arp socket"}

// Packet is what an OpSend sends.
type Packet uint8

// The packets; the requests differ in their fields, RFC 2131 table 4.
const (
	PacketNone Packet = iota
	PacketDiscover
	// PacketSelect requests an offered address, PacketVerify one of before.
	PacketSelect
	PacketVerify
	PacketRenew
	PacketRebind
	PacketDecline
	PacketProbe
	PacketAnnounce
	packetsCount
)

// packetNames are for ops' lines; nothing writes to it.
var packetNames = [packetsCount]string{
	PacketNone: "nothing", PacketDiscover: "dhcp discover", PacketSelect: "dhcp select", PacketVerify: "dhcp verify",
	PacketRenew: "dhcp renew", PacketRebind: "dhcp rebind", PacketDecline: "dhcp decline",
	PacketProbe: "arp probe", PacketAnnounce: "arp announce",
}

// sockets tells which ones the state wants.
func (c *client) sockets() (want [socketSlots]Socket) {
	switch c.state {
	case clientSelecting, clientRequesting, clientVerifying, clientDeclining:
		want[0] = SocketPacket
	case clientProbing:
		want = [socketSlots]Socket{SocketPacket, SocketARP}
	case clientBound:
		if c.announces > 0 {
			want[1] = SocketARP
		}
	case clientRenewing, clientRebinding:
		want[0] = SocketUDP
	}
	return want
}

// follow takes the link's present state.
func (c *client) follow(link *LinkFact, now int64) {
	if link == nil {
		if c.link != 0 {
			c.drop(now)
			*c = client{dropped: c.dropped, open: c.open, opening: c.opening, beganNsec: c.beganNsec, strays: c.strays, malformed: c.malformed}
		}
		return
	}
	if c.link != link.Index || c.mac != link.MAC {
		if c.mac != link.MAC { // another card, or another name for it: nothing of before holds
			c.drop(now)
			c.hint, c.verify, c.sticky, c.state, c.restored = [4]byte{}, false, [4]byte{}, clientOff, false
			c.recalled = false
		}
		c.link, c.mac = link.Index, link.MAC
	}
	carries := link.Up && link.Running && link.Ethernet && link.MAC != [6]byte{}
	switch {
	case !carries:
		// The lease stays, and ends in its time: the link may come back in a moment.
		c.state, c.atNsec, c.announces = clientOff, 0, 0
	case c.state != clientOff:
	case c.restored:
		c.restored = false
		c.bound(now)
	default:
		// A carrier that flaps is asked by at most once in flapNsec.
		c.pause(now)
		if c.startedNsec != 0 {
			c.atNsec = max(now, c.startedNsec+flapNsec)
		}
	}
}

// pause has the client begin anew at an instant.
//
//go:noinline
func (c *client) pause(atNsec int64) {
	c.state, c.atNsec = clientPausing, atNsec
	if !c.held && c.beganNsec == 0 {
		c.beganNsec = atNsec
	}
}

// begin asks anew: for the address of before where there is one to verify.
func (c *client) begin(xid uint32, now int64) {
	c.startedNsec, c.xid, c.tries, c.told = now, xid, 0, false
	c.offer = lease{}
	c.enter(clientSelecting, now)
	if c.held {
		c.hint, c.verify = c.lease.address, true
	}
	if c.verify && c.hint != [4]byte{} {
		c.state = clientVerifying
	}
}

// enter changes the state; what it does first is due at once.
//
//go:noinline
func (c *client) enter(s clientState, now int64) { c.state, c.tries, c.atNsec = s, 0, now }

// drop gives the lease up: its address and routes are not wanted any more.
//
//go:noinline
func (c *client) drop(now int64) {
	if c.held {
		c.held, c.dropped, c.beganNsec, c.kept, c.announces = false, c.lease.names(), now, 0, 0
	}
}

// bound waits for T1 of the lease that is held.
func (c *client) bound(now int64) {
	c.state, c.tries, c.beganNsec, c.refusals = clientBound, 0, 0, 0
	c.hint, c.verify, c.sticky = c.lease.address, true, c.lease.server
	c.atNsec = c.lease.renewNsec
	if c.announces > 0 {
		c.atNsec = now
	}
}

// refused begins anew after a NAK or a conflict: the first time at once, then
// ever more slowly, as what refuses once may refuse for ever.
func (c *client) refused(leastNsec, now int64) {
	c.drop(now)
	c.hint, c.verify, c.offer = [4]byte{}, false, lease{}
	wait := int64(0)
	if c.refusals > 0 {
		wait = min(int64(refusedMinNsec)<<min(c.refusals-1, 7), refusedMaxNsec)
	}
	if c.refusals < 255 {
		c.refusals++
	}
	c.pause(now + max(wait, leastNsec))
}

// earlier returns the client's next time where it is to come and before than.
func (c *client) earlier(than, passed int64) int64 {
	for i := range c.opening {
		than = c.opening[i].earlier(than, passed)
	}
	end := int64(0)
	if c.held && c.lease.endNsec != 0 {
		end = c.lease.endNsec - leaseGuardNsec
	}
	for _, at := range [...]int64{c.atNsec, end} {
		if at > passed && (than == 0 || at < than) {
			than = at
		}
	}
	return than
}
