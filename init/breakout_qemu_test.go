//go:build qemu

package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/wire"
)

// everySyscall is what a service gets that declares all sets.
var everySyscall = []string{"files", "network", "process", "time", "resources", "identity", "clock", "mount",
	"namespaces", "debug", "admin"}

// prisoner is a service that tries every way out.
func prisoner(name string, isolation wire.Isolation) wire.Service {
	s := behave(name, wire.ReadyExit, "breakout")
	isolation.Writable = []wire.Writable{{Path: "/tmp"}}
	s.Isolation, s.StartMsec = isolation, 120_000
	s.Rlimits = []wire.Rlimit{{Name: "nofile", Soft: 64, Hard: 64}}
	return s
}

// TestQEMUBreakout has services try to get out in more than twenty ways each: one
// with a user, root without a capability, root with every system call allowed, root
// who may make devices, and root of a user namespace who has every capability there.
// Prints what stopped them.
func TestQEMUBreakout(t *testing.T) {
	user := prisoner("user", wire.Isolation{})
	user.User = "4321"
	root := prisoner("root", wire.Isolation{})
	unfiltered := prisoner("unfiltered", wire.Isolation{Syscalls: everySyscall})
	// The device that it makes is there, in its own /tmp, and nobody can open it.
	maker := prisoner("maker", wire.Isolation{Syscalls: []string{"files", "network", "process", "time", "resources", "identity", "mount"}})
	maker.Caps = []string{"mknod"}
	inside := prisoner("inside", wire.Isolation{Syscalls: everySyscall,
		Namespaces: []string{"user", "mount", "net", "ipc", "uts"}})
	inside.User = "4322"
	inside.Caps = []string{"chown", "dac_override", "dac_read_search", "fowner", "kill", "setgid", "setuid", "setpcap",
		"net_admin", "net_raw", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot",
		"sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "setfcap", "syslog", "perfmon", "bpf"}
	notified := behave("notified", wire.ReadyNotify, "notify")
	notified.User = "4323"
	g := boot(t, vm.Config{}, []wire.Service{user, root, unfiltered, maker, inside, notified,
		behave("outside", wire.ReadyExec, "unix", "@outside")}, nil...)
	// What a root of its own namespaces does there is no way out of them, and a user
	// namespace is what the system calls "namespaces" are declared for.
	own := map[string][]string{"unfiltered": {"unshare a user namespace", "clone3 with a user namespace"},
		"inside": {"mount a tmpfs", "fsopen", "open_tree of the root", "unshare a user namespace", "clone3 with a user namespace", "unshare mounts",
			"sethostname", "a raw socket", "a packet socket", "chroot and back by a descriptor",
			"PID 1's nice value, by its user"}}
	results := map[string]map[string]string{}
	names := []string{"user", "root", "unfiltered", "maker", "inside"}
	var ways []string
	for _, name := range names {
		s := g.until(name, "done", func(s wire.ServiceStatus) bool { return s.State == "done" || s.State == "failed" })
		if s.State != "done" {
			t.Errorf("%s: %+v\n%s", name, s, strings.Join(g.logs(name), "\n"))
		}
		results[name] = map[string]string{}
		for _, line := range g.logs(name) {
			way, result, found := strings.Cut(strings.TrimPrefix(line, "breakout "), ": ")
			if !found || !strings.HasPrefix(line, "breakout ") {
				continue
			}
			results[name][way] = result
			if name == names[0] {
				ways = append(ways, way)
			}
			if result == "OUT" && !slices.Contains(own[name], way) {
				t.Errorf("%s gets out: %s", name, way)
			}
		}
		if len(results[name]) < 20 {
			t.Errorf("%s tried %d ways:\n%s", name, len(results[name]), strings.Join(g.logs(name), "\n"))
		}
	}
	t.Logf("%-35s %s", "", strings.Join(names, " "))
	for _, way := range ways {
		line := ""
		for _, name := range names {
			line += fmt.Sprintf(" %-12s", results[name][way])
		}
		t.Logf("%-35s%s", way, line)
	}
}
