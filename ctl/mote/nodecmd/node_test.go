package nodecmd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"mote/ctl/client/clienttest"
	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/pki"
	"mote/size/golden"
	"mote/wire"
)

// desk is where an operator sits, with a context of nodes that answer.
type desk struct {
	t       *testing.T
	house   clienttest.House
	command Command
	file    contexts.File
	path    string
}

func newDesk(t *testing.T) *desk {
	dir := t.TempDir()
	d := &desk{t: t, house: clienttest.NewHouse(t), path: filepath.Join(dir, "contexts.yaml")}
	who := d.house.Operator(t, wire.RoleReader).Holder
	der, err := x509.MarshalPKCS8PrivateKey(who.Key.(ed25519.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"root.crt": pki.EncodeCertificates(d.house.Root.Certificate),
		"alice.crt": pki.EncodeCertificates(who.Certificate), "alice.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.file = contexts.File{Current: "home", Contexts: map[string]contexts.Context{
		"home": {Root: "root.crt", Key: "alice.key", Certificate: "alice.crt", Nodes: map[string]string{}}}}
	d.command = Command{Now: time.Now, Contexts: func() (string, error) { return d.path, nil }}
	return d
}

// node adds one to the context.
func (d *desk) node(name, address string) {
	d.file.Contexts["home"].Nodes[name] = address
	if err := d.file.Save(d.path); err != nil {
		d.t.Fatal(err)
	}
}

// run gives what a command line prints on both outputs, and its status.
func (d *desk) run(ctx context.Context, line string) (string, exit.Code) {
	root := &cobra.Command{Use: "mote", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(New(d.command), NewLogs(d.command))
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(strings.Fields(line))
	err := root.ExecuteContext(ctx)
	code, silent := exit.Of(err)
	if !silent {
		out.WriteString(err.Error() + "\n")
	}
	return out.String(), code
}

// answers of a node.
func answers() map[wire.Verb]wire.Body {
	return map[wire.Verb]wire.Body{
		wire.VerbStatus: &wire.Status{Node: "edge-1", Version: "0.1.0", State: "ready", NowNsec: 200_061e9, Services: []wire.ServiceStatus{
			{Name: "web", State: "up", PID: 77, SinceNsec: 200_000e9, ReadyNsec: 200_001e9, Restarts: 2, LastEnd: wire.End{Signal: 9, Reason: "killed"}},
			{Name: "batch", State: "waiting", SinceNsec: 1e9, WaitingFor: "ready of web\x1b[2J"},
			{Name: "gate", State: "down", SinceNsec: 200_060e9, WaitingFor: "a connection", LastEnd: wire.End{Code: 3, Reason: "exited"}}},
			Area:     wire.AreaStatus{Device: "/dev/vda4", State: "open", Alarm: "one block is damaged", Boots: 7, LastEnded: "reboot", WrittenBytes: 4096},
			Time:     wire.TimeStatus{Server: [16]byte{10: 0xff, 11: 0xff, 12: 10, 13: 0, 14: 2, 15: 3}, Servers: 3, Agreeing: 2, SinceNsec: 5e9, OffsetNsec: 700, Ahead: true, ErrorNsec: 9000},
			Manifest: wire.ManifestStatus{Generation: 8, Previous: 7, Tried: 8, UntilNsec: 200_241e9, Staged: 9, Signer: "alice", Newest: 9}},
		wire.VerbNetwork: &wire.NetTables{NowNsec: 200_061e9, Tables: [3][]wire.NetItem{
			{{Numbers: [3]uint64{2, 1500, wire.NetLinkUp | wire.NetLinkRunning}, Bytes: [2][]byte{[]byte("eth0"), {2, 0, 0, 0, 0, 1}}},
				{Numbers: [3]uint64{1, 65536, wire.NetLinkUp | wire.NetLinkRunning}, Bytes: [2][]byte{[]byte("lo")}},
				{Numbers: [3]uint64{3, 1500, wire.NetLinkUp}, Bytes: [2][]byte{[]byte("eth1"), {2, 0, 0, 0, 0, 2}}}, {Numbers: [3]uint64{4, 1500}, Bytes: [2][]byte{[]byte("eth2")}}},
			{{Numbers: [3]uint64{2, 64}, Bytes: [2][]byte{{0xfe, 0x80, 15: 1}}}, {Numbers: [3]uint64{2, 24, 203_661e9}, Bytes: [2][]byte{{10, 0, 2, 15}}}},
			{{Numbers: [3]uint64{2, 0, 1024}, Bytes: [2][]byte{{10, 0, 2, 2}}}, {Numbers: [3]uint64{2, 8}, Bytes: [2][]byte{{10, 0, 2, 3}, {10, 0, 0, 0}}}}}},
		wire.VerbTimeline: &wire.Timeline{Marks: []wire.MarkRecord{{Name: "init", TimeNsec: 97_000_500}, {Name: "ready", TimeNsec: 1_120_250_000}}},
		wire.VerbLoop:     &wire.LoopStatus{Sources: []wire.SourceStatus{{Name: "signal", Events: 3, LongestNsec: 12_000}, {Name: "uevent", Events: 90, Dropped: 1, LongestNsec: 1_500_000}}},
		wire.VerbLogs: &wire.Logs{Dropped: 5, Records: []wire.LogRecord{{TimeNsec: 1_000_250_000, Stream: wire.StreamOut, Text: []byte("hello")},
			{TimeNsec: 2e9, Stream: wire.StreamErr, Text: []byte("\x1b[31moops\xff")}, {TimeNsec: 61e9, Stream: wire.StreamNote, Text: []byte("exit status 3")}}},
		wire.VerbPrevious: &wire.Logs{},
	}
}

// TestGolden holds what is printed to the files.
func TestGolden(t *testing.T) {
	d := newDesk(t)
	one := d.house.Node(t, "edge-1", clienttest.Replies(answers()))
	d.node("edge-1", one)
	changing := regexp.MustCompile(`\d{4}-\d\d-\d\d[ T][\d:.]+Z?|127\.0\.0\.1:\d+|[0-9a-f]{31,32}`)
	text := ""
	say := func(lines ...string) {
		for _, line := range lines {
			out, code := d.run(t.Context(), line)
			text += "$ mote " + line + "\n" + changing.ReplaceAllString(out, "…") + "status " + string(rune('0'+int(code))) + "\n\n"
		}
	}
	say("get nodes", "get nodes -o wide", "get nodes -o json", "get services", "get services -o wide", "get service web", "get services -o name",
		"get services web -o json", "get services web -o yaml", "get services nobody", "get links", "get links eth0 -o wide", "get links eth1 -o json", "get address", "get routes -o wide", "get marks", "get marks -o json", "get sources",
		"get certificates", "get pods", "get nodes -o xml", "get nodes --context office", "get nodes -n edge-9",
		"logs web", "logs web --tail 1", "logs --previous")
	// A second node, and one that nobody answers for.
	other := answers()
	delete(other, wire.VerbLogs)
	d.node("edge-2", d.house.Node(t, "edge-2", clienttest.Replies(other)))
	say("get nodes", "get services -n edge-2 -n edge-1", "get services -o name", "logs web")
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	d.node("edge-3", gone.Addr().String())
	say("get nodes", "get nodes -n edge-3", "get nodes -n edge-3 -o json")
	d.node("edge-4", one) // another node answers there
	say("get nodes -n edge-4", "get nodes -n edge-3 -n edge-4")
	golden.Check(t, filepath.Join("testdata", "nodes.txt"), text)
}

// TestFollow: what is written later is printed once, also over another connection.
func TestFollow(t *testing.T) {
	d := newDesk(t)
	at := uint64(0)
	d.node("edge-1", d.house.Node(t, "edge-1", func(r *wire.Request) []byte {
		logs := &wire.Logs{}
		if at += 1e6; r.Args.SinceNsec <= at {
			logs.Records = []wire.LogRecord{{TimeNsec: at, Stream: wire.StreamOut, Text: []byte("line")}}
		}
		b, _ := wire.AppendReply(nil, r.ID, false, logs)
		return b
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	out, code := d.run(ctx, "logs web -f")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	seen := map[string]bool{}
	for _, line := range lines {
		if seen[line] {
			t.Errorf("%q is printed twice", line)
		}
		seen[line] = true
	}
	if code != exit.OK || len(lines) < 2 {
		t.Errorf("status %d: %s", code, out)
	}
}
