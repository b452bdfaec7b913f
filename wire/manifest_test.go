package wire

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

// full has every field set, with the bytes of each width.
func full() *Manifest {
	return &Manifest{
		Node:   "edge-7",
		State:  "PARTLABEL=mote-state",
		Access: []Operator{{Name: "alice", Key: [KeySize]byte{1, 2, 3}}},
		Users:  []User{{Name: "mosquitto", UID: 100, GID: 1 << 20}},
		Links: []Link{{Name: "eth0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}},
			{DHCP4: true, Probe: true, Address6: [16]byte{0xfd, 15: 15}, Prefix6Bits: 64, Gateway6: [16]byte{0xfe, 0x80, 15: 1}, RA: true}},
		LinkRules:   []LinkRule{{Name: "lan0", Match: []string{"MAC=52:54:00:00:00:01"}}, {Name: "wan0", Match: []string{"PCI_SLOT_NAME=0000:00:1f.6", "DRIVER=igc"}, Order: 2}},
		TimeServers: [][16]byte{{10: 0xff, 11: 0xff, 12: 10, 13: 0, 14: 2, 15: 3}, {0xfd, 15: 3}},
		Services: []Service{
			{Name: "setup", Kind: KindOneShot, Exec: []string{"/bin/setup", "", "ü"},
				Ready: ReadyExit, Restart: RestartNever, EveryMsec: 86_400_000},
			{
				Name: "mqtt", Kind: KindDaemon, Exec: []string{"/bin/mqtt"}, Env: []string{"A=1", "B="},
				Dir: "/var", User: "mosquitto", Caps: []string{"net_bind_service", "checkpoint_restore"},
				NewPrivs: true, Rlimits: []Rlimit{{"nofile", 64, 1 << 40}}, Needs: []string{"setup", "network"},
				Optional: true, Ready: ReadyTCP, ReadyAddress: "127.0.0.1:1883", StartMsec: 5000,
				Restart: RestartAlways, BackoffMsec: 100, BackoffMaxMsec: 60_000, RestartsMax: 5,
				RestartsWindowMsec: 60_000, StopSignal: 2, StopMsec: 3000,
				Limits: Limits{MemoryMaxBytes: 64 << 20, MemoryHighBytes: 48 << 20, CPUMaxUsec: 50_000,
					CPUPeriodUsec: 100_000, CPUWeight: 200, PidsMax: 32,
					IO: []IOLimit{{Disk: "vda", ReadBytesPerSec: 1 << 33, WriteBytesPerSec: 1, ReadOpsPerSec: 2, WriteOpsPerSec: 3}}},
			},
			{Name: "boxed", Kind: KindDaemon, Exec: []string{"/b"}, Ready: ReadyExec, Restart: RestartAlways,
				Isolation: Isolation{Syscalls: []string{"files", "clock"}, SyscallKill: true, Importance: 9,
					Namespaces: []string{"ipc", "net"}, Devices: []string{"rtc0", "net/tun"},
					Writable: []Writable{{Path: "/tmp", SizeBytes: 1 << 22, Mode: 0o1777}, {Path: "/run/boxed", Shared: true},
						{Path: "/etc/boxed", Sealed: true}},
					Files: []File{{Path: "/etc/boxed/key", Content: "x\n", Mode: 0o400, Owner: "mosquitto"},
						{Path: "/etc/boxed/hosts", Source: "/etc/hosts"}},
					Reads: []string{"/etc/", "/b"}, TCPBind: []uint16{80, 65535}, TCPConnect: []uint16{1}}},
			{Name: "inside", Kind: KindDaemon, Exec: []string{"/b"}, User: "7", Ready: ReadyExec, Restart: RestartAlways,
				Isolation: Isolation{Namespaces: []string{"user"}, NodeView: true, InsideID: 1 << 31}},
			{Name: "door", Kind: KindDaemon, Exec: []string{"/b"}, Ready: ReadyExec, Restart: RestartOnFailure, Port: 65535, Relay: true},
		},
	}
}

func TestManifestComesBackAsItWent(t *testing.T) {
	for name, m := range map[string]*Manifest{"empty": {}, "full": full()} {
		b, err := AppendManifest([]byte("before"), m)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b = b[len("before"):]
		got, err := DecodeManifest(b)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: came back as %+v, %v", name, got, err)
		}
		dec, enc := strictest(t)
		if !oracle(dec, enc, b) {
			t.Errorf("%s: the library finds %x not deterministic", name, b)
		}
	}
}

// The bytes are the contract with other releases: this vector never changes.
func TestManifestGoldenBytes(t *testing.T) {
	m := &Manifest{Node: "n", Links: []Link{{Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24}},
		Services: []Service{{Name: "a", Kind: KindDaemon, Exec: []string{"/a"}, Ready: ReadyNotify, Restart: RestartAlways,
			Limits: Limits{PidsMax: 300}}}}
	const want = "a3" + "00616e" + // node
		"0281" + "a2" + "01440a00020f" + "021818" + // links
		"0381" + "a6" + "006161" + "0101" + "0281622f61" + "0b02" + "0e01" + "15a10519012c"
	b, err := AppendManifest(nil, m)
	if got := hex.EncodeToString(b); err != nil || got != want {
		t.Errorf("wrote %s, %v\n want %s", got, err, want)
	}
}

func TestDecodeManifestRefuses(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"empty", "", "manifest: at byte 0: ends in the middle of an item; send all of it"},
		{"a list", "80", "manifest: at byte 0: another type of item than SPEC.md says"},
		{"trailing", "a000", "manifest: at byte 1: bytes follow the last item; send one item only"},
		{"unknown key", "a11863 00", "manifest: at byte 1: a key that SPEC.md does not know; leave it out or upgrade the node"},
		{"unknown service key", "a10381a1181a00", "manifest: service 0: at byte 4: a key that SPEC.md does not know; leave it out or upgrade the node"},
		{"empty node", "a10060", "manifest: node: at byte 2: a zero or empty value; leave its key out"},
		{"node too long", "a1007840" + hex.EncodeToString(make([]byte, 64)), "manifest: node: at byte 2: a string longer than its bound; shorten it"},
		{"no limits", "a10381a115a0", "manifest: service 0: limits: at byte 5: a zero or empty value; leave its key out"},
		{"address of 3", "a10281a101430a0002", "manifest: link 0: address: at byte 5: a number past its bound; see SPEC.md"},
		{"prefix 33", "a10281a1021821", "manifest: link 0: prefix: at byte 5: a number past its bound; see SPEC.md"},
		{"address zero", "a10281a1014400000000", "manifest: link 0: address: at byte 5: a zero or empty value; leave its key out"},
		{"65 services", "a1039841" + hex.EncodeToString(make([]byte, 65)), "manifest: services: at byte 2: more items than the bound; leave some out"},
		{"uid past 32 bits", "a10181a1011b0000000100000000", "manifest: user 0: uid: at byte 5: a number past its bound; see SPEC.md"},
	} {
		m, err := DecodeManifest(unhex(t, c.hex))
		if err == nil || err.Error() != c.want || m != nil {
			t.Errorf("%s: %v\nwant %s", c.name, err, c.want)
		}
	}
	var r Refusal
	if _, err := DecodeManifest(make([]byte, ManifestSizeMax+1)); !errors.As(err, &r) || r.Reason != RefusedSize {
		t.Errorf("a manifest past its size: %v", err)
	}
}

// Every prefix of a whole manifest is refused, as is every one with a byte more.
func TestDecodeManifestRefusesEveryCut(t *testing.T) {
	b, err := AppendManifest(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := DecodeManifest(b[:n]); err == nil {
			t.Fatalf("accepted the first %d of %d bytes", n, len(b))
		}
	}
	if _, err := DecodeManifest(append(b, 0)); err == nil {
		t.Error("accepted a byte too many")
	}
}

func TestAppendManifestRefusesWhatCouldNotBeRead(t *testing.T) {
	long := make([]string, ArgvMax+1)
	for name, m := range map[string]*Manifest{
		"name":       {Services: []Service{{Name: string(make([]byte, 32))}}},
		"arguments":  {Services: []Service{{Exec: long}}},
		"bytes":      {Services: []Service{{Exec: []string{string(make([]byte, ArgvSizeMax+1))}}}},
		"not UTF-8":  {Services: []Service{{Exec: []string{"/a", "\xff"}}}},
		"services":   {Services: make([]Service, ServicesMax+1)},
		"link name":  {Links: []Link{{Name: "sixteen-bytes-xx"}}},
		"prefix":     {Links: []Link{{PrefixBits: 33}}},
		"node":       {Node: string(make([]byte, 64))},
		"io":         {Services: []Service{{Limits: Limits{IO: make([]IOLimit, IOLimitsMax+1)}}}},
		"as a whole": {Services: bulky()},
	} {
		if b, err := AppendManifest([]byte{7}, m); err == nil || len(b) != 1 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}

func bulky() []Service {
	services := make([]Service, ServicesMax)
	for i := range services {
		services[i].Exec = []string{string(make([]byte, ArgvSizeMax-1))}
	}
	return services
}

func FuzzManifest(f *testing.F) {
	for _, m := range []*Manifest{{}, full()} {
		b, err := AppendManifest(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	dec, enc := strictest(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeManifest(b)
		if err != nil {
			return
		}
		if !oracle(dec, enc, b) {
			t.Fatalf("accepted %x, the oracle does not", b)
		}
		again, err := AppendManifest(nil, m)
		if err != nil || string(again) != string(b) {
			t.Fatalf("%x came back as %x, %v", b, again, err)
		}
		for _, p := range m.Validate() {
			if p.Error() == "" || p.Service >= len(m.Services) {
				t.Fatalf("problem %+v", p)
			}
		}
	})
}
