package netcfg

// Codec of ARP for IPv4 on Ethernet, RFC 826:
//
//	 0  uint16 hardware, 2  uint16 protocol, 4  their sizes, 6  uint16 operation
//	 8  sender's MAC, 14  sender's address, 18  target's MAC, 24  target's address

const (
	arpSize    = 28
	arpRequest = 1
	arpHead    = "\x00\x01\x08\x00\x06\x04\x00" // and the operation's low byte
)

// arpFact is what a message says of its sender, and whom it looks for.
type arpFact struct {
	mac            [6]byte
	sender, target [4]byte
}

// appendARP appends a request. A probe has no sender (RFC 5227 section 2.1.1), an
// announcement has the address in both places (section 2.3).
func appendARP(b []byte, f *arpFact) []byte {
	b = append(append(b, arpHead...), arpRequest)
	b = append(append(b, f.mac[:]...), f.sender[:]...)
	b = appendZeros(b, 6)
	return append(b, f.target[:]...)
}

// readARP takes a request or an answer; ok is false for anything else.
func readARP(b []byte, f *arpFact) (ok bool) {
	if len(b) < arpSize || string(b[:len(arpHead)]) != arpHead {
		return false
	}
	f.mac, f.sender, f.target = [6]byte(b[8:14]), [4]byte(b[14:18]), [4]byte(b[24:28])
	return true
}

// conflicts tells whether the message means that somebody else has the address,
// or is about to take it: RFC 5227 section 2.1.1.
func (f *arpFact) conflicts(address [4]byte, mac [6]byte) bool {
	return f.mac != mac && (f.sender == address || f.sender == [4]byte{} && f.target == address)
}
