package netcfg

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// real reads bytes that a kernel 6.18 sent in a fresh network namespace with a
// veth pair that was configured by this package.
func real(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// messages reads all of b.
func messages(t testing.TB, b []byte) (all []Message) {
	t.Helper()
	for len(b) > 0 {
		var m Message
		rest, ok := NextMessage(b, &m)
		if !ok {
			t.Fatalf("message %d is refused", len(all))
		}
		all, b = append(all, m), rest
	}
	return all
}

func TestConstantsAreTheKernels(t *testing.T) {
	for name, pair := range map[string][2]int{
		"NLMSG_ERROR": {msgError, unix.NLMSG_ERROR}, "NLMSG_DONE": {msgDone, unix.NLMSG_DONE},
		"RTM_NEWLINK": {msgNewLink, unix.RTM_NEWLINK}, "RTM_DELLINK": {msgDelLink, unix.RTM_DELLINK}, "RTM_GETLINK": {msgGetLink, unix.RTM_GETLINK},
		"RTM_NEWADDR": {msgNewAddr, unix.RTM_NEWADDR}, "RTM_DELADDR": {msgDelAddr, unix.RTM_DELADDR}, "RTM_GETADDR": {msgGetAddr, unix.RTM_GETADDR},
		"RTM_NEWROUTE": {msgNewRoute, unix.RTM_NEWROUTE}, "RTM_DELROUTE": {msgDelRoute, unix.RTM_DELROUTE}, "RTM_GETROUTE": {msgGetRoute, unix.RTM_GETROUTE},
		"NLM_F_REQUEST": {flagRequest, unix.NLM_F_REQUEST}, "NLM_F_MULTI": {flagMulti, unix.NLM_F_MULTI}, "NLM_F_ACK": {flagAck, unix.NLM_F_ACK},
		"NLM_F_DUMP_INTR": {flagDumpIntr, unix.NLM_F_DUMP_INTR}, "NLM_F_DUMP": {flagDump, unix.NLM_F_DUMP},
		"NLM_F_EXCL": {flagExcl, unix.NLM_F_EXCL}, "NLM_F_CREATE": {flagCreate, unix.NLM_F_CREATE},
		"IFLA_IFNAME": {attrLinkName, unix.IFLA_IFNAME}, "IFA_ADDRESS": {attrAddrAddress, unix.IFA_ADDRESS}, "IFA_LOCAL": {attrAddrLocal, unix.IFA_LOCAL},
		"RTA_OIF": {attrRouteOut, unix.RTA_OIF}, "RTA_GATEWAY": {attrRouteGateway, unix.RTA_GATEWAY},
		"RTA_TABLE": {attrRouteTable, unix.RTA_TABLE}, "RTA_PRIORITY": {attrRouteMetric, unix.RTA_PRIORITY},
		"AF_INET": {familyIPv4, unix.AF_INET}, "IFF_UP": {linkUp, unix.IFF_UP}, "IFF_LOOPBACK": {linkLoopback, unix.IFF_LOOPBACK},
		"ARPHRD_ETHER": {hardwareEther, unix.ARPHRD_ETHER}, "RT_TABLE_MAIN": {tableMain, unix.RT_TABLE_MAIN}, "RTN_UNICAST": {routeUnicast, unix.RTN_UNICAST},
		"nlmsghdr": {headSize, unix.SizeofNlMsghdr}, "ifinfomsg": {linkBodySize, unix.SizeofIfInfomsg}, "ifaddrmsg": {addrBodySize, unix.SizeofIfAddrmsg},
		"rtmsg": {routeBodySize, unix.SizeofRtMsg}, "rtattr": {attrHeadSize, unix.SizeofRtAttr},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d, want %d", name, pair[0], pair[1])
		}
	}
}

func TestTheKernelsDumpsAreRead(t *testing.T) {
	links := messages(t, real(t, "dump-links.bin"))
	var names []string
	for _, m := range links[:len(links)-1] {
		if m.Kind != MessageLink || !m.Multi || m.Seq != 7 || m.Interrupted || m.Link.Loopback != m.Link.Name.Is("lo") || m.Link.Ethernet == m.Link.Loopback {
			t.Errorf("%+v", m)
		}
		names = append(names, m.Link.Name.String())
	}
	if last := links[len(links)-1]; last.Kind != MessageDone || last.Errno != 0 {
		t.Errorf("the end is %+v", last)
	}
	if got := strings.Join(names, " "); got != "lo peer0 mote0" {
		t.Errorf("links %s", got)
	}
	found := false
	for _, m := range messages(t, real(t, "dump-addresses.bin")) {
		f := m.Address
		found = found || f.Address == mote0.Address && f.PrefixBits == 24 && f.Protocol == ProtocolMote && f.Link == links[2].Link.Index
	}
	if !found {
		t.Error("the address is not in its dump")
	}
	found = false
	for _, m := range messages(t, real(t, "dump-routes.bin")) {
		found = found || routeWorth(&m.Route) && m.Route.Gateway == mote0.Gateway && m.Route.Protocol == ProtocolMote && m.Route.Link == links[2].Link.Index
	}
	if !found {
		t.Error("the default route is not in its dump")
	}
	if got := messages(t, real(t, "answer-eexist.bin")); len(got) != 1 || got[0].Kind != MessageAnswer || got[0].Seq != 9 || got[0].Errno != uint32(unix.EEXIST) {
		t.Errorf("the answer is %+v", got)
	}
	var kinds []MessageKind
	for _, m := range messages(t, real(t, "link-deleted.bin")) {
		kinds = append(kinds, m.Kind)
	}
	if n := len(kinds); n == 0 || kinds[n-1] != MessageLinkGone {
		t.Errorf("kinds %v", kinds)
	}
}

// Every op's bytes: a golden head, and the attributes as the library reads them.
func TestOpsAsBytes(t *testing.T) {
	op := Op{Link: 7, Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}, Name: NameOf("eth0")}
	for _, c := range []struct {
		kind       OpKind
		text, want string
	}{
		{OpNone, "nothing", ""},
		{OpDumpLinks, "dump links", "20000000 1200 0103 05000000 00000000" + "00000000000000000000000000000000"},
		{OpDumpAddresses, "dump addresses", "18000000 1600 0103 05000000 00000000" + "02000000 00000000"},
		{OpDumpRoutes, "dump routes", "1c000000 1a00 0103 05000000 00000000" + "02000000 00000000 00000000"},
		{OpLinkUp, "link up eth0", "20000000 1000 0500 05000000 00000000" + "00000000 07000000 01000000 01000000"},
		{OpAddressAdd, "address add 10.0.2.15/24 dev eth0", "30000000 1400 0506 05000000 00000000" + "02180000 07000000" +
			"0800 0200 0a00020f" + "0800 0100 0a00020f" + "0500 0b00 cd000000"},
		{OpAddressDelete, "address delete 10.0.2.15/24 dev eth0", "28000000 1500 0500 05000000 00000000" + "02180000 07000000" +
			"0800 0200 0a00020f" + "0800 0100 0a00020f"},
		{OpRouteAdd, "route add default via 10.0.2.2 dev eth0", "2c000000 1800 0506 05000000 00000000" + "02000000 fecd0001 00000000" +
			"0800 0500 0a000202" + "0800 0400 07000000"},
		{OpRouteDelete, "route delete default via 10.0.2.2 dev eth0", "2c000000 1900 0500 05000000 00000000" + "02000000 fecd0001 00000000" +
			"0800 0500 0a000202" + "0800 0400 07000000"},
	} {
		o := op
		o.Kind = c.kind
		b := AppendOp(nil, o, 5)
		if got, want := hex.EncodeToString(b), strings.ReplaceAll(c.want, " ", ""); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, want)
		}
		if o.String() != c.text || len(b) > MessageSizeMax || o.Slow() != (c.kind == OpLinkUp) {
			t.Errorf("%s, %d bytes, slow %v", o, len(b), o.Slow())
		}
		if len(b) == 0 || o.Dump() || c.kind == OpLinkUp {
			continue
		}
		body := map[bool]int{true: routeBodySize, false: addrBodySize}[c.kind >= OpRouteAdd]
		ad, err := netlink.NewAttributeDecoder(b[headSize+body:])
		if err != nil {
			t.Fatal(err)
		}
		for ad.Next() {
			if ad.Type() == attrRouteOut && c.kind >= OpRouteAdd && ad.Uint32() != 7 {
				t.Errorf("%s: out of %d", c.text, ad.Uint32())
			}
		}
		if ad.Err() != nil {
			t.Errorf("%s: the library says %v", c.text, ad.Err())
		}
	}
}

func TestMessagesRefused(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"nothing", ""}, {"half a head", "1000000010000000"},
		{"length 0", "00000000 1000 0000 00000000 00000000"},
		{"length below a head", "0f000000 1000 0000 00000000 00000000"},
		{"length past the end", "11000000 ff00 0000 00000000 00000000"},
		{"length of 4 GiB", "ffffffff ff00 0000 00000000 00000000"},
		{"link without body", "10000000 1000 0000 00000000 00000000"},
		{"address without body", "14000000 1400 0000 00000000 00000000 02180000"},
		{"route without body", "14000000 1800 0000 00000000 00000000 02000000"},
		{"error without number", "10000000 0200 0000 00000000 00000000"},
		{"error above zero", "14000000 0200 0000 00000000 00000000 01000000"},
		{"link 0", "20000000 1000 0000 00000000 00000000 00000000 00000000 00000000 00000000"},
		{"attribute of 3", "24000000 1000 0000 00000000 00000000 00000000 01000000 00000000 00000000 03000300"},
		{"attribute past the end", "24000000 1000 0000 00000000 00000000 00000000 01000000 00000000 00000000 09000300"},
		{"half an attribute", "22000000 1000 0000 00000000 00000000 00000000 01000000 00000000 00000000 0400"},
		{"name of 16", "34000000 1000 0000 00000000 00000000 00000000 01000000 00000000 00000000 14000300" + strings.Repeat("61", 16)},
		{"empty name", "24000000 1000 0000 00000000 00000000 00000000 01000000 00000000 00000000 04000300"},
		{"prefix 33", "18000000 1400 0000 00000000 00000000 02210000 01000000"},
		{"address on link 0", "18000000 1400 0000 00000000 00000000 02180000 00000000"},
		{"destination 33", "1c000000 1800 0000 00000000 00000000 02210000 fe000001 00000000"},
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(c.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		var m Message
		if _, ok := NextMessage(b, &m); ok {
			t.Errorf("%s: read as %+v", c.name, m)
		}
	}
}

// Messages begin at multiples of four; the pad of the last may be missing.
func TestMessagesArePadded(t *testing.T) {
	b, err := hex.DecodeString("11000000" + "ff000000" + "01000000" + "00000000" + "aa" + "000000" +
		"14000000" + "02000000" + "02000000" + "00000000" + "efffffff" +
		"11000000" + "ff000000" + "03000000" + "00000000" + "aa")
	if err != nil {
		t.Fatal(err)
	}
	all := messages(t, b)
	if len(all) != 3 || all[1].Kind != MessageAnswer || all[1].Seq != 2 || all[1].Errno != 17 || all[2].Seq != 3 {
		t.Errorf("read %+v", all)
	}
}

// FuzzMessage reads as the library does, and never past the end.
func FuzzMessage(f *testing.F) {
	for _, name := range []string{"dump-links.bin", "dump-addresses.bin", "dump-routes.bin", "answer-eexist.bin", "link-deleted.bin"} {
		f.Add(real(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			var m Message
			rest, ok := NextMessage(b, &m)
			if len(rest) >= len(b) {
				t.Fatalf("%d bytes left of %d", len(rest), len(b))
			}
			if !ok {
				return
			}
			compare(t, b, &m)
			b = rest
		}
	})
}

// compare holds attributes to the library's decoder.
func compare(t *testing.T, b []byte, m *Message) {
	body, ok := map[MessageKind]int{
		MessageLink: linkBodySize, MessageLinkGone: linkBodySize, MessageAddress: addrBodySize,
		MessageAddressGone: addrBodySize, MessageRoute: routeBodySize, MessageRouteGone: routeBodySize,
	}[m.Kind]
	if !ok {
		return
	}
	ad, err := netlink.NewAttributeDecoder(b[headSize+body : binary.NativeEndian.Uint32(b)])
	if err != nil {
		return // the library is stricter about flags and pads
	}
	var name, gateway string
	for ad.Next() {
		switch {
		case body == linkBodySize && ad.Type() == unix.IFLA_IFNAME:
			name = strings.TrimSuffix(string(ad.Bytes()), "\x00")
		case body == routeBodySize && ad.Type() == unix.RTA_GATEWAY && len(ad.Bytes()) == 4:
			gateway = string(ad.Bytes())
		}
	}
	if name != m.Link.Name.String() {
		t.Fatalf("link %q, the library says %q", m.Link.Name, name)
	}
	if gateway != "" && gateway != string(m.Route.Gateway[:]) {
		t.Fatalf("gateway %v, the library says %x", m.Route.Gateway, gateway)
	}
}
