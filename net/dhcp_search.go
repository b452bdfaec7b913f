package netcfg

// Domain search lists, RFC 3397 and RFC 1035 section 4.1.4: names in DNS's own
// encoding, with pointers back into the option.

// leaseSearch is a search list as text: names with a space between two.
type leaseSearch struct {
	bytes [searchSizeMax]byte
	size  uint8
}

func (s *leaseSearch) text() []byte { return s.bytes[:s.size] }

// read takes the option's bytes. Names that are no host names, and those past
// the end of the text, are left out; what is malformed is refused.
func (s *leaseSearch) read(b []byte) bool {
	s.size = 0
	var name [dnsNameSizeMax]byte
	for at := 0; at < len(b); {
		size, next, ok := dnsName(b, at, name[:])
		if !ok {
			return false
		}
		at = next
		s.add(name[:size])
	}
	return len(b) > 0
}

// add appends one name where it fits whole.
func (s *leaseSearch) add(name []byte) {
	room := len(s.bytes) - int(s.size)
	if !nameOK(name) || len(name)+1 > room {
		return
	}
	if s.size > 0 {
		s.bytes[s.size] = ' '
		s.size++
	}
	s.size += uint8(copy(s.bytes[s.size:], name))
}

// dnsName writes the name at b[at:] into out, with dots, and returns its length
// and where the next one begins. A pointer leads strictly backwards, so that no
// chain of them is without end. The root alone is an empty name.
func dnsName(b []byte, at int, out []byte) (size, next int, ok bool) {
	limit := len(b) // a pointer's target lies before the name's own start
	start, jumped := at, false
	for {
		if at >= limit {
			return 0, 0, false
		}
		n := int(b[at])
		switch n >> 6 {
		case 0:
			at++
			if n == 0 {
				if !jumped {
					next = at
				}
				return size, next, true
			}
			if at+n > limit || size+n+1 > len(out) {
				return 0, 0, false
			}
			if size > 0 {
				out[size] = '.'
				size++
			}
			size += copy(out[size:], b[at:at+n])
			at += n
		case 3:
			if at+2 > limit {
				return 0, 0, false
			}
			target := (n&0x3f)<<8 | int(b[at+1])
			if target >= start {
				return 0, 0, false
			}
			if !jumped {
				next, jumped = at+2, true
			}
			at, limit, start = target, start, target
		default:
			return 0, 0, false
		}
	}
}

// whole tells whether the text is what add makes.
func (s *leaseSearch) whole() bool {
	for rest := s.text(); len(rest) > 0; {
		end := 0
		for end < len(rest) && rest[end] != ' ' {
			end++
		}
		if !nameOK(rest[:end]) || end == len(rest)-1 {
			return false
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return true
}
