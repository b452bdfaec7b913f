package wire

import (
	"net/netip"
	"testing"
)

// The standard library writes IPv6 as RFC 5952 does, but for IPv4 in IPv6.
func TestIPv6IsWrittenAsTheLibraryWritesIt(t *testing.T) {
	check := func(a [16]byte) {
		if want := netip.AddrFrom16(a); !want.Is4In6() && string(AppendIPv6(nil, a)) != want.String() {
			t.Errorf("%x: %s, want %s", a, AppendIPv6(nil, a), want)
		}
	}
	for mask := range 1 << 8 { // every pattern of zero groups
		for _, octet := range []byte{1, 0x10, 0xab} {
			var a [16]byte
			for g := range 8 {
				if mask>>g&1 != 0 {
					a[2*g], a[2*g+1] = octet&0xf0, octet
				}
			}
			check(a)
		}
	}
}
