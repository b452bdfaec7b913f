//go:build qemu

package nodecmd

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/manifest"
	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/mote/gencmd"
	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/wire"
)

// guestPort is where a node's gate listens.
const guestPort = 7443

// TestQEMUGet: from keys to answers. A house is made, its node's image built and
// booted, and asked over the network, by whom it knows and by whom it does not.
func TestQEMUGet(t *testing.T) {
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "contexts.yaml")}
	d.command = Command{Now: time.Now, Contexts: func() (string, error) { return d.path, nil }}
	home := filepath.Join(t.TempDir(), "home")
	d.gen(home, "--operator", "alice", "--node", "edge-1=127.0.0.1")
	node := bootNode(t, filepath.Join(home, "edge-1.yaml"))
	vmtest.WaitLine(t, node, "] ready")
	port, err := node.Port(t.Context(), guestPort)
	if err != nil {
		t.Fatal(err)
	}
	d.address(home, fmt.Sprintf("127.0.0.1:%d", port))

	cold := time.Now()
	first := d.services(home)
	t.Logf("the first answer came after %v (the gate was started for it)", time.Since(cold).Round(time.Millisecond))
	if first["gate"].State != "up" || first["leaf"].State != "done" || first["web"].State != "up" {
		t.Errorf("%+v", first)
	}
	warm := time.Now()
	d.services(home)
	t.Logf("the next one after %v", time.Since(warm).Round(time.Millisecond))
	if out, code := d.run(t.Context(), "get nodes -o wide"); code != exit.OK || !strings.Contains(out, "edge-1  ready") {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := d.run(t.Context(), "get links"); code != exit.OK || !strings.Contains(out, "10.0.2.15/24") {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := d.run(t.Context(), "get addresses"); code != exit.OK || !strings.Contains(out, "10.0.2.15/24  eth0  in ") {
		t.Errorf("status %d: %s", code, out)
	}
	// QEMU's network offers no way out where nothing may leave it.
	if out, code := d.run(t.Context(), "get routes -o json"); code != exit.OK || out != "[]\n" {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := d.run(t.Context(), "get certificates"); code != exit.OK || !strings.Contains(out, "node:edge-1") {
		t.Errorf("status %d: %s", code, out)
	}
	if out, code := d.run(t.Context(), "logs web"); code != exit.OK || !strings.Contains(out, " | ") {
		t.Errorf("status %d: %s", code, out)
	}
	d.strangers(home, port)
	// Idle, the gate leaves; the next who asks starts another, with a new leaf.
	time.Sleep(20 * time.Second) // longer than the gate stays: it is what is tested
	again := d.services(home)
	if again["gate"].Restarts != 0 || again["gate"].SinceNsec <= first["gate"].SinceNsec || again["leaf"].SinceNsec <= first["leaf"].SinceNsec {
		t.Errorf("the gate of before is still there: %+v, %+v", first, again)
	}
	if again["web"].Restarts != 0 || again["web"].PID != first["web"].PID {
		t.Errorf("web did not live through it: %+v", again["web"])
	}
}

// gen runs `mote gen`.
func (d *desk) gen(words ...string) {
	d.t.Helper()
	c := gencmd.New(gencmd.Command{Now: time.Now, Contexts: d.command.Contexts})
	c.SetOut(new(strings.Builder))
	c.SetArgs(words)
	if err := c.ExecuteContext(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// address writes where the node of the current house answers.
func (d *desk) address(home, address string) {
	d.t.Helper()
	f, err := contexts.Load(d.path)
	if err == nil {
		f.Contexts[filepath.Base(home)].Nodes["edge-1"] = address
		err = f.Save(d.path)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

// bootNode builds an image of a manifest, with a service more, and boots it.
func bootNode(t *testing.T, name string) *vm.VM {
	t.Helper()
	m, err := manifest.CompileFile(name, "")
	if err != nil {
		t.Fatal(err)
	}
	m.Services = append(m.Services, wire.Service{Name: "web", Kind: wire.KindDaemon, Exec: []string{"/bin/testprog", "forks", "3"},
		Ready: wire.ReadyExec, Restart: wire.RestartAlways})
	root, err := image.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	build := filepath.Join(root, "build")
	result, err := image.Build(t.Context(), image.Spec{Manifest: m, Init: image.Init(root, "amd64"),
		Programs: []image.Program{image.Agent(root), image.TestProgram(root)},
		Out:      filepath.Join(t.TempDir(), "root.squashfs"), Keep: filepath.Join(build, "programs"), Packing: image.Packing{Level: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return vmtest.Start(t, vm.Config{Kernel: filepath.Join(build, "vmlinux"), Root: result.Out, RNG: true, CPUs: 2,
		Append: vm.MoteWords(), NICs: []vm.NIC{{Forwards: []vm.Forward{{GuestPort: guestPort}}}}})
}

// services are the node's, by name.
func (d *desk) services(home string) map[string]serviceFields {
	d.t.Helper()
	out, code := d.run(d.t.Context(), "get services -o json --timeout 60s --context "+filepath.Base(home))
	var list []serviceFields
	if err := json.Unmarshal([]byte(out), &list); code != exit.OK || err != nil {
		d.t.Fatalf("status %d, %v: %s", code, err, out)
	}
	all := map[string]serviceFields{}
	for _, s := range list {
		all[s.Name] = s
	}
	return all
}

// strangers are those of another house, and some who connect and say nothing: the one
// is refused, the others hold up nobody. QEMU's user network takes a second for each
// connection past its queue of one, so they are few here; package gate's tests have a
// thousand.
func (d *desk) strangers(home string, port int) {
	d.t.Helper()
	other := filepath.Join(d.t.TempDir(), "other")
	d.gen(other, "--operator", "mallory", "--node", fmt.Sprintf("edge-1=127.0.0.1:%d", port))
	if out, code := d.run(d.t.Context(), "get nodes --timeout 60s"); code != exit.Unverified {
		d.t.Errorf("another house: status %d: %s", code, out)
	}
	f, err := contexts.Load(d.path)
	if err != nil {
		d.t.Fatal(err)
	}
	mixed := f.Contexts["other"]
	mixed.Root = f.Contexts["home"].Root // knows the node, and is not known to it
	f.Contexts["mixed"] = mixed
	if err := f.Save(d.path); err != nil {
		d.t.Fatal(err)
	}
	if out, code := d.run(d.t.Context(), "get nodes --timeout 60s --context mixed"); code != exit.Refused {
		d.t.Errorf("an operator of another house: status %d: %s", code, out)
	}
	began := time.Now()
	for range 20 {
		conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			d.t.Fatal(err)
		}
		defer conn.Close()
	}
	opened := time.Now()
	d.services(home)
	d.t.Logf("20 connections that say nothing were opened in %v, and an honest client was answered %v later",
		opened.Sub(began).Round(time.Millisecond), time.Since(opened).Round(time.Millisecond))
}
