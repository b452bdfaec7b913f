package netcfg

// Codec of NTP, RFC 5905 section 7.3, as a client needs it: 48 bytes, no extensions.
//
//	 0  leap, version, mode (2, 3 and 3 bits)   1  stratum   2  poll   3  precision
//	 4  root delay, 8  root dispersion: s, 16.16 bits
//	12  reference id   16  reference time
//	24  origin: what we sent as transmit   32  receive   40  transmit: s, 32.32 bits
const (
	ntpSize      = 48
	ntpRequest   = 4<<3 | 3 // version 4, mode 3: client
	ntpModeReply = 4
	portNTP      = 123
	// ntpEpochSec is 1970 in NTP's seconds of 1900. ntpPivotSec tells eras apart: no
	// time before it is meant, so that 2036 is no limit (RFC 5905 section 6).
	ntpEpochSec = 2_208_988_800
	ntpPivotSec = 1_704_067_200 // 2024
)

// The kisses that are obeyed, RFC 5905 section 7.4.
const (
	kissRate     = "RATE"
	kissDeny     = "DENY"
	kissRestrict = "RSTR"
)

// ntpReply is what a server says. Times are ns since 1970.
type ntpReply struct {
	cookie            uint64 // of the request
	leap, stratum     uint8
	kiss              [4]byte // of stratum 0
	rootDistanceNsec  int64   // half its delay and its dispersion
	receive, transmit int64
}

// appendNTP appends a request. It tells nothing of us: in the place of our time stands a
// random number, which the server returns (draft-ietf-ntp-data-minimization).
func appendNTP(b []byte, cookie uint64) []byte {
	start := len(b)
	b = append(b, ntpRequest)
	for range ntpSize - 8 - 1 {
		b = append(b, 0)
	}
	b = append32(append32(b, uint32(cookie)), uint32(cookie>>32))
	return b[:start+ntpSize]
}

// readNTP reads a reply; false is what is none, or makes no sense.
func readNTP(b []byte, r *ntpReply) bool {
	if len(b) < ntpSize || b[0]&7 != ntpModeReply || b[0]>>3&7 < 3 {
		return false
	}
	*r = ntpReply{leap: b[0] >> 6, stratum: b[1], kiss: [4]byte(b[12:]),
		cookie:  uint64(get32(b[24:])) | uint64(get32(b[28:]))<<32,
		receive: ntpTime(b[32:]), transmit: ntpTime(b[40:])}
	r.rootDistanceNsec = ntpShort(b[4:])/2 + ntpShort(b[8:])
	return true
}

// ntpShort is 16.16 bits of seconds.
func ntpShort(b []byte) int64 { return int64(getNet32(b)) * nsecPerSec >> 16 }

// ntpTime is 32.32 bits of seconds, of the era after ntpPivotSec.
func ntpTime(b []byte) int64 {
	sec := int64(getNet32(b)) - ntpEpochSec
	for sec < ntpPivotSec {
		sec += 1 << 32
	}
	return sec*nsecPerSec + int64(uint64(getNet32(b[4:]))*nsecPerSec>>32)
}
