//go:build qemu

package main_test

import (
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/wire"
)

// TestQEMUMemoryShort: where memory runs out the least important service is stopped
// before the kernel kills anybody, and what is important goes on.
func TestQEMUMemoryShort(t *testing.T) {
	creep := behave("creep", wire.ReadyExec, "when", "/tmp/go/creep", "creep", "1048576", "30")
	creep.Isolation.Importance = 1
	keep := behave("keep", wire.ReadyExec, "hang")
	keep.Isolation.Importance = 8
	g := boot(t, vm.Config{MemoryBytes: 96 << 20}, []wire.Service{creep, keep})
	was := g.until("keep", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	g.ask("touch /tmp/go/creep")
	g.says("creep: stopped, as memory is short (")
	g.until("creep", "waiting for better days", func(s wire.ServiceStatus) bool { return s.State == "backoff" })
	g.says("creep: killed by SIGTERM; restart 1 in 30.0 s")
	if is := g.service("keep"); is.PID != was.PID || is.Restarts != 0 {
		t.Errorf("the important one was %+v and is %+v", was, is)
	}
	for line := range strings.Lines(g.console()) {
		if strings.Contains(line, "memory is short") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if events := g.ask("cat /sys/fs/cgroup/services/creep/memory.events"); !strings.Contains(events, "oom_kill 0") {
		t.Errorf("the kernel was there first:\n%s", events)
	}
}
