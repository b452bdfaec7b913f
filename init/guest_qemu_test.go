//go:build qemu

package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/wire"
)

// relayPort is where the machine's relay listens, see testdata/relay.
const relayPort = 7000

// guest is a running machine that can be looked into.
type guest struct {
	*vm.VM
	t    *testing.T
	port int
}

// boot builds an image of the services and boots it to ready. Every image has
// the test program, the relay and the static address that the relay needs.
func boot(t *testing.T, c vm.Config, services []wire.Service, more ...image.Program) *guest {
	t.Helper()
	g := launch(t, c, services, more...)
	vmtest.WaitLine(t, g.VM, "] ready")
	return g
}

// launch is boot without the wait.
func launch(t *testing.T, c vm.Config, services []wire.Service, more ...image.Program) *guest {
	t.Helper()
	return launchManifest(t, c, wire.Manifest{Node: "tested", Services: services}, more, nil)
}

// launchManifest adds the test program and the relay to a manifest and its
// programs, and starts the machine.
func launchManifest(t *testing.T, c vm.Config, man wire.Manifest, programs []image.Program, files image.Table) *guest {
	t.Helper()
	c.Root = buildRoot(t, man, programs, files)
	if len(man.Links) == 0 {
		c.Append = append([]string{vm.StaticWord}, c.Append...)
	}
	return startGuest(t, c)
}

// buildRoot builds the image.
func buildRoot(t *testing.T, man wire.Manifest, programs []image.Program, files image.Table) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	relay := image.Program{Path: "/bin/relay", Package: "./init/testdata/relay", Module: root,
		Flags: image.ProgramFlags(), Reason: "the host's hand inside the machine"}
	pid1 := image.Init(root, "amd64")
	programs = slices.DeleteFunc(slices.Clone(programs), func(p image.Program) bool {
		if p.Path == pid1.Path { // a test's own build of it
			pid1 = p
		}
		return p.Path == pid1.Path
	})
	man.Services = append([]wire.Service{relayService()}, man.Services...)
	result, err := image.Build(t.Context(), image.Spec{Manifest: &man, Unchecked: true, Files: files,
		Init: pid1, Programs: append([]image.Program{image.TestProgram(root), relay}, programs...),
		Out: filepath.Join(t.TempDir(), "root.squashfs"), Keep: filepath.Join(root, "build", "programs"),
		Packing: image.Packing{Level: 1}}) // quick: nobody keeps it
	if err != nil {
		t.Fatal(err)
	}
	return result.Out
}

// startGuest starts a machine that has a root, and reaches for its relay.
func startGuest(t *testing.T, c vm.Config) *guest {
	t.Helper()
	if c.Kernel == "" {
		c.Kernel = "../build/vmlinux"
	}
	c.Append = append(vm.MoteWords(), c.Append...)
	c.NICs = []vm.NIC{{Forwards: append([]vm.Forward{{GuestPort: relayPort}}, forwards(c)...)}}
	g := &guest{VM: vmtest.Start(t, c), t: t}
	var err error
	if g.port, err = g.Port(t.Context(), relayPort); err != nil {
		t.Fatal(err)
	}
	return g
}

// forwards keeps what a test asked for itself.
func forwards(c vm.Config) []vm.Forward {
	if len(c.NICs) == 0 {
		return nil
	}
	return c.NICs[0].Forwards
}

func relayService() wire.Service {
	return wire.Service{Name: "relay", Kind: wire.KindDaemon, Needs: []string{wire.StageNetwork},
		Exec: []string{"/bin/relay", fmt.Sprintf(":%d", relayPort)}, Ready: wire.ReadyTCP,
		ReadyAddress: fmt.Sprintf("127.0.0.1:%d", relayPort), Restart: wire.RestartAlways,
		// The last one opens files where all others have used them up.
		Caps: []string{"kill", "sys_ptrace", "dac_read_search", "syslog", "sys_admin"}, Isolation: wire.Isolation{NodeView: true}}
}

// behave is a service of the test program.
func behave(name string, ready wire.Ready, args ...string) wire.Service {
	kind, restart := wire.KindDaemon, wire.RestartAlways
	if ready == wire.ReadyExit {
		kind, restart = wire.KindOneShot, wire.RestartNever
	}
	return wire.Service{Name: name, Kind: kind, Exec: append([]string{"/bin/testprog"}, args...),
		Ready: ready, Restart: restart, Optional: true}
}

// dial opens a connection to the relay and says what for.
func (g *guest) dial(line string) net.Conn {
	g.t.Helper()
	conn, err := net.DialTimeout("tcp4", "127.0.0.1:"+strconv.Itoa(g.port), vmtest.Limit)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(vmtest.Limit))
	if _, err := fmt.Fprintln(conn, line); err != nil {
		g.t.Fatal(err)
	}
	return conn
}

// ask gives the relay's whole answer to a line.
func (g *guest) ask(format string, args ...any) string {
	g.t.Helper()
	b, err := io.ReadAll(g.dial(fmt.Sprintf(format, args...)))
	if err != nil {
		g.t.Fatal(err)
	}
	return string(b)
}

// control sends one request to PID 1 and gives the reply's body.
func (g *guest) control(verb wire.Verb, name string) []byte {
	g.t.Helper()
	reply := g.request(verb, name)
	if reply.Error.Code != 0 {
		g.t.Fatalf("%s %s: %v", verb, name, reply.Error)
	}
	return reply.Body
}

func (g *guest) request(verb wire.Verb, name string) wire.Reply {
	g.t.Helper()
	frame, ok := wire.AppendRequest(nil, &wire.Request{ID: 1, Verb: verb, Name: []byte(name)})
	if !ok {
		g.t.Fatalf("%s %q is no request", verb, name)
	}
	conn := g.dial("control")
	defer conn.Close() // PID 1 has few places for peers
	if _, err := conn.Write(frame); err != nil {
		g.t.Fatal(err)
	}
	in, have := bufio.NewReader(conn), []byte(nil)
	for {
		payload, _, ok := wire.NextFrame(have)
		if !ok {
			g.t.Fatalf("no frame: % x", have)
		}
		if payload != nil {
			var reply wire.Reply
			if err := wire.DecodeReply(payload, &reply); err != nil {
				g.t.Fatal(err)
			}
			return reply
		}
		b, err := in.ReadByte()
		if err != nil {
			g.t.Fatalf("%v after % x", err, have)
		}
		have = append(have, b)
	}
}

// service gives the status of one service.
func (g *guest) service(name string) wire.ServiceStatus {
	g.t.Helper()
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil {
		g.t.Fatal(err)
	}
	for _, s := range st.Services {
		if s.Name == name {
			return s
		}
	}
	g.t.Fatalf("no service %s", name)
	return wire.ServiceStatus{}
}

// until asks again and again until the service is as wanted.
func (g *guest) until(name, what string, is func(wire.ServiceStatus) bool) wire.ServiceStatus {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), vmtest.Limit)
	defer cancel()
	var s wire.ServiceStatus
	for ctx.Err() == nil {
		if s = g.service(name); is(s) {
			return s
		}
	}
	g.t.Fatalf("%s never was %s; at last %+v", name, what, s)
	return s
}

// logs gives a service's output as lines.
func (g *guest) logs(name string) []string {
	g.t.Helper()
	var logs wire.Logs
	if err := wire.DecodeLogs(g.control(wire.VerbLogs, name), &logs); err != nil {
		g.t.Fatal(err)
	}
	var lines []string
	for _, r := range logs.Records {
		lines = append(lines, string(r.Text))
	}
	return lines
}

// loop gives what PID 1's loop knows of itself.
func (g *guest) loop() wire.LoopStatus {
	g.t.Helper()
	var l wire.LoopStatus
	if err := wire.DecodeLoop(g.control(wire.VerbLoop, ""), &l); err != nil {
		g.t.Fatal(err)
	}
	return l
}

// console gives everything that was printed.
func (g *guest) console() string {
	var b strings.Builder
	for _, l := range g.Lines() {
		b.WriteString(l.Text + "\n")
	}
	return b.String()
}

// says waits until the console has said a text, now or before.
func (g *guest) says(text string) {
	g.t.Helper()
	deadline := time.Now().Add(vmtest.Limit)
	for !strings.Contains(g.console(), text) {
		if time.Now().After(deadline) {
			g.t.Errorf("the console never said %q:\n%s", text, g.Tail())
			return
		}
		time.Sleep(20 * time.Millisecond) // between two looks, not instead of one
	}
}

// TestMain tells what to do when the product kernel was not built.
func TestMain(m *testing.M) {
	if _, err := os.Stat("../build/vmlinux"); err != nil {
		fmt.Fprintln(os.Stderr, "these tests boot build/vmlinux: run \"make kernel\" first")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
