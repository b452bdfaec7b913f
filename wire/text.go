package wire

// Numbers and addresses as text, without fmt and strconv: those cost PID 1 a
// quarter of a megabyte, and these few lines do not.

// AppendUint appends n in decimal.
//
//go:noinline
func AppendUint(b []byte, n uint64) []byte {
	var digits [20]byte // 2^64-1 has 20
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return append(b, digits[at:]...)
		}
	}
}

// AppendInt appends n in decimal, with a minus sign where it is negative.
func AppendInt(b []byte, n int64) []byte {
	if n < 0 {
		// The complement plus one, so that the smallest int64 is right too.
		return AppendUint(append(b, '-'), uint64(^n)+1)
	}
	return AppendUint(b, uint64(n))
}

// ParseUint reads s as a decimal number of at most max, without sign, spaces or
// leading zeros.
//
//go:noinline
func ParseUint(s string, max uint64) (n uint64, ok bool) {
	if s == "" || len(s) > 20 || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	for i := range len(s) {
		digit := uint64(s[i] - '0')
		if s[i] < '0' || digit > 9 || n > (max-min(digit, max))/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, n <= max
}

// AppendIPv4 appends an address in network byte order as "10.0.2.15".
func AppendIPv4(b []byte, address [4]byte) []byte {
	for i, octet := range address {
		if i > 0 {
			b = append(b, '.')
		}
		b = AppendUint(b, uint64(octet))
	}
	return b
}

// AppendIPv6 appends "2001:db8::1", as RFC 5952 section 4 writes it; what is IPv4 in
// IPv6 (section 5) is written the same way.
func AppendIPv6(b []byte, address [16]byte) []byte {
	const groups = 8
	from, size := 0, 1 // the longest run of zeros, of two at least; the first of equals
	for at := 0; at < groups; {
		end := at
		for end < groups && address[2*end] == 0 && address[2*end+1] == 0 {
			end++
		}
		if end-at > size {
			from, size = at, end-at
		}
		at = end + 1
	}
	for at := 0; at < groups; at++ {
		if size > 1 && at == from {
			b = append(b, ':', ':')
			at += size - 1
			continue
		}
		if at > 0 && (size < 2 || at != from+size) {
			b = append(b, ':')
		}
		b = appendHex16(b, uint16(address[2*at])<<8|uint16(address[2*at+1]))
	}
	return b
}

// appendHex16 appends a number in lower case, without zeros before it.
func appendHex16(b []byte, n uint16) []byte {
	const digits = "0123456789abcdef"
	for shift := 12; shift >= 0; shift -= 4 {
		if n>>shift != 0 || shift == 0 {
			b = append(b, digits[n>>shift&15])
		}
	}
	return b
}

// ParseIPv4 reads four decimal octets. Leading zeros are refused: some read
// them as octal, RFC 6943 section 3.1.1.
func ParseIPv4(s string) (address [4]byte, ok bool) {
	for i := range address {
		part := s
		dot := indexByte(s, '.')
		switch {
		case i < 3 && dot < 0 || i == 3 && dot >= 0:
			return [4]byte{}, false
		case i < 3:
			part, s = s[:dot], s[dot+1:]
		}
		octet, ok := ParseUint(part, 255)
		if !ok {
			return [4]byte{}, false
		}
		address[i] = byte(octet)
	}
	return address, true
}

// ParseTCPAddress reads "127.0.0.1:1883". Port 0 is refused, as are names:
// nothing in PID 1 looks names up.
func ParseTCPAddress(s string) (address [4]byte, port uint16, ok bool) {
	colon := indexByte(s, ':')
	if colon < 0 {
		return [4]byte{}, 0, false
	}
	address, ok = ParseIPv4(s[:colon])
	n, portOK := ParseUint(s[colon+1:], 65535)
	if !ok || !portOK || n == 0 {
		return [4]byte{}, 0, false
	}
	return address, uint16(n), true
}

// indexByte returns the place of the first c in s, or -1.
func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}

// quoteAppend appends s in double quotes; control bytes and quotes become '?',
// so that a hostile name cannot draw on the console.
func quoteAppend(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == '"' || c == 0x7f {
			c = '?'
		}
		b = append(b, c)
	}
	return append(b, '"')
}
