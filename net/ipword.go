// Package netcfg tells how the node is reached: links, addresses, routes.
package netcfg

import "mote/wire"

// The kernel's word ip=, Documentation/admin-guide/nfs/nfsroot.rst:
//
//	ip=client:server:gateway:netmask:hostname:device:autoconf:dns0:dns1:ntp0
//
// Of it, a static address is taken. Where the kernel would guess a netmask by
// address class, it is refused: classes have been gone since RFC 1519.

// IPWordName begins the word.
const IPWordName = "ip="

// The places of the word's fields.
const (
	fieldClient = iota
	fieldServer
	fieldGateway
	fieldNetmask
	fieldHostname
	fieldDevice
	fieldAutoconf
	fieldDNS0
	fieldDNS1
	fieldNTP0
	fieldsCount
)

// IPWord is what the word asks for.
type IPWord struct {
	// Wanted tells that Link is to be configured; "off" and "none" want nothing.
	Wanted bool
	Link   wire.Link
	// Hostname may be empty.
	Hostname string
}

// IPWordError is why the word was refused.
type IPWordError struct {
	// Field is its name in nfsroot.rst, Text what stood there.
	Field, Text string
	// What is wrong, and what to do Next.
	What, Next string
}

// Error is "ip=: netmask "255.0.255.0": not contiguous; use ...".
func (e IPWordError) Error() string {
	return "ip=: " + e.Field + " \"" + e.Text + "\": " + e.What + "; " + e.Next
}

// ParseIPWord reads the word's value. The error is an IPWordError.
func ParseIPWord(value string) (IPWord, error) {
	var fields [fieldsCount]string
	count := 0
	for rest := value; ; count++ {
		if count == fieldsCount {
			return IPWord{}, IPWordError{"word", value, "more than ten fields", "write client::gateway:netmask:hostname:device:off"}
		}
		colon := indexByte(rest, ':')
		if colon < 0 {
			fields[count] = rest
			break
		}
		fields[count], rest = rest[:colon], rest[colon+1:]
	}
	autoconf := fields[fieldAutoconf]
	if count == 0 { // a word without colons is the autoconf field alone
		if autoconf = value; autoconf == "off" || autoconf == "none" {
			return IPWord{}, nil
		}
	}
	switch autoconf {
	case "", "off", "none":
	default:
		if _, ok := wire.ParseIPv4(autoconf); count > 0 || !ok {
			return IPWord{}, IPWordError{"autoconf", autoconf, "only static addresses are supported", "use off, and give address and netmask"}
		}
	}
	return staticWord(&fields)
}

// staticWord reads the fields of a word that asks for a static address. Server,
// DNS and NTP are not for us: nothing mounts by NFS, and no name is looked up.
func staticWord(fields *[fieldsCount]string) (IPWord, error) {
	w := IPWord{Wanted: true, Hostname: fields[fieldHostname]}
	w.Link.Name = fields[fieldDevice]
	var ok bool
	if w.Link.Address, ok = wire.ParseIPv4(fields[fieldClient]); !ok {
		return IPWord{}, IPWordError{"client", fields[fieldClient], "not an IPv4 address", "write it as 10.0.2.15"}
	}
	if text := fields[fieldGateway]; text != "" {
		if w.Link.Gateway, ok = wire.ParseIPv4(text); !ok {
			return IPWord{}, IPWordError{"gateway", text, "not an IPv4 address", "write it as 10.0.2.2, or leave it empty"}
		}
	}
	text := fields[fieldNetmask]
	mask, ok := wire.ParseIPv4(text)
	if !ok {
		return IPWord{}, IPWordError{"netmask", text, "not a netmask", "write it as 255.255.255.0"}
	}
	if w.Link.PrefixBits, ok = prefixOf(mask); !ok {
		return IPWord{}, IPWordError{"netmask", text, "not contiguous", "write it as 255.255.255.0"}
	}
	if what, next := w.Link.Problem(); what != "" {
		return IPWord{}, IPWordError{"client", fields[fieldClient], what, next}
	}
	return w, nil
}

// prefixOf counts the ones of a mask that has no zero before a one.
func prefixOf(mask [4]byte) (bits uint8, ok bool) {
	word := uint32(mask[0])<<24 | uint32(mask[1])<<16 | uint32(mask[2])<<8 | uint32(mask[3])
	for word&0x8000_0000 != 0 {
		bits++
		word <<= 1
	}
	return bits, word == 0
}

func indexByte(s string, c byte) int {
	for i := range len(s) {
		if s[i] == c {
			return i
		}
	}
	return -1
}
