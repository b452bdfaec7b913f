//go:build qemu

package main_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// TestQEMUServices boots one machine with services of every temper, and looks
// at each.
func TestQEMUServices(t *testing.T) {
	report := behave("report", wire.ReadyExit, "report")
	report.User, report.Caps, report.Env, report.Dir = "4321", []string{"net_raw"}, []string{"A=1", "B=two words"}, "/tmp"
	report.Rlimits = []wire.Rlimit{{Name: "nofile", Soft: 33, Hard: 44}}
	report.Limits = wire.Limits{MemoryMaxBytes: 32 << 20, MemoryHighBytes: 16 << 20, CPUMaxUsec: 50_000, CPUWeight: 55, PidsMax: 9,
		IO: []wire.IOLimit{{Disk: "vda", ReadBytesPerSec: 1 << 30}}}
	loop := behave("crashes", wire.ReadyExec, "crash", "0", "3")
	loop.RestartsMax, loop.BackoffMsec = 4, 50
	deaf := behave("deaf", wire.ReadyNotify, "ignore-term")
	deaf.StopMsec = 300
	slow := behave("slow", wire.ReadyNotify, "never-ready")
	slow.StartMsec, slow.Restart = 200, wire.RestartNever
	hog := behave("hog", wire.ReadyExec, "eat", strconv.Itoa(64<<20))
	hog.Limits.MemoryMaxBytes, hog.Restart = 8<<20, wire.RestartNever
	tcp := behave("tcp", wire.ReadyTCP, "listen", "127.0.0.1:8001")
	tcp.ReadyAddress = "127.0.0.1:8001"
	local := behave("unix", wire.ReadyUnix, "unix", "/run/unix/sock")
	local.ReadyAddress = "/run/unix/sock"
	local.Isolation.Writable = []wire.Writable{{Path: "/run/unix", Shared: true}}
	orphans := behave("orphans", wire.ReadyExit, "orphans", "20000")
	orphans.StartMsec = 300_000
	g := boot(t, vm.Config{}, []wire.Service{report, loop, deaf, slow, hog, tcp, local, orphans,
		behave("exec", wire.ReadyExec, "hang"),
		behave("notify", wire.ReadyNotify, "notify", "20", "STATUS=warming"),
		behave("background", wire.ReadyExec, "daemonise"),
		behave("log", wire.ReadyExit, "log", "5000", "60"),
	}, nil...)

	t.Run("readiness", func(t *testing.T) {
		g := g.in(t)
		for _, name := range []string{"exec", "notify", "tcp", "unix", "background"} {
			g.until(name, "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
		}
	})
	t.Run("report", func(t *testing.T) { checkReport(g.in(t)) })
	t.Run("crash loop", func(t *testing.T) {
		g := g.in(t)
		s := g.until("crashes", "failed", func(s wire.ServiceStatus) bool { return s.State == "failed" })
		if s.Restarts != 4 || s.LastEnd.Code != 3 || s.LastEnd.Reason != "exited" {
			t.Errorf("%+v", s)
		}
		for _, want := range []string{"crashes: exit status 3; restart 1 now",
			"crashes: exit status 3; restart 2 in 50 ms", "crashes: exit status 3; not started again"} {
			g.says(want)
		}
	})
	t.Run("not ready in time", func(t *testing.T) {
		s := g.in(t).until("slow", "failed", func(s wire.ServiceStatus) bool { return s.State == "failed" })
		if s.LastEnd.Reason != "start-timeout" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("memory limit", func(t *testing.T) {
		s := g.in(t).until("hog", "failed", func(s wire.ServiceStatus) bool { return s.State == "failed" })
		if s.LastEnd.Signal != uint8(unix.SIGKILL) {
			t.Errorf("%+v", s)
		}
	})
	t.Run("ignored stop signal", func(t *testing.T) {
		g := g.in(t)
		g.until("deaf", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
		g.control(wire.VerbStop, "deaf")
		g.until("deaf", "down", func(s wire.ServiceStatus) bool { return s.State == "down" })
		if dir := g.ask("cat /sys/fs/cgroup/services/deaf/cgroup.procs"); dir != "" {
			t.Errorf("processes are left: %s", dir)
		}
	})
	t.Run("log ring", func(t *testing.T) {
		g := g.in(t)
		g.until("log", "done", func(s wire.ServiceStatus) bool { return s.State == "done" })
		lines := g.logs("log")
		if len(lines) < 100 || len(lines) > 300 || !strings.Contains(lines[len(lines)-1], "5000") && !strings.Contains(lines[len(lines)-1], "4999") {
			t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
		}
	})
	t.Run("20,000 orphans", func(t *testing.T) {
		g := g.in(t)
		g.says("orphans up in") // waits outside: looking takes the machine's only processor
		if stat := g.ask("cat /proc/1/task/1/children"); len(strings.Fields(stat)) > 20 {
			t.Errorf("PID 1 has children left: %s", stat)
		}
		for _, pid := range strings.Fields(g.ask("list /proc")) {
			if pid[0] >= '0' && pid[0] <= '9' && strings.Contains(g.ask("cat /proc/%s/stat", pid), ") Z ") {
				t.Errorf("process %s is a zombie", pid)
			}
		}
	})
	t.Run("killed and restarted", func(t *testing.T) {
		g := g.in(t)
		was := g.service("exec")
		g.ask("kill %d %d", was.PID, unix.SIGKILL)
		g.until("exec", "restarted", func(s wire.ServiceStatus) bool { return s.Restarts == 1 && s.State == "up" && s.PID != was.PID })
	})
	t.Run("signals to PID 1", func(t *testing.T) { checkSignals(g.in(t)) })
	t.Run("loop", func(t *testing.T) { checkLoop(g.in(t)) })
}

// in gives the guest to a subtest.
func (g *guest) in(t *testing.T) *guest { return &guest{g.VM, t, g.port} }

// checkReport compares what a service sees of itself with its declaration.
func checkReport(g *guest) {
	g.t.Helper()
	g.until("report", "done", func(s wire.ServiceStatus) bool { return s.State == "done" })
	lines := g.logs("report")
	const netRaw = "0000000000002000"
	for _, want := range []string{"Uid: 4321 4321 4321 4321", "Gid: 4321 4321 4321 4321", "Groups: ",
		"CapEff: " + netRaw, "CapPrm: " + netRaw, "CapBnd: " + netRaw, "CapAmb: " + netRaw, "NoNewPrivs: 1",
		"SigBlk: 0000000000000000", "SigIgn: 0000000000000000", "ppid: 1", "rlimit.nofile: 33 44", "cwd: /tmp",
		"cgroup: 0::/services/report", "fd: 0 /dev/null", "env: A=1", "env: B=two words", "report: end"} {
		if !slices.Contains(lines, want) {
			g.t.Errorf("no line %q in its report:\n%s", want, strings.Join(lines, "\n"))
		}
	}
	for _, line := range lines {
		if fd, ok := strings.CutPrefix(line, "fd: "); ok && fd[0] > '2' {
			g.t.Errorf("a descriptor was passed on that is none of its own: %s", line)
		}
	}
	for file, want := range map[string]string{"memory.max": "33554432", "memory.high": "16777216", "pids.max": "9",
		"cpu.max": "50000 100000", "cpu.weight": "55", "io.max": "rbps=1073741824"} {
		if got := g.ask("cat /sys/fs/cgroup/services/report/%s", file); !strings.Contains(got, want) {
			g.t.Errorf("%s is %q, want %s", file, got, want)
		}
	}
}

// checkSignals sends PID 1 every signal but those that end it on purpose.
func checkSignals(g *guest) {
	g.t.Helper()
	deadly := []unix.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGPWR}
	for sig := unix.Signal(1); sig <= 64; sig++ {
		if !slices.Contains(deadly, sig) {
			g.ask("kill 1 %d", sig)
		}
	}
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil || st.State != "ready" {
		g.t.Errorf("after 61 signals the node is %q: %v", st.State, err)
	}
}

// checkLoop prints the loop's own histogram and looks for what can't be.
func checkLoop(g *guest) {
	g.t.Helper()
	loop := g.loop()
	total := uint64(0)
	for i, n := range loop.TurnsByTime {
		total += n
		if n > 0 {
			g.t.Logf("turns under %8d µs: %d", 1<<i, n)
		}
	}
	if total != loop.Turns {
		g.t.Errorf("%d turns in the histogram, %d in all", total, loop.Turns)
	}
	for _, s := range loop.Sources {
		if s.Events > 0 {
			g.t.Logf("%-18s %7d events, longest %8.3f ms, %d dropped", s.Name, s.Events, float64(s.LongestNsec)/1e6, s.Dropped)
		}
	}
	if strings.Contains(g.console(), "fault:") {
		g.t.Error("the console tells of a fault")
	}
}

// TestQEMUBrokenDescriptions: each is told by service and field, and keeps
// only its own service from running.
func TestQEMUBrokenDescriptions(t *testing.T) {
	cycleA := behave("cycle-a", wire.ReadyExec, "hang")
	cycleA.Needs = []string{"cycle-b"}
	cycleB := behave("cycle-b", wire.ReadyExec, "hang")
	cycleB.Needs = []string{"cycle-a"}
	unknown := behave("unknown-need", wire.ReadyExec, "hang")
	unknown.Needs = []string{"nobody"}
	user := behave("bad-user", wire.ReadyExec, "hang")
	user.User = "nobody-declared"
	missing := behave("missing-program", wire.ReadyExec, "hang")
	missing.Exec = []string{"/bin/not-here"}
	dir := behave("bad-dir", wire.ReadyExec, "hang")
	dir.Dir = "/not/there"
	disk := behave("bad-disk", wire.ReadyExec, "hang")
	disk.Limits.IO = []wire.IOLimit{{Disk: "sdz", ReadBytesPerSec: 1}}
	script := behave("not-a-program", wire.ReadyExec, "hang")
	script.Exec, script.Restart = []string{"/manifest.cbor"}, wire.RestartAlways
	after := behave("after-broken", wire.ReadyExec, "hang")
	after.Needs = []string{"missing-program"}
	g := boot(t, vm.Config{}, []wire.Service{cycleA, cycleB, unknown, user, missing, dir, disk, script, after,
		behave("fine", wire.ReadyExec, "hang")})
	g.until("fine", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	for _, want := range []string{
		`service "cycle-a": needs: a cycle`, `service "unknown-need": needs: no service "nobody"`,
		`service "bad-user": user: `, `service "missing-program": exec: /bin/not-here: ENOENT`,
		`service "bad-dir": dir: /not/there: ENOENT`, `bad-disk: limit I/O of disk sdz: ENOENT`,
		`not-a-program: exec: EACCES`,
	} {
		g.says(want)
	}
	for _, name := range []string{"cycle-a", "cycle-b", "unknown-need", "bad-user", "missing-program", "bad-dir", "bad-disk", "not-a-program"} {
		g.until(name, "failed", func(s wire.ServiceStatus) bool { return s.State == "failed" })
	}
	if reply := g.request(wire.VerbStart, "bad-user"); reply.Error.Code != wire.CodeUnusable {
		t.Errorf("starting a refused service: %+v", reply)
	}
	fmt.Fprintln(t.Output(), g.console())
}
