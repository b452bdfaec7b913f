package netcfg

import (
	"net/netip"
	"strings"
	"testing"

	"mote/wire"
)

func TestParseIPWord(t *testing.T) {
	for _, c := range []struct {
		word, want string // "address/bits gateway device hostname", or the error
	}{
		{"10.0.2.15::10.0.2.2:255.255.255.0:edge:eth0:off", "10.0.2.15/24 10.0.2.2 eth0 edge"},
		{"10.0.2.15::10.0.2.2:255.255.255.0::eth0:none", "10.0.2.15/24 10.0.2.2 eth0 "},
		{"10.0.2.15:10.0.2.3::255.255.0.0", "10.0.2.15/16 0.0.0.0  "},
		{"10.0.2.15:::255.255.255.255::eth0", "10.0.2.15/32 0.0.0.0 eth0 "},
		{"10.0.2.15:::255.255.255.254::eth0::1.1.1.1:1.0.0.1:2.2.2.2", "10.0.2.15/31 0.0.0.0 eth0 "},
		{"off", "nothing"}, {"none", "nothing"},
		{"dhcp", `ip=: autoconf "dhcp": only static addresses are supported; use off, and give address and netmask`},
		{"on", `ip=: autoconf "on": only static addresses are supported; use off, and give address and netmask`},
		{":::::eth0:dhcp", `ip=: autoconf "dhcp": only static addresses are supported; use off, and give address and netmask`},
		{":::::eth0:off", `ip=: client "": not an IPv4 address; write it as 10.0.2.15`},
		{"", `ip=: client "": not an IPv4 address; write it as 10.0.2.15`},
		{"10.0.2.15", `ip=: netmask "": not a netmask; write it as 255.255.255.0`},
		{"10.0.2.15::10.0.2.2", `ip=: netmask "": not a netmask; write it as 255.255.255.0`},
		{"10.0.2.15::10.0.2.2:24::eth0:off", `ip=: netmask "24": not a netmask; write it as 255.255.255.0`},
		{"10.0.2.15::10.0.2.2:255.0.255.0::eth0:off", `ip=: netmask "255.0.255.0": not contiguous; write it as 255.255.255.0`},
		{"10.0.2.15::10.0.2.2:0.0.0.255::eth0:off", `ip=: netmask "0.0.0.255": not contiguous; write it as 255.255.255.0`},
		{"10.0.2.15::gw:255.255.255.0::eth0:off", `ip=: gateway "gw": not an IPv4 address; write it as 10.0.2.2, or leave it empty`},
		{"10.0.2.15::10.0.3.2:255.255.255.0::eth0:off", `ip=: client "10.0.2.15": link "eth0" cannot reach its gateway 10.0.3.2; use another address of the link's own prefix`},
		{"10.0.2.15:::255.255.255.0::a/b:off", `ip=: client "10.0.2.15": "a/b" is no link name; use at most 15 bytes without '/', ':' and spaces, as "eth0"`},
		{"::::::::::", `ip=: word "::::::::::": more than ten fields; write client::gateway:netmask:hostname:device:off`},
		{"[fe80::1]:::64::eth0:off", `ip=: client "[fe80": not an IPv4 address; write it as 10.0.2.15`},
	} {
		w, err := ParseIPWord(c.word)
		got := "nothing"
		switch {
		case err != nil:
			got = err.Error()
		case w.Wanted:
			got = string(appendPrefix(nil, w.Link.Address, w.Link.PrefixBits)) + " " +
				string(wire.AppendIPv4(nil, w.Link.Gateway)) + " " + w.Link.Name + " " + w.Hostname
		}
		if got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.word, got, c.want)
		}
	}
}

// FuzzIPWord holds what is accepted to the standard library's reading of it.
func FuzzIPWord(f *testing.F) {
	f.Add("10.0.2.15::10.0.2.2:255.255.255.0:edge:eth0:off")
	f.Add("off")
	f.Fuzz(func(t *testing.T, word string) {
		w, err := ParseIPWord(word)
		if err != nil || !w.Wanted {
			return
		}
		client, err := netip.ParseAddr(strings.SplitN(word, ":", 2)[0])
		if err != nil || client.As4() != w.Link.Address {
			t.Fatalf("%q: %v, %v", word, w.Link, err)
		}
		if what, _ := w.Link.Problem(); what != "" {
			t.Fatalf("%q: %s", word, what)
		}
	})
}
