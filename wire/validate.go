package wire

// What a manifest asks for wrongly. A problem belongs to one service where it
// can, so that the others run on.
//
// Always true here: a service without a problem in the list can be started
// without looking anything up again that was checked here.

// StageNetwork is the one need that is not a service: all links configured.
const StageNetwork = "network"

// Problem is one thing that is asked for wrongly.
type Problem struct {
	// Service is an index of Manifest.Services, or -1 for the whole manifest.
	Service int
	// Name is that service's name, as written.
	Name string
	// Field is named as in SPEC.md: "user", "limits.io".
	Field string
	// What is wrong, and what to do Next.
	What string
	Next string
}

// Error is one line:
//
//	manifest: service "mqtt": user: no user "mosquitto"; declare it under users
func (p Problem) Error() string {
	b := append(make([]byte, 0, 160), "manifest: "...)
	if p.Service >= 0 {
		b = append(b, "service "...)
		if p.Name != "" {
			b = quoteAppend(b, p.Name)
		} else {
			b = AppendUint(b, uint64(p.Service))
		}
		b = append(b, ": "...)
	}
	b = append(b, p.Field...)
	b = append(b, ": "...)
	b = append(b, p.What...)
	b = append(b, "; "...)
	return string(append(b, p.Next...))
}

// Validate returns what is wrong with m, in the order of its fields; nil means
// nothing. It reads m only, and takes time in proportion to its size.
func (m *Manifest) Validate() []Problem {
	c := checker{m: m, service: -1}
	c.node()
	c.users()
	c.links()
	if len(m.Services) > ServicesMax {
		c.add("services", Decimal(uint64(len(m.Services)))+" services",
			"at most 64 run; remove those past them")
	}
	for i := range min(len(m.Services), ServicesMax) {
		c.service = i
		c.checkService(&m.Services[i])
	}
	c.needs()
	if m.State != "" && !StateDeviceOK(m.State) {
		c.add("state", quote(m.State)+" names no device", StateDeviceNext)
	}
	c.access()
	return c.problems
}

// access checks the operators: each name and each key once, so that a record of who
// did something names one person.
func (c *checker) access() {
	for i, o := range c.m.Access {
		if !labelOK(o.Name, UserNameSizeMax, false) {
			c.add("access", quote(o.Name)+" is no operator's name",
				"use 1 to 31 of a-z, 0-9 and '-', first a letter")
		}
		if o.Key == [KeySize]byte{} {
			c.add("access", "operator "+quote(o.Name)+" has no key", "give the one that mote manifest key made")
		}
		for _, before := range c.m.Access[:i] {
			if before.Name == o.Name || before.Key == o.Key {
				c.add("access", "operator "+quote(o.Name)+" has the name or the key of another",
					"give each operator a name and a key of its own")
				break
			}
		}
	}
}

// PartLabel begins the name of a GPT partition by its label.
const PartLabel = "PARTLABEL="

// StateDeviceNext says what StateDeviceOK accepts.
const StateDeviceNext = "use PARTLABEL=name or /dev/name, in 63 bytes"

// StateDeviceOK tells whether word names the device of a state area, in the
// manifest or in the kernel's words.
func StateDeviceOK(word string) bool {
	if len(word) > StateDeviceSizeMax {
		return false
	}
	for _, prefix := range [...]string{PartLabel, "/dev/"} {
		if len(word) > len(prefix) && word[:len(prefix)] == prefix {
			return true
		}
	}
	return false
}

// Unusable tells which services have a problem and cannot be started. Services
// past ServicesMax never can.
func Unusable(problems []Problem) (unusable [ServicesMax]bool) {
	for _, p := range problems {
		if p.Service >= 0 && p.Service < ServicesMax {
			unusable[p.Service] = true
		}
	}
	return unusable
}

// Identity finds the ids behind Service.User: a name of m.Users, a decimal id
// that is both, or "" for root.
func (m *Manifest) Identity(user string) (uid, gid uint32, ok bool) {
	if user == "" {
		return 0, 0, true
	}
	for i := range m.Users {
		if m.Users[i].Name == user {
			return m.Users[i].UID, m.Users[i].GID, true
		}
	}
	id, ok := ParseUint(user, idMax)
	return uint32(id), uint32(id), ok
}

// idMax leaves out 2^32-1, which setresuid(2) reads as "do not change".
const idMax = 1<<32 - 2

// checker collects problems; service is the one being looked at, or -1.
type checker struct {
	m        *Manifest
	service  int
	problems []Problem
}

// add is called in some sixty places: inlined, it would cost PID 1 tens of KiB.
//
//go:noinline
func (c *checker) add(field, what, next string) {
	p := Problem{Service: c.service, Field: field, What: what, Next: next}
	if c.service >= 0 {
		p.Name = c.m.Services[c.service].Name
	}
	c.problems = append(c.problems, p)
}

// quote stays out of line for the same reason.
//
//go:noinline
func quote(s string) string { return string(quoteAppend(nil, s)) }

// node checks the host name.
func (c *checker) node() {
	if n := c.m.Node; n != "" && !labelOK(n, NodeNameSizeMax, true) {
		c.add("node", quote(n)+" is no host name",
			"use 1 to 63 of a-z, 0-9 and '-', not first or last a '-'")
	}
}

// users checks names and ids. A doubled user is a problem of the manifest, not of
// a service: the first one counts for all.
func (c *checker) users() {
	if len(c.m.Users) > UsersMax {
		c.add("users", Decimal(uint64(len(c.m.Users)))+" users", "keep at most 64")
	}
	for i, u := range c.m.Users {
		if !labelOK(u.Name, UserNameSizeMax, false) {
			c.add("users", quote(u.Name)+" is no user name",
				"use 1 to 31 of a-z, 0-9 and '-', first a letter")
		}
		if u.UID > idMax || u.GID > idMax {
			c.add("users", "user "+quote(u.Name)+" has id 4294967295",
				"the kernel reads that as none; choose a smaller one")
		}
		for _, before := range c.m.Users[:i] {
			if before.Name == u.Name {
				c.add("users", "user "+quote(u.Name)+" stands twice",
					"the first counts; remove the other")
				break
			}
		}
	}
}

// links checks each link by itself; which of them exist is for the network room.
func (c *checker) links() {
	if len(c.m.Links) > LinksMax {
		c.add("links", Decimal(uint64(len(c.m.Links)))+" links", "keep at most 16")
	}
	for i := range c.m.Links {
		if what, next := c.m.Links[i].Problem(); what != "" {
			c.add("links", what, next)
		}
	}
}

// Problem says what is wrong with the link and what to do, or returns "" twice.
func (l *Link) Problem() (what, next string) {
	name := "link " + quote(l.Name)
	switch {
	case l.Name != "" && !linkNameOK(l.Name):
		return quote(l.Name) + " is no link name",
			"use at most 15 bytes without '/', ':' and spaces, as \"eth0\""
	case l.Probe && !l.DHCP4:
		return name + " probes an address and asks for none", "add dhcp4, or leave probe out"
	case (l.DHCP4 || l.RA || l.Address6 != [16]byte{}) && l.Address == [4]byte{} && l.PrefixBits == 0 && l.Gateway == [4]byte{}:
		return l.problem6(name)
	case l.Address == [4]byte{}:
		return name + " has no address", "give one, as \"10.0.2.15/24\", or dhcp4 or ra"
	case l.Address[0] == 0 || l.Address[0] == 127 || l.Address[0] >= 224:
		return name + " cannot have the address " + string(AppendIPv4(nil, l.Address)),
			"use a unicast address outside 0/8 and 127/8"
	case l.PrefixBits > 32 || l.PrefixBits == 0:
		return name + " has a prefix of " + Decimal(uint64(l.PrefixBits)) + " bits",
			"use 1 to 32, as in \"10.0.2.15/24\""
	case l.Gateway == [4]byte{}:
	case !samePrefix(l.Address[:], l.Gateway[:], l.PrefixBits) || l.Gateway == l.Address:
		return name + " cannot reach its gateway " + string(AppendIPv4(nil, l.Gateway)),
			"use another address of the link's own prefix"
	}
	return l.problem6(name)
}

// problem6 is Problem's part of IPv6.
func (l *Link) problem6(name string) (what, next string) {
	a, g := l.Address6[:], l.Gateway6[:]
	near := allZero(g) || LinkLocal(&l.Gateway6)
	switch {
	case allZero(a) && l.Prefix6Bits == 0 && near:
	case a[0] == 0xff || LinkLocal(&l.Address6) || allZero(a[:10]) || l.Prefix6Bits-1 > 127:
		return name + " cannot have its IPv6 address", "use a global or unique local unicast one, as \"fd00::15/64\""
	case !near && (!samePrefix(a, g, l.Prefix6Bits) || l.Gateway6 == l.Address6):
		return name + " cannot reach its IPv6 gateway", "use another address of address6's prefix, or the gateway's link-local one"
	}
	return "", ""
}

// LinkLocal tells whether an IPv6 address is one of a link only, fe80::/10 (RFC 4291
// section 2.5.6).
//
//go:noinline
func LinkLocal(a *[16]byte) bool { return a[0] == 0xfe && a[1]&0xc0 == 0x80 }

// samePrefix tells whether the first bits of two addresses are the same.
func samePrefix(a, b []byte, bits uint8) bool {
	for i := range bits {
		bit := byte(0x80) >> (i % 8)
		if a[i/8]&bit != b[i/8]&bit {
			return false
		}
	}
	return true
}

// linkNameOK is dev_valid_name() of the kernel's net/core/dev.c.
func linkNameOK(s string) bool {
	if s == "" || s == "." || s == ".." || len(s) > LinkNameSizeMax {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == '/' || s[i] == ':' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// labelOK accepts a-z, 0-9 and '-', 1 to sizeMax bytes, first a letter (or a
// digit where digits may lead), last not a '-': RFC 1123 section 2.1.
func labelOK(s string, sizeMax int, digitFirst bool) bool {
	if s == "" || len(s) > sizeMax || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		letter := s[i] >= 'a' && s[i] <= 'z'
		digit := s[i] >= '0' && s[i] <= '9'
		if !letter && (i == 0 || s[i] != '-' && !digit) && !(digit && digitFirst) {
			return false
		}
	}
	return true
}
