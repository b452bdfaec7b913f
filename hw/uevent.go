// Package hw tells what hardware is here: facts only, no decisions.
package hw

import "unicode/utf8"

// Codec of the kernel's uevents, as lib/kobject_uevent.c builds them:
//
//	ACTION@DEVPATH\0KEY=VALUE\0KEY=VALUE\0...
//
// Always true here: what was accepted has an action, a path that stays below
// /sys and a name that stays below /dev; nothing is copied and nothing allocated.

// Uevent is one event. Its slices are parts of the message, and end with it.
type Uevent struct {
	// Action is "add", "remove", "change", "move", "online", "offline", "bind"
	// or "unbind".
	Action []byte
	// Devpath is below /sys: "/devices/pci0000:00/...", without "..".
	Devpath   []byte
	Subsystem []byte
	// Devname is below /dev: "input/event0", or empty.
	Devname []byte
	Devtype []byte
	// Interface is a network link's name, where Subsystem is "net".
	Interface []byte
	// Seqnum is one more for each event of the machine.
	Seqnum uint64
	// Major and Minor are the device node's, where HasNode says so.
	Major, Minor uint32
	HasNode      bool
}

// UeventFault says why a message is not a uevent. Zero is "it is one".
type UeventFault uint8

// The faults.
const (
	UeventOK UeventFault = iota
	UeventEmpty
	UeventTooLong
	UeventTruncated
	UeventNoAt
	UeventNotUTF8
	UeventBadPath
	UeventBadName
	UeventBadKey
	UeventKeyTwice
	UeventTooManyKeys
	UeventBadNumber
	UeventNoSeqnum
	UeventDisagrees
	ueventFaultsCount
)

// ueventFaultTexts hold what is wrong; nothing writes to it.
var ueventFaultTexts = [ueventFaultsCount]string{
	UeventOK:          "nothing is wrong",
	UeventEmpty:       "empty",
	UeventTooLong:     "longer than 8 KiB",
	UeventTruncated:   "does not end in NUL",
	UeventNoAt:        "no ACTION@DEVPATH in front",
	UeventNotUTF8:     "not UTF-8",
	UeventBadPath:     "a DEVPATH outside of /sys",
	UeventBadName:     "a DEVNAME outside of /dev",
	UeventBadKey:      "a part that is not KEY=VALUE",
	UeventKeyTwice:    "a key twice",
	UeventTooManyKeys: "more than 64 keys",
	UeventBadNumber:   "SEQNUM, MAJOR or MINOR is not a number",
	UeventNoSeqnum:    "no SEQNUM",
	UeventDisagrees:   "ACTION or DEVPATH differ from what stands in front",
}

// Error is one line; the event is dropped and counted, and the next rescan finds
// what it would have told.
func (f UeventFault) Error() string {
	if f >= ueventFaultsCount {
		return "hw: uevent: unknown fault"
	}
	return "hw: uevent: " + ueventFaultTexts[f] + "; dropped"
}

// DecodeUevent reads one message into u, which it sets whole. u is not to be
// used unless the result is UeventOK.
func DecodeUevent(b []byte, u *Uevent) UeventFault {
	*u = Uevent{}
	switch {
	case len(b) == 0:
		return UeventEmpty
	case len(b) > UeventSizeMax:
		return UeventTooLong
	case b[len(b)-1] != 0:
		return UeventTruncated
	case !utf8.Valid(b):
		return UeventNotUTF8
	}
	front, rest := cut(b, 0)
	at := index(front, '@')
	if at <= 0 {
		return UeventNoAt
	}
	u.Action, u.Devpath = front[:at], front[at+1:]
	if len(u.Devpath) < 2 || u.Devpath[0] != '/' || !pathOK(u.Devpath[1:]) {
		return UeventBadPath
	}
	return u.keys(rest)
}

// keys reads what stands behind the front.
func (u *Uevent) keys(rest []byte) UeventFault {
	var seen [ueventKeysMax][]byte
	count, seqnum, major, minor := 0, false, false, false
	for len(rest) > 0 {
		var part []byte
		part, rest = cut(rest, 0)
		equals := index(part, '=')
		if equals <= 0 {
			return UeventBadKey
		}
		key, value := part[:equals], part[equals+1:]
		if count == ueventKeysMax {
			return UeventTooManyKeys
		}
		for _, before := range seen[:count] {
			if string(before) == string(key) {
				return UeventKeyTwice
			}
		}
		seen[count] = key
		count++
		ok := true
		switch string(key) {
		case "ACTION":
			if string(value) != string(u.Action) {
				return UeventDisagrees
			}
		case "DEVPATH":
			if string(value) != string(u.Devpath) {
				return UeventDisagrees
			}
		case "SUBSYSTEM":
			u.Subsystem = value
		case "DEVNAME":
			if u.Devname = value; !pathOK(value) {
				return UeventBadName
			}
		case "DEVTYPE":
			u.Devtype = value
		case "INTERFACE":
			u.Interface = value
		case "SEQNUM":
			u.Seqnum, seqnum = number(value, 1<<64-1)
			ok = seqnum
		case "MAJOR":
			u.Major, major = number32(value)
			ok = major
		case "MINOR":
			u.Minor, minor = number32(value)
			ok = minor
		}
		if !ok {
			return UeventBadNumber
		}
	}
	if u.HasNode = major && minor; !seqnum {
		return UeventNoSeqnum
	}
	return UeventOK
}

// pathOK accepts a relative path that can be joined behind a folder: no empty
// component, no "." or "..", no control bytes.
func pathOK(path []byte) bool {
	for {
		slash := index(path, '/')
		part := path
		if slash >= 0 {
			part = path[:slash]
		}
		if len(part) == 0 || string(part) == "." || string(part) == ".." {
			return false
		}
		for _, c := range part {
			if c < ' ' || c == 0x7f {
				return false
			}
		}
		if slash < 0 {
			return true
		}
		path = path[slash+1:]
	}
}

// cut splits b at the first c, which must be there or end it.
func cut(b []byte, c byte) (before, after []byte) {
	if i := index(b, c); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

func index(b []byte, c byte) int {
	for i := range b {
		if b[i] == c {
			return i
		}
	}
	return -1
}

// number reads decimal digits of at most max.
//
//go:noinline
func number(b []byte, max uint64) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	for _, c := range b {
		digit := uint64(c - '0')
		if c < '0' || digit > 9 || digit > max || n > (max-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, true
}

func number32(b []byte) (uint32, bool) {
	n, ok := number(b, 1<<32-1)
	return uint32(n), ok
}
