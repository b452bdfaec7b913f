package manifest

import (
	"encoding/hex"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mote/wire"
)

// The kinds of scalar that fields have.

// text is any text of at most sizeMax bytes.
func text(what, like string, sizeMax int) *scalar {
	return &scalar{what: what, like: like,
		parse: func(s string) ([]any, string) {
			switch {
			case s == "":
				return nil, "an empty text"
			case len(s) > sizeMax:
				return nil, "a text of " + decimal(len(s)) + " bytes; at most " + decimal(sizeMax) + " are kept"
			case strings.ContainsRune(s, 0):
				return nil, "a text with a NUL in it"
			}
			return []any{s}, ""
		},
		text: func(v []any) string { return v[0].(string) },
		json: object{{"type", "string"}, {"minLength", 1}, {"maxLength", sizeMax}}}
}

// anyText may be empty, and of any length: all of its list is bounded together.
// It may refer to secrets.
func anyText(what, like string, taken plain) *scalar {
	kind := any("string")
	if taken != 0 {
		kind = []string{"string", "number"}
	}
	return &scalar{what: what, like: like, free: true, plain: taken,
		parse: func(s string) ([]any, string) {
			if strings.ContainsRune(s, 0) {
				return nil, "a text with a NUL in it"
			}
			return []any{s}, ""
		},
		text: func(v []any) string { return v[0].(string) },
		json: object{{"type", kind}}}
}

// truth is true or false.
func truth() *scalar {
	return &scalar{what: "true or false", plain: plainBool | plainOnly,
		parse: func(s string) ([]any, string) {
			switch s {
			case "true":
				return []any{true}, ""
			case "false":
				return []any{false}, ""
			}
			return nil, quote(s) + " is neither true nor false"
		},
		text: func(v []any) string { return strconv.FormatBool(v[0].(bool)) },
		json: object{{"type", "boolean"}}}
}

// count is a whole number from least to most.
func count(what, like string, least, most uint64) *scalar {
	return &scalar{what: what, like: like, plain: plainNumber | plainOnly,
		parse: func(s string) ([]any, string) {
			n, err := strconv.ParseUint(s, 10, 64)
			switch {
			case err != nil || len(s) > 1 && s[0] == '0':
				return nil, quote(s) + " is no whole number"
			case n < least || n > most:
				return nil, s + " is not between " + strconv.FormatUint(least, 10) + " and " + strconv.FormatUint(most, 10)
			}
			return []any{n}, ""
		},
		text: func(v []any) string { return strconv.FormatUint(v[0].(uint64), 10) },
		json: object{{"type", "integer"}, {"minimum", least}, {"maximum", most}}}
}

// measured is an amount with a unit, of at most most, which is said as mostText.
func measured(what, like, pattern string, most uint64, mostText string,
	parse func(s string) (uint64, string), show func(n uint64) string) *scalar {
	return &scalar{what: what, like: like, plain: plainNumber,
		parse: func(s string) ([]any, string) {
			n, problem := parse(s)
			switch {
			case problem != "":
				return nil, problem
			case n == 0:
				return nil, quote(s) + " is zero, which means that nothing is said"
			case n > most:
				return nil, quote(s) + " is too much; " + mostText + " is the most"
			}
			return []any{n}, ""
		},
		text: func(v []any) string { return show(v[0].(uint64)) },
		json: object{{"type", "string"}, {"pattern", pattern}}}
}

// unitPattern matches an amount with one of the units.
func unitPattern(units []unit) string {
	var all []string
	for _, u := range units {
		for _, name := range u.names {
			all = append(all, regexp.QuoteMeta(name))
		}
	}
	return `[0-9]+(\.[0-9]+)? ?(` + strings.Join(all, "|") + `)`
}

// size is an amount of bytes.
func size() *scalar {
	return measured("a size", "64 MiB", "^"+unitPattern(sizeUnits)+"$", math.MaxUint64, "16 EiB",
		func(s string) (uint64, string) { return amount(s, sizeUnits, 1) },
		func(n uint64) string { return showAmount(n, sizeUnits, 1) })
}

// sizeRate is an amount of bytes in each second.
func sizeRate() *scalar {
	return measured("bytes a second", "10 MiB/s", "^"+unitPattern(sizeUnits)+"/s$", math.MaxUint64, "16 EiB/s",
		func(s string) (uint64, string) {
			each, ok := strings.CutSuffix(s, "/s")
			if !ok {
				return 0, quote(s) + " is not for each second"
			}
			return amount(each, sizeUnits, 1)
		},
		func(n uint64) string { return showAmount(n, sizeUnits, 1) + "/s" })
}

// countRate is a number of times in each second.
func countRate() *scalar {
	return measured("times a second", "100/s", "^[0-9]+/s$", math.MaxUint32, "4294967295/s",
		func(s string) (uint64, string) {
			digits, ok := strings.CutSuffix(s, "/s")
			n, err := strconv.ParseUint(digits, 10, 32)
			if !ok || err != nil {
				return 0, quote(s) + " is no number for each second"
			}
			return n, ""
		},
		func(n uint64) string { return strconv.FormatUint(n, 10) + "/s" })
}

// wait is a time in ms, of at most mostMsec.
func wait(like string, mostMsec uint64) *scalar {
	part := unitPattern(timeUnits)
	return measured("a time", like, "^"+part+"( ?"+part+")*$", mostMsec, showAmount(mostMsec, timeUnits, 1000),
		func(s string) (uint64, string) { return times(s, 1000) },
		func(n uint64) string { return showAmount(n, timeUnits, 1000) })
}

// word is one of a few, numbered from 1.
func word(of ...string) *scalar {
	return &scalar{what: "one of " + strings.Join(of, ", "),
		parse: func(s string) ([]any, string) {
			if i := slices.Index(of, s); i >= 0 {
				return []any{uint64(i + 1)}, ""
			}
			if near := nearest(s, of); near != "" {
				return nil, quote(s) + " is none of them; did you mean " + near + "?"
			}
			return nil, quote(s) + " is none of them"
		},
		text: func(v []any) string { return of[v[0].(uint64)-1] },
		json: object{{"enum", of}}}
}

// ipv4 is an address.
func ipv4(like string) *scalar {
	return &scalar{what: "an IPv4 address", like: like,
		parse: func(s string) ([]any, string) {
			a, ok := wire.ParseIPv4(s)
			if !ok || a == [4]byte{} {
				return nil, quote(s) + " is no IPv4 address"
			}
			return []any{a}, ""
		},
		text: func(v []any) string { a := v[0].([4]byte); return string(wire.AppendIPv4(nil, a)) },
		json: object{{"type", "string"}, {"pattern", "^" + ipv4Pattern + "$"}}}
}

// exampleKey is the first of RFC 8032's test vectors, section 7.1.
const exampleKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

// publicKey is an Ed25519 key in hexadecimal digits.
func publicKey() *scalar {
	return &scalar{what: "a public key", like: exampleKey, plain: plainNumber,
		parse: func(s string) ([]any, string) {
			var key [wire.KeySize]byte
			b, err := hex.DecodeString(s)
			if err != nil || len(b) != len(key) {
				return nil, quote(s) + " has not 64 hexadecimal digits"
			}
			copy(key[:], b)
			if key == [wire.KeySize]byte{} {
				return nil, "zeros are no key"
			}
			return []any{key}, ""
		},
		text: func(v []any) string { key := v[0].([wire.KeySize]byte); return hex.EncodeToString(key[:]) },
		json: object{{"type", "string"}, {"pattern", "^[0-9a-fA-F]{64}$"}}}
}

const ipv4Pattern = `[0-9]{1,3}(\.[0-9]{1,3}){3}`

// ipv6 is an address, in any of RFC 4291's forms but that with a zone.
func ipv6(like string) *scalar {
	return &scalar{what: "an IPv6 address", like: like,
		parse: func(s string) ([]any, string) {
			a, err := netip.ParseAddr(s)
			if err != nil || !a.Is6() || a.Zone() != "" || a.IsUnspecified() {
				return nil, quote(s) + " is no IPv6 address"
			}
			return []any{a.As16()}, ""
		},
		text: func(v []any) string { return string(wire.AppendIPv6(nil, v[0].([16]byte))) },
		json: object{{"type", "string"}, {"pattern", "^" + ipv6Pattern + "$"}}}
}

const ipv6Pattern = `[0-9A-Fa-f:.]{2,45}`

// ipAny is an IPv6 address, or an IPv4 one, which stands within IPv6.
func ipAny() *scalar {
	return &scalar{what: "an IP address", like: "10.0.2.3",
		parse: func(s string) ([]any, string) {
			a, err := netip.ParseAddr(s)
			if err != nil || a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() {
				return nil, quote(s) + " is no IP address of a node"
			}
			return []any{a.As16()}, ""
		},
		text: func(v []any) string { return netip.AddrFrom16(v[0].([16]byte)).Unmap().String() },
		json: object{{"type", "string"}, {"pattern", "^[0-9A-Fa-f:.]{2,45}$"}}}
}

// ipv6Prefix is an address and the length of its prefix.
func ipv6Prefix() *scalar {
	address := ipv6("")
	return &scalar{what: "an IPv6 address and its prefix", like: "fd00::15/64",
		parse: func(s string) ([]any, string) {
			text, bits, _ := strings.Cut(s, "/")
			values, problem := address.parse(text)
			n, ok := wire.ParseUint(bits, 128)
			if problem == "" && (!ok || n == 0) {
				problem = quote(s) + " has no prefix of 1 to 128 bits"
			}
			return append(values, n), problem
		},
		text: func(v []any) string { return address.text(v) + "/" + strconv.FormatUint(v[1].(uint64), 10) },
		json: object{{"type", "string"}, {"pattern", "^" + ipv6Pattern + "/[0-9]{1,3}$"}}}
}

// ipv4Prefix is an address and the length of its prefix.
func ipv4Prefix() *scalar {
	return &scalar{what: "an IPv4 address and its prefix", like: "10.0.2.15/24",
		parse: func(s string) ([]any, string) {
			address, bits, _ := strings.Cut(s, "/")
			a, ok := wire.ParseIPv4(address)
			n, bitsOK := wire.ParseUint(bits, 32)
			switch {
			case !ok || a == [4]byte{}:
				return nil, quote(address) + " is no IPv4 address"
			case !bitsOK || n == 0:
				return nil, quote(s) + " has no prefix of 1 to 32 bits"
			}
			return []any{a, n}, ""
		},
		text: func(v []any) string {
			a := v[0].([4]byte)
			return string(wire.AppendIPv4(nil, a)) + "/" + strconv.FormatUint(v[1].(uint64), 10)
		},
		json: object{{"type", "string"}, {"pattern", "^" + ipv4Pattern + "/[0-9]{1,2}$"}}}
}
