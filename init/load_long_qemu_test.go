//go:build qemu && long

package main_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"mote/ctl/vm"
	"mote/wire"
)

// TestLongLoad are the loads beside those of TestQEMULoad.
func TestLongLoad(t *testing.T) {
	underLoads(t, vm.Config{Append: []string{"sysctl.kernel.pid_max=400"}}, allPids(), allFiles(), kernelFlood(), processorHog())
}

func allPids() load {
	full := waiting("full", "forks", "100000")
	full.Limits.PidsMax = 100_000
	return load{name: "every process number of the machine taken", services: []wire.Service{full}, begun: wrote("full")}
}

// allFiles takes every file that the machine can open; who has CAP_SYS_ADMIN may
// open more, which PID 1 and the test's relay have.
func allFiles() load {
	files := waiting("files", "files")
	files.Rlimits = []wire.Rlimit{{Name: "nofile", Soft: 100_000, Hard: 100_000}}
	return load{name: "every file of the machine open", services: []wire.Service{files}, begun: func(g *guest) bool {
		var open, free, most int
		fmt.Sscan(g.ask("cat /proc/sys/fs/file-nr"), &open, &free, &most)
		return open >= most && wrote("files")(g)
	}}
}

func kernelFlood() load {
	var before uint64
	kernel := waiting("kernel", "flood-kernel")
	kernel.Isolation.Devices = []string{"kmsg"}
	return load{name: "kernel log flood", services: []wire.Service{kernel},
		start: func(g *guest) { before = g.served("kernel log") },
		begun: func(g *guest) bool { return g.served("kernel log") > before+200 }}
}

func processorHog() load {
	return load{name: "CPU hog", services: []wire.Service{waiting("spin", "spin")}, begun: busy("spin")}
}

// served counts what PID 1 took from its sources of a kind.
func (g *guest) served(name string) uint64 {
	g.t.Helper()
	for _, s := range g.loop().Sources {
		if s.Name == name {
			return s.Events
		}
	}
	g.t.Fatalf("no source %s in %+v", name, g.loop().Sources)
	return 0
}

// gate is a terminal whose reader goes away and comes back.
type gate struct {
	mu   sync.Mutex
	open *sync.Cond
	shut bool
}

func newGate() *gate {
	g := new(gate)
	g.open = sync.NewCond(&g.mu)
	return g
}

func (g *gate) Write(b []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.shut {
		g.open.Wait()
	}
	return len(b), nil
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
	g.open.Broadcast()
}

// TestLongLoadNobodyReads: QEMU's end of the serial port is read by nobody, until
// the port takes no byte any more; PID 1 drops what it can't say, and goes on.
func TestLongLoadNobodyReads(t *testing.T) {
	reader := newGate()
	defer reader.set(false)
	var flapping []wire.Service
	for n := range 8 {
		s := waiting(fmt.Sprint("flap", n), "crash", "1")
		s.BackoffMsec, s.BackoffMaxMsec = 1, 10
		flapping = append(flapping, s)
	}
	restarts := func(g *guest) (sum uint32) {
		var st wire.Status
		if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil {
			t.Fatal(err)
		}
		for _, s := range st.Services {
			sum += s.Restarts
		}
		return sum
	}
	// A pipe holds 64 KiB, the port and PID 1 some more; a restart says 90 bytes.
	const enough = 1100
	underLoads(t, vm.Config{Console: reader}, load{name: "serial port that nobody reads", services: flapping,
		start: func(*guest) { reader.set(true) },
		begun: func(g *guest) bool { return restarts(g) > enough },
		end: func(g *guest) {
			reader.set(false)
			g.says(" lines found no room and are lost")
			said := strings.Count(g.console(), "exit status 1; restart")
			t.Logf("%d restarts, %d of them on the console", restarts(g), said)
			if said >= enough {
				t.Error("nothing was dropped: the port was never full")
			}
		}})
}
