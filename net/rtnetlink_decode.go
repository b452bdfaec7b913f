package netcfg

// Codec of rtnetlink(7), read.
//
// Always true here: no length is believed that the rest of the bytes does not
// hold; unknown kinds and attributes are passed over; nothing is allocated.

// MessageKind says what a message tells.
type MessageKind uint8

// The kinds. MessageOther is one that is none of our business.
const (
	MessageOther MessageKind = iota
	MessageLink
	MessageLinkGone
	MessageAddress
	MessageAddressGone
	MessageRoute
	MessageRouteGone
	// MessageOption is what a router advertised for programs.
	MessageOption
	// MessageAnswer ends a request: Errno says how.
	MessageAnswer
	// MessageDone ends a dump: Errno says how.
	MessageDone
)

// Message is one message of the kernel.
type Message struct {
	Kind MessageKind
	// Seq is the request's number, where it answers one.
	Seq uint32
	// Multi tells that it is a part of a dump, Interrupted that the dump's list
	// changed while it was made (NLM_F_DUMP_INTR).
	Multi, Interrupted bool
	// Errno is positive, or 0 for success.
	Errno   uint32
	Link    LinkFact
	Address AddressFact
	Route   RouteFact
	// Options are of the link Link.Index, a part of what was read; RFC 4861 section 4.6.
	Options []byte
}

// LinkFact is a link as the kernel has it.
type LinkFact struct {
	Index    uint32
	Name     LinkName
	Up       bool
	Loopback bool
	Ethernet bool
	// Running tells that it is up and can carry data: RFC 2863's state "up".
	Running bool
	// OfCard tells that it is an Ethernet card's, and not virtual.
	OfCard bool
	// MAC is the address of an Ethernet link, PermanentMAC the one that the card's maker
	// gave, MTUBytes its largest packet.
	MAC, PermanentMAC [6]byte
	MTUBytes          uint32
}

// AddressFact is an address of a link: IPv6 where Six is not zero.
type AddressFact struct {
	Link       uint32
	Address    [4]byte
	Six        [16]byte
	PrefixBits uint8
	// Protocol is who set it, IFA_PROTO.
	Protocol uint8
	// ValidSec is for how long from now it is valid, 2^32-1 for ever; zero where
	// the kernel did not say.
	ValidSec uint32
	// PreferredSec is for how long new connections may begin from it, Flags its
	// IFA_F_ bits; both of IPv6 only.
	PreferredSec, Flags uint32
}

// RouteFact is a route; of IPv6's, what is told is the gateway Six, and no destination.
type RouteFact struct {
	// Link is the way out, zero where there are several.
	Link     uint32
	Gateway  [4]byte
	Six      [16]byte
	V6       bool
	Dest     [4]byte
	DestBits uint8
	Protocol uint8
	Type     uint8
	Table    uint32
	Metric   uint32
}

// NextMessage reads the first message of b into m, which it sets whole, and
// returns what follows. ok is false where a length does not fit: the rest of b
// cannot be read. What we never ask for comes as MessageOther.
func NextMessage(b []byte, m *Message) (rest []byte, ok bool) {
	*m = Message{}
	if len(b) < headSize {
		return nil, false
	}
	size := get32(b)
	if size < headSize || uint64(size) > uint64(len(b)) {
		return nil, false
	}
	kind, flags := get16(b[4:]), get16(b[6:])
	m.Seq = get32(b[8:])
	m.Multi, m.Interrupted = flags&flagMulti != 0, flags&flagDumpIntr != 0
	body := b[headSize:size]
	switch kind {
	case msgNewLink, msgDelLink:
		ok = m.link(body)
	case msgNewAddr, msgDelAddr:
		ok = m.address(body)
	case msgNewRoute, msgDelRoute:
		ok = m.route(body)
	case msgOption:
		ok = m.option(body)
	case msgError, msgDone:
		m.Kind = MessageAnswer
		if kind == msgDone {
			m.Kind = MessageDone
		}
		ok = m.errno(body)
	default:
		ok = true
	}
	if gone := kind == msgDelLink || kind == msgDelAddr || kind == msgDelRoute; gone && m.Kind != MessageOther {
		m.Kind++ // each "gone" stands behind its kind
	}
	// The next one begins at a multiple of four; the last one's pad may be missing.
	padded := min((uint64(size)+3)&^3, uint64(len(b)))
	return b[padded:], ok
}

// errno reads int32, negative or zero, struct nlmsgerr. A done without it is
// from old kernels, and well.
func (m *Message) errno(body []byte) bool {
	if len(body) < 4 {
		return m.Kind == MessageDone && len(body) == 0
	}
	m.Errno = -get32(body)
	return m.Errno < 1<<12 // MAX_ERRNO of the kernel is 4095
}

// link reads struct ifinfomsg; see appendLinkUp. Five attributes of dozens are
// needed.
func (m *Message) link(body []byte) bool {
	if len(body) < linkBodySize {
		return false
	}
	m.Kind = MessageLink
	m.Link.Ethernet = get16(body[2:]) == hardwareEther
	m.Link.Index = get32(body[4:])
	flags := get32(body[8:])
	m.Link.Up, m.Link.Loopback = flags&linkUp != 0, flags&linkLoopback != 0
	m.Link.Running = flags&linkRunning != 0
	for rest := body[linkBodySize:]; ; {
		kind, value, after, ok := nextAttr(rest)
		if !ok {
			return len(rest) == 0 && m.Link.Index != 0
		}
		rest = after
		switch {
		case kind == attrLinkName:
			size := len(value)
			if size > 0 && value[size-1] == 0 {
				size--
			}
			if size == 0 || size >= len(m.Link.Name.bytes) {
				return false
			}
			m.Link.Name = LinkName{size: uint8(size)}
			copy(m.Link.Name.bytes[:], value[:size])
		case kind == attrLinkAddress && len(value) == 6:
			m.Link.MAC = [6]byte(value)
		case kind == attrLinkPermMAC && len(value) == 6:
			m.Link.PermanentMAC = [6]byte(value)
		case kind == attrLinkCard:
			m.Link.OfCard = m.Link.Ethernet
		case kind == attrLinkMTU && len(value) == 4:
			m.Link.MTUBytes = get32(value)
		}
	}
}

// address reads struct ifaddrmsg; see appendAddress.
func (m *Message) address(body []byte) bool {
	if len(body) < addrBodySize {
		return false
	}
	six := body[0] == familyIPv6
	if !six && body[0] != familyIPv4 {
		return true
	}
	m.Kind = MessageAddress
	m.Address.PrefixBits, m.Address.Link = body[1], get32(body[4:])
	m.Address.Flags = uint32(body[2])
	local, bits := false, uint8(32)
	if six {
		bits = 128
	}
	for rest := body[addrBodySize:]; ; {
		kind, value, after, ok := nextAttr(rest)
		if !ok {
			return len(rest) == 0 && m.Address.PrefixBits <= bits && m.Address.Link != 0 && six == (m.Address.Six != [16]byte{})
		}
		rest = after
		switch {
		case six && len(value) == 16 && (kind == attrAddrLocal || kind == attrAddrAddress && !local):
			local = kind == attrAddrLocal
			m.Address.Six = [16]byte(value)
		case six && kind == attrAddrFlags && len(value) == 4:
			m.Address.Flags = get32(value)
		case six && len(value) != 1 && kind != attrAddrTimes:
		case kind == attrAddrLocal && len(value) == 4:
			// On a point-to-point link IFA_ADDRESS is the other end's.
			local = true
			m.Address.Address = [4]byte(value)
		case kind == attrAddrAddress && len(value) == 4 && !local:
			m.Address.Address = [4]byte(value)
		case kind == attrAddrProto && len(value) == 1:
			m.Address.Protocol = value[0]
		case kind == attrAddrTimes && len(value) == addrTimesSize:
			m.Address.ValidSec = get32(value[4:])
			if six {
				m.Address.PreferredSec = get32(value)
			}
		}
	}
}

// route reads struct rtmsg; see appendRoute. The table's number in the body has
// eight bits only; the attribute has all.
func (m *Message) route(body []byte) bool {
	if len(body) < routeBodySize {
		return false
	}
	r := &m.Route
	bits := uint8(32)
	switch body[0] {
	case familyIPv4:
	case familyIPv6:
		r.V6, bits = true, 128
	default:
		return true
	}
	m.Kind = MessageRoute
	r.DestBits, r.Table, r.Protocol, r.Type = body[1], uint32(body[4]), body[5], body[7]
	for rest := body[routeBodySize:]; ; {
		kind, value, after, ok := nextAttr(rest)
		if !ok {
			return len(rest) == 0 && r.DestBits <= bits
		}
		rest = after
		if kind == attrRouteGateway && r.V6 && len(value) == 16 {
			r.Six = [16]byte(value)
		}
		if len(value) != 4 {
			continue
		}
		switch kind {
		case attrRouteDest:
			r.Dest = [4]byte(value)
		case attrRouteOut:
			r.Link = get32(value)
		case attrRouteGateway:
			r.Gateway = [4]byte(value)
		case attrRouteTable:
			r.Table = get32(value)
		case attrRouteMetric:
			r.Metric = get32(value)
		}
	}
}

// option reads struct nduseroptmsg: what a router advertised that the kernel has no use
// for itself. Other ICMP messages have such options too.
//
//	0  uint8 family, 2  uint16 length of the options behind it, 4  int32 link
//	8  uint8 ICMP type, 9  uint8 code
func (m *Message) option(body []byte) bool {
	if len(body) < optionSize {
		return false
	}
	size := int(get16(body[2:]))
	if size > len(body)-optionSize {
		return false
	}
	if body[0] == familyIPv6 && body[8] == icmpAdvertisement {
		m.Kind, m.Link.Index, m.Options = MessageOption, get32(body[4:]), body[optionSize:optionSize+size]
	}
	return true
}

// nextAttr takes struct rtattr off b: uint16 length with the head, uint16 type
// (its two highest bits are flags), the value, and a pad to a multiple of four.
//
//go:noinline
func nextAttr(b []byte) (kind uint16, value, rest []byte, ok bool) {
	if len(b) < attrHeadSize {
		return 0, nil, nil, false
	}
	size := int(get16(b))
	if size < attrHeadSize || size > len(b) {
		return 0, nil, nil, false
	}
	return get16(b[2:]) & 0x3fff, b[attrHeadSize:size], b[min((size+3)&^3, len(b)):], true
}

func get16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

//go:noinline
func get32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
