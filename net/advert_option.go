package netcfg

// What a router advertises for programs, as the kernel passes it on: name servers
// and search lists, RFC 8106 sections 5.1 and 5.2. Codec: pure, bounded.

const (
	icmpAdvertisement = 134 // RFC 4861 section 4.2
	optionServers     = 25  // RDNSS
	optionSearch      = 31  // DNSSL
	optionUnit        = 8   // bytes, of the length that an option tells
	optionHeadSize    = 8   // type, length, two bytes of no use, uint32 lifetime
)

// advertOption is one of the two: kind, for how long from now it may be used (in s,
// 2^32-1 for ever, 0 no longer), and what it has: addresses of 16 bytes, or names.
type advertOption struct {
	kind    uint8
	lifeSec uint32
	body    []byte
}

// nextOption takes the first option of b that is one of the two, and returns what
// follows it. ok is false at the end, and where a length does not fit: the rest cannot
// be read then.
func nextOption(b []byte) (o advertOption, rest []byte, ok bool) {
	for len(b) >= optionUnit {
		size := int(b[1]) * optionUnit
		if size == 0 || size > len(b) { // RFC 4861 section 4.6: a length of 0 ends it
			break
		}
		if b[0] == optionServers || b[0] == optionSearch {
			return advertOption{b[0], getNet32(b[4:]), b[optionHeadSize:size]}, b[size:], true
		}
		b = b[size:]
	}
	return o, nil, false
}
