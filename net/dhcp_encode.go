package netcfg

// Codec of DHCPv4, written: what a client sends, RFC 2131 table 5.

// dhcpRequestFields is one message to be written. What is zero is left out.
type dhcpRequestFields struct {
	kind    dhcpKind
	xid     uint32
	sinceS  uint16
	mac     [6]byte
	address [4]byte // ciaddr: only of a client that has the address
	asked   [4]byte // option 50
	server  [4]byte // option 54
	host    string  // option 12
	rapid   bool    // option 80, RFC 4039
}

// parameters is option 55, in the order of wish. Option 121 stands before 3, RFC
// 3442.
const parameters = "\x01\x79\x03\x06\x0c\x0f\x77\x1a\x2a\x33\x3a\x3b"

// appendDHCP appends the message. It takes at most dhcpSizeMax bytes.
func appendDHCP(b []byte, f *dhcpRequestFields) []byte {
	start := len(b)
	b = append(b, bootpRequest, dhcpHardwareEther, 6, 0)
	b = appendNet32(b, f.xid)
	b = append(b, byte(f.sinceS>>8), byte(f.sinceS), 0, 0) // no broadcast flag: we hear unicast
	b = appendBytes(b, f.address[:])
	b = appendZeros(b, 12) // yiaddr, siaddr, giaddr
	b = appendBytes(b, f.mac[:])
	b = appendZeros(b, start+dhcpCookieAt-len(b))
	b = append(b, 0x63, 0x82, 0x53, 0x63, optKind, 1, byte(f.kind))
	b = appendClientID(b, f.mac)
	if f.asked != [4]byte{} {
		b = appendOption(b, optRequested, f.asked[:])
	}
	if f.server != [4]byte{} {
		b = appendOption(b, optServer, f.server[:])
	}
	if f.kind != dhcpDecline { // RFC 2131 table 5: it asks for nothing
		b = append(b, optSizeMax, 2, dhcpAnswerSizeMax>>8, dhcpAnswerSizeMax&0xff)
		if f.host != "" {
			b = text(append(b, optHostName, byte(len(f.host))), f.host)
		}
		if f.rapid {
			b = append(b, optRapidCommit, 0)
		}
		b = text(append(b, optParameters, byte(len(parameters))), parameters)
	}
	b = append(b, optEnd)
	// BOOTP relays and servers may drop what is shorter than BOOTP's own messages:
	// RFC 1542 section 2.1.
	return appendZeros(b, start+bootpSizeMin-len(b))
}

// appendClientID appends option 61 as RFC 4361 has it: type 255, the identity of
// the association, and the identity of the node, a DUID-LL (RFC 8415 section
// 11.4). Both come from the link's own address, so that a client is the same
// after every boot, whatever order its links were found in.
func appendClientID(b []byte, mac [6]byte) []byte {
	b = append(b, optClientID, 1+4+4+6, 255)
	b = appendBytes(b, mac[2:])
	return appendBytes(append(b, 0, 3, 0, dhcpHardwareEther), mac[:])
}

func appendOption(b []byte, code byte, value []byte) []byte {
	return appendBytes(append(b, code, byte(len(value))), value)
}

// appendBytes and those below stay out of line, as append16 does.
//
//go:noinline
func appendBytes(b, value []byte) []byte { return append(b, value...) }

//go:noinline
func appendZeros(b []byte, count int) []byte {
	for range count {
		b = append(b, 0)
	}
	return b
}

//go:noinline
func appendNet32(b []byte, n uint32) []byte {
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
