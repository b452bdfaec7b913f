//go:build qemu

package main_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/wire"
)

const (
	// growthMost is what PID 1's memory may grow by under any load, in KiB.
	growthMost = 256
	// turnMost is the bound of 999 turns of 1,000, in the machine's own time.
	turnMost = 50 * time.Millisecond
	// answersCount requests are made under each load.
	answersCount = 20
)

// load is one way to ask too much of a machine.
type load struct {
	name     string
	services []wire.Service
	// begun tells whether the load is there; start and end are done before and after
	// it, beside starting and stopping the services.
	begun      func(g *guest) bool
	start, end func(g *guest)
}

// waiting is a service that waits for a file, and then misbehaves.
func waiting(name string, args ...string) wire.Service {
	s := behave(name, wire.ReadyExec, append([]string{"when", "/tmp/go/" + name}, args...)...)
	s.BackoffMsec, s.RestartsMax = 50, 1000
	return s
}

func restarted(name string, times uint32) func(*guest) bool {
	return func(g *guest) bool { return g.service(name).Restarts >= times }
}

func wrote(name string) func(*guest) bool {
	return func(g *guest) bool { return len(g.logs(name)) > 0 }
}

// busy tells whether a service has used a processor for half a second.
func busy(name string) func(*guest) bool {
	return func(g *guest) bool {
		_, rest, _ := strings.Cut(g.ask("cat /proc/%d/stat", g.service(name).PID), ") ")
		fields := strings.Fields(rest)
		if len(fields) < 12 {
			return false
		}
		hundredths, err := strconv.Atoi(fields[11]) // utime, see proc_pid_stat(5)
		return err == nil && hundredths > 50
	}
}

func memoryHog() load {
	hog := waiting("hog", "eat", "67108864")
	hog.Limits.MemoryMaxBytes = 8 << 20
	return load{name: "memory hog, killed in its cgroup", services: []wire.Service{hog}, begun: restarted("hog", 3)}
}

func forkBomb() load {
	bomb := waiting("bomb", "bomb")
	bomb.Limits.PidsMax = 64
	return load{name: "fork bomb, 64 pids", services: []wire.Service{bomb}, begun: func(g *guest) bool {
		return strings.Contains(g.ask("cat /sys/fs/cgroup/services/bomb/pids.current"), "64")
	}}
}

func outputFlood() load {
	return load{name: "output flood", services: []wire.Service{waiting("flood", "flood")}, begun: wrote("flood")}
}

func urgentHog() load {
	urgent := waiting("urgent", "urgent", "99")
	urgent.Caps = []string{"sys_nice"}
	return load{name: "CPU hog, real-time 99", services: []wire.Service{urgent}, begun: busy("urgent")}
}

// stoppedConsole is a terminal at which somebody has pressed Ctrl-S, while a service
// restarts again and again.
func stoppedConsole() load {
	flap := waiting("flap", "crash")
	flap.BackoffMaxMsec = 50
	press := func(key string) func(*guest) {
		return func(g *guest) {
			if err := g.Type(key); err != nil {
				g.t.Fatal(err)
			}
		}
	}
	var atStop int
	return load{name: "console stopped by XOFF", services: []wire.Service{flap}, start: press("\x13"),
		begun: func(g *guest) bool {
			if n := len(g.Lines()); n != atStop { // what was on its way when it was stopped
				atStop = n
				return false
			}
			return restarted("flap", 5)(g)
		},
		end: press("\x11")}
}

// TestQEMULoad asks too much of one machine in several ways, one after the other:
// the loop turns in time, and PID 1's memory stays as it was.
func TestQEMULoad(t *testing.T) {
	underLoads(t, vm.Config{}, memoryHog(), forkBomb(), outputFlood(), stoppedConsole(), urgentHog())
}

// underLoads boots a machine that counts instructions, 1 ns each: how long a turn
// takes depends on what the machine does, and not on what the host does.
func underLoads(t *testing.T, c vm.Config, loads ...load) {
	t.Helper()
	var services []wire.Service
	for _, l := range loads {
		services = append(services, l.services...)
	}
	c.Accel, c.RootInRAM = vm.TCG, true
	c.Append = append(c.Append, "tsc_early_khz=1000000")
	c.Args = append(c.Args, "-icount", "shift=0,sleep=on")
	g := boot(t, c, services)
	t.Log("| load | turns | 99.9 % took less than | the longest less than | PID 1 grew by |")
	t.Log("|---|---|---|---|---|")
	g.urgentOnly()
	g.underLoad(load{name: "none"})
	for _, l := range loads {
		g.underLoad(l)
	}
	if s := g.service("relay"); s.Restarts != 0 {
		t.Errorf("another service suffered: %+v", s)
	}
}

// underLoad begins a load, looks at PID 1 for a while, and ends it.
func (g *guest) underLoad(l load) {
	g.t.Helper()
	before, memory := g.loop(), g.memory()
	if l.start != nil {
		l.start(g)
	}
	for _, s := range l.services {
		g.ask("touch /tmp/go/%s", s.Name)
	}
	if l.begun != nil {
		for deadline := time.Now().Add(vmtest.Limit); !l.begun(g); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				g.t.Fatalf("%s: no sign of it within %v", l.name, vmtest.Limit)
			}
		}
	}
	for range answersCount {
		g.service("relay")
	}
	after := g.loop()
	for _, s := range l.services {
		g.control(wire.VerbStop, s.Name)
	}
	for _, s := range l.services {
		g.until(s.Name, "stopped", func(s wire.ServiceStatus) bool { return s.State == "down" || s.State == "failed" })
	}
	if l.end != nil {
		l.end(g)
		g.says(l.services[0].Name + ": ") // its lines come now
	}
	growth := g.memory() - memory
	p999, longest, turns := turnsBetween(&before, &after)
	g.t.Logf("| %s | %d | %v | %v | %d kB |", l.name, turns, p999, longest, growth)
	if growth > growthMost {
		g.t.Errorf("%s: PID 1 grew by %d kB", l.name, growth)
	}
	if p999 > turnMost {
		g.t.Errorf("%s: 99.9 %% of the turns took less than %v, which is more than %v", l.name, p999, turnMost)
	}
}

// turnsBetween gives the upper bounds of the buckets that hold 999 of 1,000 turns and
// the longest one.
func turnsBetween(before, after *wire.LoopStatus) (p999, longest time.Duration, turns uint64) {
	turns = after.Turns - before.Turns
	left := turns / 1000
	for i, all := range slices.Backward(after.TurnsByTime) {
		n := all - before.TurnsByTime[i]
		bound := time.Duration(1<<i) * time.Microsecond
		if n > 0 && longest == 0 {
			longest = bound
		}
		if n > left {
			return bound, longest, turns
		}
		left -= n
	}
	return 0, longest, turns
}

// memory gives PID 1's own memory in KiB: what is anonymous, and not its program.
func (g *guest) memory() int {
	g.t.Helper()
	for line := range strings.Lines(g.ask("cat /proc/1/status")) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "RssAnon:" {
			n, err := strconv.Atoi(fields[1])
			if err != nil {
				g.t.Fatal(err)
			}
			return n
		}
	}
	g.t.Fatal("no RssAnon of PID 1")
	return 0
}

// urgentOnly holds PID 1 to its scheduling class (field 41 of /proc/PID/stat, see
// proc_pid_stat(5)): SCHED_DEADLINE, which its children don't get.
func (g *guest) urgentOnly() {
	g.t.Helper()
	policy := func(path string) string {
		_, rest, _ := strings.Cut(g.ask("cat %s/stat", path), ") ")
		if fields := strings.Fields(rest); len(fields) > 38 {
			return fields[38]
		}
		return ""
	}
	if got := policy("/proc/1/task/1"); got != "6" {
		g.t.Errorf("PID 1's scheduling class is %q, want 6", got)
	}
	if got := policy(fmt.Sprint("/proc/", g.service("relay").PID)); got != "0" {
		g.t.Errorf("a service's scheduling class is %q, want 0", got)
	}
}
