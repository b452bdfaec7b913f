package netcfg

import (
	"bytes"
	"encoding/binary"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// answerOf is a server's message, put together by hand: RFC 2131 figure 1.
type answerOf struct {
	kind    byte
	xid     uint32
	mac     [6]byte
	address [4]byte
	options []byte // after option 53
	file    []byte
	name    []byte
}

func (a answerOf) bytes() []byte {
	b := make([]byte, 240, 600)
	b[0], b[1], b[2] = 2, 1, 6
	binary.BigEndian.PutUint32(b[4:], a.xid)
	copy(b[16:], a.address[:])
	copy(b[28:], a.mac[:])
	copy(b[44:108], a.name)
	copy(b[108:236], a.file)
	copy(b[236:], "\x63\x82\x53\x63")
	return append(append(append(b, 53, 1, a.kind), a.options...), 255)
}

var (
	testMAC    = [6]byte{2, 0, 0, 0, 0, 4}
	testServer = [4]byte{10, 0, 2, 2}
	testLease  = [4]byte{10, 0, 2, 77}
)

// options joins options: each a code and its bytes.
func joinOptions(parts ...string) []byte {
	var b []byte
	for _, p := range parts {
		b = append(append(b, p[0], byte(len(p)-1)), p[1:]...)
	}
	return b
}

const (
	server3600 = "\x36\x0a\x00\x02\x02"
	lease3600  = "\x33\x00\x00\x0e\x10"
	mask24     = "\x01\xff\xff\xff\x00"
	router2    = "\x03\x0a\x00\x02\x02"
)

func read(b []byte) (*dhcpMessage, bool) {
	m := new(dhcpMessage)
	ok := m.read(b, new(options))
	return m, ok
}

func TestAnAnswerIsRead(t *testing.T) {
	all := joinOptions(server3600, lease3600, mask24, router2, "\x3a\x00\x00\x07\x08", "\x3b\x00\x00\x0c\x4e",
		"\x06\x01\x01\x01\x01\x09\x09\x09\x09", "\x2a\x0a\x00\x02\x03", "\x0cnode-9\x00", "\x0fexample.org", "\x1a\x05\x78",
		"\x77\x03one\x07example\x00\x03two\xc0\x04", "\x50")
	m, ok := read(answerOf{5, 0x01020304, testMAC, testLease, all, nil, nil}.bytes())
	if !ok || m.kind != dhcpAck || m.xid != 0x01020304 || m.chaddr != testMAC || m.address != testLease || m.server != testServer ||
		m.prefixBits != 24 || m.leaseSec != 3600 || m.renewSec != 1800 || m.bindSec != 3150 || m.mtu != 1400 || !m.rapid ||
		m.dns.count != 2 || m.dns.list[1] != [4]byte{9, 9, 9, 9} || m.ntp.count != 1 ||
		string(m.host.text()) != "node-9" || string(m.domain.text()) != "example.org" || string(m.search.text()) != "one.example two.example" ||
		m.routesCount != 1 || m.routes[0] != (leaseRoute{gateway: testServer}) {
		t.Errorf("%v %+v", ok, m)
	}
}

func TestRoutesOfALease(t *testing.T) {
	for _, c := range []struct {
		option string // 121
		want   []leaseRoute
		ok     bool
	}{
		// The examples of RFC 3442, and the default route among them.
		{"\x79\x18\x0a\xe5\x00\x0a\xe5\x00\x01\x00\x0a\x00\x02\x02", []leaseRoute{{[4]byte{10, 229, 0, 0}, 24, [4]byte{10, 229, 0, 1}}, {gateway: testServer}}, true},
		{"\x79\x19\x0a\x1b\x81\x80\x0a\x00\x02\x02", []leaseRoute{{[4]byte{10, 27, 129, 128}, 25, testServer}}, true},
		{"\x79\x20\x0a\x00\x02\x02\x00\x00\x00\x00", []leaseRoute{{dest: testServer, destBits: 32}}, true},         // on the link
		{"\x79\x08\x0a\x0a\x00\x02\x02\x08\x0a\x01\x01\x01\x01", []leaseRoute{{[4]byte{10}, 8, testServer}}, true}, // the same place twice
		{"\x79\x09\x0a\xff\x0a\x00\x02\x02", []leaseRoute{{[4]byte{10, 128, 0, 0}, 9, testServer}}, true},          // bits past the prefix
		{"\x79", nil, false}, {"\x79\x21\x01\x02\x03\x04\x05\x0a\x00\x02\x02", nil, false}, {"\x79\x18\x0a\xe5\x00\x0a\xe5", nil, false},
	} {
		m, ok := read(answerOf{kind: 5, options: joinOptions(server3600, mask24, router2, c.option)}.bytes())
		if ok != c.ok || ok && !slices.Equal(m.routes[:m.routesCount], c.want) {
			t.Errorf("%q: %v, %+v", c.option, ok, m.routes[:m.routesCount])
		}
	}
	// Seventeen of them, in two parts as RFC 3396 has it.
	var many []byte
	for i := range byte(17) {
		many = append(many, 24, 172, 16, i, 10, 0, 2, 2)
	}
	m, ok := read(answerOf{kind: 5, options: joinOptions(server3600, "\x79"+string(many[:70]), mask24, "\x79"+string(many[70:]))}.bytes())
	if !ok || m.routesCount != leaseRoutesMax || m.routes[15].dest != [4]byte{172, 16, 15, 0} {
		t.Errorf("%v, %d routes", ok, m.routesCount)
	}
}

func TestOptionsOverflowIntoFileAndName(t *testing.T) {
	a := answerOf{kind: 2, options: joinOptions(server3600, "\x34\x03"), file: joinOptions(lease3600), name: joinOptions(mask24)}
	a.file, a.name = append(a.file, 255), append(a.name, 255)
	if m, ok := read(a.bytes()); !ok || m.leaseSec != 3600 || m.prefixBits != 24 {
		t.Errorf("%v %+v", ok, m)
	}
	a.options = joinOptions(server3600)
	if m, ok := read(a.bytes()); !ok || m.leaseSec != 0 {
		t.Errorf("without option 52: %v %+v", ok, m)
	}
	a.options, a.file = joinOptions("\x34\x01"), joinOptions("\x34\x03", lease3600) // an overload in an overload
	if m, ok := read(a.bytes()); !ok || m.leaseSec != 3600 || m.prefixBits != 8 {
		t.Errorf("overload of an overload: %v %+v", ok, m)
	}
}

func TestMalformedAnswersAreDropped(t *testing.T) {
	good := answerOf{kind: 5, address: testLease, options: joinOptions(server3600, lease3600, mask24)}
	if _, ok := read(good.bytes()); !ok {
		t.Fatal("the good one is dropped")
	}
	for name, parts := range map[string]string{
		"server of 3": "\x36\x0a\x00\x02", "server of 5": "\x36\x0a\x00\x02\x02\x02", "server twice": server3600,
		"lease of 0": "\x33", "mask of 1": "\x01\xff", "mask with a hole": "\x01\x00\x00\x00\xff", "T1 of 2": "\x3a\x00\x01",
		"dns of 0": "\x06", "dns of 5": "\x06\x01\x01\x01\x01\x01", "ntp of 3": "\x2a\x01\x01\x01", "mtu of 1": "\x1a\x05",
		"rapid of 1": "\x50\x01", "overload 4": "\x34\x04", "overload of 0": "\x34", "overload 0": "\x34\x00", "router of 6": "\x03\x01\x01\x01\x01\x02\x02",
		"host of 0": "\x0c", "domain of NULs": "\x0f\x00\x00", "search that points ahead": "\x77\xc0\x02\x01a\x00",
		"search that points to itself": "\x77\xc0\x00", "search without an end": "\x77\x03one", "search with a label of 64": "\x77\x40" + strings.Repeat("a", 64) + "\x00",
		"search of 0": "\x77",
	} {
		a := good
		switch name {
		case "mask of 1", "mask with a hole":
			a.options = joinOptions(server3600, lease3600)
		case "lease of 0":
			a.options = joinOptions(server3600, mask24)
		}
		a.options = append(slices.Clone(a.options), joinOptions(parts)...)
		if m, ok := read(a.bytes()); ok {
			t.Errorf("%s: read as %+v", name, m)
		}
	}
	b := good.bytes()
	for name, change := range map[string]func(b []byte) []byte{
		"short": func(b []byte) []byte { return b[:239] }, "a request": func(b []byte) []byte { b[0] = 1; return b },
		"token ring": func(b []byte) []byte { b[1] = 6; return b }, "MAC of 7": func(b []byte) []byte { b[2] = 7; return b },
		"no cookie": func(b []byte) []byte { b[236]++; return b }, "no kind": func(b []byte) []byte { b[240] = 254; return b },
		"kind discover": func(b []byte) []byte { b[242] = 1; return b }, "past the end": func(b []byte) []byte { b[len(b)-6] = 200; return b },
		"half an option": func(b []byte) []byte { return append(b[:len(b)-1], 12) },
	} {
		if m, ok := read(change(slices.Clone(b))); ok {
			t.Errorf("%s: read as %+v", name, m)
		}
	}
}

// Names are hostile: what could mean something to a shell or a resolver's file is
// left out, and the lease is good without it.
func TestNamesThatAreNone(t *testing.T) {
	for _, name := range []string{"a b", "$(reboot)", "a\nnameserver 1.2.3.4", ".a", "a.", "a..b", "-a", "ü", strings.Repeat("a", 64)} {
		m, ok := read(answerOf{kind: 5, options: joinOptions(server3600, "\x0c"+name, "\x0f"+name)}.bytes())
		if !ok || m.host.size != 0 || m.domain.size != 0 {
			t.Errorf("%q: %v %q", name, ok, m.host.text())
		}
	}
}

func TestWhatAClientSends(t *testing.T) {
	f := dhcpRequestFields{kind: dhcpRequest, xid: 0x11223344, sinceS: 7, mac: testMAC, asked: testLease, server: testServer, host: "node-7", rapid: true}
	d := appendDatagram(nil, [4]byte{}, [4]byte{255, 255, 255, 255}, &f)
	if len(d) != 28+301 || len(d) > MessageSizeMax {
		t.Errorf("%d bytes", len(d))
	}
	b := d[28:]
	want := "\x35\x01\x03" + "\x3d\x0f\xff\x00\x00\x00\x04\x00\x03\x00\x01\x02\x00\x00\x00\x00\x04" + "\x32\x04\x0a\x00\x02\x4d" + "\x36\x04\x0a\x00\x02\x02" +
		"\x39\x02\x05\xc0" + "\x0c\x06node-7" + "\x50\x00" + "\x37\x0c\x01\x79\x03\x06\x0c\x0f\x77\x1a\x2a\x33\x3a\x3b" + "\xff"
	if got := string(b[240:]); strings.TrimRight(got, "\x00") != want {
		t.Errorf("options %x\n   want %x", got, want)
	}
	if !bytes.Equal(b[:12], []byte{1, 1, 6, 0, 0x11, 0x22, 0x33, 0x44, 0, 7, 0, 0}) || [6]byte(b[28:]) != testMAC {
		t.Errorf("head %x", b[:44])
	}
	long := f
	long.host = strings.Repeat("n", 63)
	if n := len(appendDHCP(nil, &long)); n > dhcpSizeMax {
		t.Errorf("%d bytes", n)
	}
	// A server's answer in the same frame is taken, and ours, to port 67, is not.
	if _, ok := datagram(d); ok {
		t.Error("a datagram to the server is taken")
	}
}

func fromServer(payload []byte) []byte {
	d := appendDatagram(nil, testServer, testLease, &dhcpRequestFields{})
	d = append(d[:28], payload...)
	put16(d[2:], uint16(len(d)))
	put16(d[10:], 0)
	put16(d[10:], ^fold(sumWords(0, d[:20])))
	put16(d[20:], portServer)
	put16(d[22:], portClient)
	put16(d[24:], uint16(len(d)-20))
	put16(d[26:], 0)
	put16(d[26:], ^fold(sumWords(pseudoSum(d, len(d)-20), d[20:])))
	return d
}

func TestDatagrams(t *testing.T) {
	good := fromServer([]byte("hello"))
	if p, ok := datagram(good); !ok || string(p) != "hello" {
		t.Fatalf("%q %v", p, ok)
	}
	padded := append(slices.Clone(good), 0, 0, 0) // Ethernet's least size
	if p, ok := datagram(padded); !ok || string(p) != "hello" {
		t.Errorf("padded: %q %v", p, ok)
	}
	offloaded := slices.Clone(good)
	put16(offloaded[26:], fold(pseudoSum(good, len(good)-20)))
	if _, ok := datagram(offloaded); !ok {
		t.Error("a sum left to the card is refused")
	}
	for name, change := range map[string]func(b []byte){
		"version": func(b []byte) { b[0] = 0x65 }, "head of 4": func(b []byte) { b[0] = 0x41 }, "length": func(b []byte) { put16(b[2:], 200) },
		"fragment": func(b []byte) { b[6] = 0x20 }, "tcp": func(b []byte) { b[9] = 6 }, "head's sum": func(b []byte) { b[10]++ },
		"port": func(b []byte) { b[21]++ }, "udp length": func(b []byte) { b[25] = 200 }, "udp length 7": func(b []byte) { b[25] = 7 },
		"sum": func(b []byte) { b[30]++ },
	} {
		b := slices.Clone(good)
		change(b)
		if name != "sum" && name != "head's sum" { // the sums are right but for what is tested
			put16(b[10:], 0)
			put16(b[10:], ^fold(sumWords(0, b[:20])))
			put16(b[26:], 0)
		}
		if _, ok := datagram(b); ok {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestARP(t *testing.T) {
	probe := appendARP(nil, &arpFact{mac: testMAC, target: testLease})
	if string(probe) != "\x00\x01\x08\x00\x06\x04\x00\x01"+"\x02\x00\x00\x00\x00\x04"+"\x00\x00\x00\x00"+"\x00\x00\x00\x00\x00\x00"+"\x0a\x00\x02\x4d" {
		t.Errorf("%x", probe)
	}
	other := [6]byte{2, 9, 9, 9, 9, 9}
	for _, c := range []struct {
		f    arpFact
		want bool
	}{
		{arpFact{mac: other, sender: testLease, target: testServer}, true}, {arpFact{mac: other, target: testLease}, true},
		{arpFact{mac: testMAC, target: testLease}, false}, {arpFact{mac: other, sender: testServer, target: testLease}, false},
	} {
		var f arpFact
		if !readARP(appendARP(nil, &c.f), &f) || f != c.f || f.conflicts(testLease, testMAC) != c.want {
			t.Errorf("%+v", c.f)
		}
	}
	var f arpFact
	if readARP(probe[:27], &f) || readARP(append([]byte{0, 6}, probe[2:]...), &f) {
		t.Error("what is no ARP for Ethernet is read")
	}
}

// FuzzDHCP: no message is read past its end, none makes a lease that a record can't
// hold, and the record reads back the same.
func FuzzDHCP(f *testing.F) {
	f.Add(answerOf{5, 1, testMAC, testLease, joinOptions(server3600, lease3600, mask24, router2, "\x77\x03one\x00\xc0\x00"), nil, nil}.bytes())
	f.Add(answerOf{5, 1, testMAC, testLease, joinOptions(server3600, lease3600, "\x34\x03"), joinOptions(mask24), joinOptions(router2)}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		n := leasing(false)
		m := new(dhcpMessage)
		if !m.read(slices.Clip(b), new(options)) || n.acceptable(0, m) != refusalNone {
			return
		}
		c := n.clients[0]
		n.leaseOf(&c.lease, m, 5*nsecPerSec)
		c.held, c.mac = true, testMAC
		record := n.AppendLease(nil, 0)
		if len(record) > LeaseRecordMax {
			t.Fatalf("a record of %d bytes", len(record))
		}
		var l lease
		if mac, ok := l.read(record); !ok || mac != testMAC || !reflect.DeepEqual(l, c.lease) {
			t.Fatalf("%+v\n is written and read as\n%+v", c.lease, l)
		}
	})
}

// FuzzLease: what is read as a record is written the same.
func FuzzLease(f *testing.F) {
	n := leasing(false)
	n.clients[0].lease = lease{address: testLease, prefixBits: 24, server: testServer}
	n.clients[0].held = true
	f.Add(n.AppendLease(nil, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := leasing(false)
		if n.RestoreLease(0, b, 0) {
			if got := n.AppendLease(nil, 0); !bytes.Equal(got, b) {
				t.Fatalf("%x\n is written as\n%x", b, got)
			}
		}
	})
}

// FuzzDatagram: what is taken lies within the bytes.
func FuzzDatagram(f *testing.F) {
	f.Add(fromServer([]byte("hello")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, ok := datagram(slices.Clip(b)); ok && len(p) > len(b)-28 {
			t.Fatalf("%d bytes of %d", len(p), len(b))
		}
		var fact arpFact
		readARP(slices.Clip(b), &fact)
	})
}
