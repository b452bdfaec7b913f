package manifest

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/wire"
)

// read compiles text, or fails.
func read(t *testing.T, text string) *wire.Manifest {
	t.Helper()
	n, problems := Load("test.yaml", []byte(text))
	if problems != nil {
		t.Fatal(problems)
	}
	m, problems := Compile(n, Values{})
	if problems != nil {
		t.Fatal(problems)
	}
	return m
}

// Everything a document can say arrives in wire's fields.
func TestCompileAll(t *testing.T) {
	text, err := os.ReadFile("testdata/all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := &wire.Manifest{
		Node:  "edge-7",
		State: "PARTLABEL=mote-state",
		Access: []wire.Operator{{Name: "alice", Key: [wire.KeySize]byte{0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
			0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a}}},
		Users: []wire.User{{Name: "mqtt", UID: 2001, GID: 2001}, {Name: "web", UID: 2002}},
		Links: []wire.Link{{Name: "eth0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}},
			{Address: [4]byte{192, 168, 0, 1}, PrefixBits: 16}, {Name: "lan0", DHCP4: true, Probe: true},
			{Name: "lan1", Address6: [16]byte{0xfd, 15: 0x15}, Prefix6Bits: 64, Gateway6: [16]byte{0xfe, 0x80, 15: 1}, RA: true}},
		LinkRules:   []wire.LinkRule{{Name: "lan0", Match: []string{"MAC=52:54:00:00:00:01"}}, {Name: "wan0", Match: []string{"PCI_SLOT_NAME=0000:00:1f.6", "DRIVER=igc"}, Order: 2}},
		TimeServers: [][16]byte{{10: 0xff, 11: 0xff, 12: 10, 13: 0, 14: 2, 15: 3}, {0xfd, 15: 3}},
		Services: []wire.Service{
			{Name: "setup", Kind: wire.KindOneShot, Exec: []string{"/bin/setup", ""}, Ready: wire.ReadyExit, Restart: wire.RestartOnFailure, EveryMsec: 7 * 86_400_000},
			{Name: "mqtt", Kind: wire.KindDaemon, Exec: []string{"/bin/mochi", "-tcp", ":1883"}, Env: []string{"GOMEMLIMIT=48MiB", "PORT=1883", "EMPTY="},
				Dir: "/run", User: "mqtt", Caps: []string{"net_bind_service"}, Rlimits: []wire.Rlimit{{Name: "nofile", Soft: 512, Hard: 1024}, {Name: "core"},
					{Name: "as", Soft: 1<<64 - 1, Hard: 1<<64 - 1}}, Needs: []string{"network", "setup"}, Optional: true, Ready: wire.ReadyTCP, ReadyAddress: "127.0.0.1:1883",
				StartMsec: 60_000, Restart: wire.RestartOnFailure, BackoffMsec: 250, BackoffMaxMsec: 90_000, RestartsMax: 5, RestartsWindowMsec: 3_600_000,
				StopSignal: 2, StopMsec: 1_500, Limits: wire.Limits{MemoryMaxBytes: 64 << 20, MemoryHighBytes: 50e6, CPUMaxUsec: 50_000, CPUWeight: 200, PidsMax: 64,
					IO: []wire.IOLimit{{Disk: "vda", ReadBytesPerSec: 10 << 20, WriteBytesPerSec: 1.5e6, ReadOpsPerSec: 100, WriteOpsPerSec: 50}}},
				Isolation: wire.Isolation{Syscalls: []string{"files", "network"}, SyscallKill: true, Importance: 9, Namespaces: []string{"ipc", "user"},
					InsideID: 1000, Devices: []string{"net/tun"}, Writable: []wire.Writable{{Path: "/tmp", SizeBytes: 4 << 20, Mode: 0o1777},
						{Path: "/run/mqtt", Shared: true}, {Path: "/etc/mqtt", Mode: 0o750, Sealed: true}},
					Files: []wire.File{{Path: "/etc/mqtt/conf", Content: "log info", Mode: 0o400, Owner: "mqtt"}, {Path: "/etc/mqtt/hosts", Source: "/etc/hosts"}},
					Reads: []string{"/etc/mqtt/"}, TCPBind: []uint16{1883}, TCPConnect: []uint16{443, 8883}}},
			{Name: "door", Kind: wire.KindDaemon, Exec: []string{"/bin/door"}, Ready: wire.ReadyExec, Restart: wire.RestartOnFailure, Port: 8080, Relay: true},
			{Name: "raw", Kind: wire.KindDaemon, Exec: []string{"/bin/raw"}, User: "77", NewPrivs: true, Ready: wire.ReadyUnix, ReadyAddress: "/run/raw sock",
				Restart: wire.RestartNever, StopSignal: 40, Limits: wire.Limits{CPUMaxUsec: 5_000, CPUPeriodUsec: 20_000},
				Isolation: wire.Isolation{NodeView: true}},
		},
	}
	m := read(t, string(text))
	if !reflect.DeepEqual(m, want) {
		t.Errorf("compiled to %+v\nwant %+v", m, want)
	}
	golden.Check(t, "testdata/all.shown.yaml", string(shown(t, m)))
}

// testdata/all.yaml, which README points to, has every field.
func TestAllHasEveryField(t *testing.T) {
	text, err := os.ReadFile("testdata/all.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, problems := Load("all.yaml", text)
	if problems != nil {
		t.Fatal(problems)
	}
	var look func(fields []Field, maps []*Node, path string)
	look = func(fields []Field, maps []*Node, path string) {
		for i := range fields {
			f, at := &fields[i], join(path, fields[i].Name)
			var found []*Node
			for _, m := range maps {
				if v := m.Get(f.Name); v != nil {
					found = append(found, v)
				}
			}
			b, ok := f.Form.(below)
			switch {
			case len(found) == 0:
				t.Errorf("%s is not in testdata/all.yaml", at)
			case ok && b.entry() == "":
				look(b.fields(), found, at)
			case ok:
				var entries []*Node
				for _, m := range found {
					for _, e := range m.Entries {
						entries = append(entries, e.Value)
					}
				}
				look(b.fields(), entries, join(at, b.entry()))
			}
		}
	}
	look(manifestFields(), []*Node{n}, "")
}

// again compiles what a manifest is shown as.
func again(t *testing.T, text []byte) *wire.Manifest {
	t.Helper()
	n, problems := Load("shown", text)
	if problems != nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	m, problems := Compile(n, Values{})
	if problems != nil {
		t.Fatalf("%v\n%s", problems, text)
	}
	return m
}

// shown writes a manifest as YAML, and holds JSON to say the same.
func shown(t *testing.T, m *wire.Manifest) []byte {
	t.Helper()
	y, err := Show(m).YAML()
	if err != nil {
		t.Fatal(err)
	}
	j, err := Show(m).JSON()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := again(t, y), again(t, j); !reflect.DeepEqual(a, b) {
		t.Fatalf("JSON says %+v\nYAML says %+v", b, a)
	}
	return y
}

// Whatever can be compiled is shown as a document that means the same: it is
// shown the same again. Nothing panics.
func FuzzCompile(f *testing.F) {
	for _, name := range []string{"testdata/all.yaml", "testdata/machines.yaml", "testdata/wrong.yaml"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("mote: v1\nservices: {a: {exec: [\"/b\", \"yes\", '0x1', \"1e3\", 'a\\nb', \"\\u0085\", \" \"], env: {true: \"\", 1: '2'}}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		n, problems := Load("fuzz", text)
		var out bytes.Buffer
		problems.Print(&out, true)
		if n == nil {
			return
		}
		_, more := Check(n)
		more.Print(&out, false)
		m, more := Compile(n, Values{})
		if len(problems)+len(more) > 0 {
			return
		}
		first := shown(t, m)
		if second := shown(t, again(t, first)); !bytes.Equal(first, second) {
			t.Fatalf("shown as\n%s\nand then as\n%s", first, second)
		}
	})
}

// The order of the document is the manifest's.
func TestOrderIsKept(t *testing.T) {
	m := read(t, "mote: v1\nservices: {z: {exec: [/a]}, a: {exec: [/a]}, m: {exec: [/a]}}\n")
	var order []string
	for _, s := range m.Services {
		order = append(order, s.Name)
	}
	if got := strings.Join(order, " "); got != "z a m" {
		t.Error(got)
	}
}
