//go:build qemu

package main_test

import (
	"bufio"
	"crypto/ed25519"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"mote/ctl/manifest"
	"mote/ctl/vm/vmtest"
	"mote/fs"
	"mote/wire"
)

// exchange sends one request over a connection to PID 1 and reads its reply.
func (g *guest) exchange(conn net.Conn, in *bufio.Reader, r *wire.Request) (reply wire.Reply) {
	g.t.Helper()
	frame, ok := wire.AppendRequest(nil, r)
	if !ok {
		g.t.Fatalf("%+v is no request", r)
	}
	if _, err := conn.Write(frame); err != nil {
		g.t.Fatal(err)
	}
	head := make([]byte, wire.FrameHeadSize)
	if _, err := io.ReadFull(in, head); err != nil {
		g.t.Fatal(err)
	}
	payload := make([]byte, int(head[1])<<16|int(head[2])<<8|int(head[3]))
	if _, err := io.ReadFull(in, payload); err != nil {
		g.t.Fatal(err)
	}
	if err := wire.DecodeReply(payload, &reply); err != nil {
		g.t.Fatal(err)
	}
	return reply
}

// apply sends a signed manifest in pieces, through the relay in the machine.
func (g *guest) apply(sealed []byte, mode wire.ApplyMode, tryMsec uint32) (reply wire.Reply, applied wire.Applied) {
	g.t.Helper()
	conn := g.dial("control")
	defer conn.Close()
	in := bufio.NewReader(conn)
	for at := 0; at < len(sealed); at += wire.PieceSizeMax {
		args := wire.ApplyArgs{Mode: mode, TryMsec: tryMsec, SizeBytes: uint32(len(sealed)), OffsetBytes: uint32(at),
			Piece: sealed[at:min(at+wire.PieceSizeMax, len(sealed))]}
		reply = g.exchange(conn, in, &wire.Request{ID: 1, Verb: wire.VerbApply, Args: wire.Args{Apply: args}})
	}
	if reply.Error.Code == 0 {
		if err := wire.DecodeApplied(reply.Body, &applied); err != nil {
			g.t.Fatal(err)
		}
	}
	return reply, applied
}

// confirm lets a try stand.
func (g *guest) confirm(generation uint64) wire.Reply {
	g.t.Helper()
	conn := g.dial("control")
	defer conn.Close()
	return g.exchange(conn, bufio.NewReader(conn), &wire.Request{ID: 2, Verb: wire.VerbConfirm,
		Args: wire.Args{Apply: wire.ApplyArgs{Generation: generation}}})
}

// inForce is the machine's manifest.
func (g *guest) inForce() wire.ManifestStatus {
	g.t.Helper()
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil {
		g.t.Fatal(err)
	}
	return st.Manifest
}

// TestQEMUApply: a real machine takes manifests from a program in it: what changes
// restarts, and nothing else; a try goes back; a restart keeps the generation.
func TestQEMUApply(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	of := func(n string, more ...wire.Service) wire.Manifest {
		stays, changes := behave("stays", wire.ReadyExec, "hang"), behave("changes", wire.ReadyExec, "hang")
		stays.Limits.MemoryMaxBytes = uint64(len(n)) << 26
		changes.Env = []string{"N=" + n}
		return wire.Manifest{Node: "tested", Access: []wire.Operator{{Name: "alice", Key: [32]byte(public)}},
			Services: append([]wire.Service{stays, changes}, more...)}
	}
	signed := func(generation uint64, m wire.Manifest) []byte {
		m.Services = append([]wire.Service{relayService()}, m.Services...)
		compiled, err := wire.AppendManifest(nil, &m)
		if err != nil {
			t.Fatal(err)
		}
		b, err := manifest.Sign(private, generation, "", compiled)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	path := filepath.Join(t.TempDir(), "state.img")
	if err := os.WriteFile(path, make([]byte, fs.StateAreaBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	c := withState(path, "", "")
	start := func() *guest {
		g := launchManifest(t, c, of(""), nil, nil)
		vmtest.WaitLine(t, g.VM, "] ready")
		g.until("changes", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
		return g
	}
	g := start()
	relay, stays, changes := g.service("relay").PID, g.service("stays").PID, g.service("changes").PID

	if reply, a := g.apply(signed(5, of("a", behave("new", wire.ReadyExec, "hang"))), wire.ApplyDryRun, 0); reply.Error.Code != 0 || len(a.Changes) != 3 {
		t.Fatalf("dry run: %v, %+v", reply.Error, a)
	}
	reply, a := g.apply(signed(5, of("a", behave("new", wire.ReadyExec, "hang"))), wire.ApplyAuto, 0)
	if reply.Error.Code != 0 || !a.Kept || len(a.Changes) != 3 || a.Changes[0] != (wire.ServiceChange{Name: "stays", What: wire.ChangeLive}) ||
		a.Changes[1] != (wire.ServiceChange{Name: "changes", What: wire.ChangeRestart}) || a.Changes[2] != (wire.ServiceChange{Name: "new", What: wire.ChangeStart}) {
		t.Fatalf("%v, %+v\n%s", reply.Error, a, g.console())
	}
	g.until("new", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	g.until("changes", "another one", func(s wire.ServiceStatus) bool { return s.State == "up" && s.PID != changes })
	if g.service("relay").PID != relay || g.service("stays").PID != stays {
		t.Error("a service that does not change was started anew")
	}
	if limit := g.ask("cat /sys/fs/cgroup/services/stays/memory.max"); limit != "67108864\n" {
		t.Errorf("the limit of a service that goes on is %q", limit)
	}
	if reply, _ := g.apply(signed(5, of("b")), wire.ApplyAuto, 0); reply.Error.Code != wire.CodeOld {
		t.Errorf("generation 5 again: %v", reply.Error)
	}

	if reply, a := g.apply(signed(6, of("bb")), wire.ApplyTry, 3000); reply.Error.Code != 0 || a.UntilNsec == 0 {
		t.Fatalf("try: %v, %+v", reply.Error, a)
	}
	if st := g.inForce(); st.Tried != 6 {
		t.Errorf("%+v", st)
	}
	g.says("generation 6 was not confirmed in time, going back")
	g.until("new", "there again", func(s wire.ServiceStatus) bool { return s.State == "up" })
	if reply, _ := g.apply(signed(7, of("ccc", behave("new", wire.ReadyExec, "hang"))), wire.ApplyTry, 60_000); reply.Error.Code != 0 {
		t.Fatalf("try: %v", reply.Error)
	}
	if reply := g.confirm(7); reply.Error.Code != 0 {
		t.Errorf("confirm: %v", reply.Error)
	}
	g.dial("kill 1 2")
	vmtest.Wait(t, g.VM)

	g = start()
	if st := g.inForce(); st.Generation != 7 || st.Previous != 5 || st.Newest != 7 || st.Signer != "alice" || st.Alarm != "" {
		t.Errorf("after a restart: %+v\n%s", st, g.console())
	}
	g.until("new", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	if reply, _ := g.apply(signed(8, of("dddd")), wire.ApplyTry, 60_000); reply.Error.Code != 0 {
		t.Fatalf("try: %v", reply.Error)
	}
	g.Close() // the power fails in the middle of a try

	g = start()
	if st := g.inForce(); st.Generation != 7 || st.Newest != 8 {
		t.Errorf("after a loss of power: %+v\n%s", st, g.console())
	}
	g.says("generation 8 was tried and not confirmed")
}
