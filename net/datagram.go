package netcfg

// Codec of IPv4 (RFC 791) and UDP (RFC 768), as far as a client without an
// address needs them on a packet socket: no options sent, no fragments taken.

const (
	ipHeadSize   = 20
	udpHeadSize  = 8
	protocolUDP  = 17
	portServer   = 67
	portClient   = 68
	ipFragment   = 0x3fff // more fragments, and the offset
	ipTimeToLive = 64
)

// appendDatagram appends the heads of both, and a message.
//
//	 0  version and words of the head, 1  service, 2  uint16 length
//	 4  uint16 id, 6  uint16 flags and offset, 8  hops, 9  protocol
//	10  uint16 checksum, 12  source, 16  destination
//	20  uint16 source port, 22  destination port, 24  length, 26  checksum
func appendDatagram(b []byte, from, to [4]byte, f *dhcpRequestFields) []byte {
	start := len(b)
	b = append(b, 0x45, 0, 0, 0, 0, 0, 0, 0, ipTimeToLive, protocolUDP, 0, 0)
	b = append(append(b, from[:]...), to[:]...)
	b = append(b, 0, portClient, 0, portServer, 0, 0, 0, 0)
	b = appendDHCP(b, f)
	ip, udp := b[start:start+ipHeadSize], b[start+ipHeadSize:]
	put16(ip[2:], uint16(len(b)-start))
	put16(ip[10:], ^fold(sumWords(0, ip)))
	put16(udp[4:], uint16(len(udp)))
	check := ^fold(sumWords(pseudoSum(ip, len(udp)), udp))
	if check == 0 { // zero means "none"
		check = 0xffff
	}
	put16(udp[6:], check)
	return b
}

// datagram takes a datagram from a server to a client, and returns its payload.
// ok is false for anything else.
func datagram(b []byte) (payload []byte, ok bool) {
	if len(b) < ipHeadSize || b[0]>>4 != 4 {
		return nil, false
	}
	head, size := int(b[0]&15)*4, int(get16Net(b[2:]))
	if head < ipHeadSize || size < head+udpHeadSize || size > len(b) || b[9] != protocolUDP ||
		get16Net(b[6:])&ipFragment != 0 || fold(sumWords(0, b[:head])) != 0xffff {
		return nil, false
	}
	udp := b[head:size]
	length := int(get16Net(udp[4:]))
	if get16Net(udp) != portServer || get16Net(udp[2:]) != portClient || length < udpHeadSize || length > len(udp) {
		return nil, false
	}
	udp = udp[:length]
	// A sender on this machine leaves the sum to a card that is not there: then
	// the field has the sum of the pseudo-head alone (CHECKSUM_PARTIAL).
	pseudo := pseudoSum(b, length)
	if check := get16Net(udp[6:]); check != 0 && check != fold(pseudo) && fold(sumWords(pseudo, udp)) != 0xffff {
		return nil, false
	}
	return udp[udpHeadSize:], true
}

// pseudoSum sums what UDP's checksum covers of the IP head.
func pseudoSum(ip []byte, length int) uint32 {
	return sumWords(protocolUDP+uint32(length), ip[12:20])
}

// sumWords adds 16-bit words, RFC 1071; an odd last byte is a high one.
//
//go:noinline
func sumWords(sum uint32, b []byte) uint32 {
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	return sum
}

// fold brings the carries of a sum back in.
func fold(sum uint32) uint16 {
	sum = sum>>16 + sum&0xffff
	return uint16(sum>>16 + sum)
}

func put16(b []byte, n uint16) { b[0], b[1] = byte(n>>8), byte(n) }

func get16Net(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
