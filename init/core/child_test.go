package core

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// TestHelperLooksAtItself is no test: it is what the children of other tests
// run, told by the environment.
func TestHelperLooksAtItself(t *testing.T) {
	if os.Getenv("MOTE_TEST_CHILD") == "" {
		return
	}
	groups, _ := unix.Getgroups()
	fmt.Printf("uid %d gid %d groups %v\n", unix.Getuid(), unix.Getgid(), groups)
	// This thread's own: the runtime blocks all signals of one that makes another.
	status, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if key == "SigIgn" {
			// Signals above 31 are a C library's own; what started the tests may
			// ignore some. In QEMU the whole set is looked at.
			bits, _ := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			value = fmt.Sprintf("%016x", bits&(1<<31-1))
		}
		if strings.HasPrefix(key, "Cap") || strings.HasPrefix(key, "Sig") || key == "NoNewPrivs" {
			fmt.Println(key, strings.TrimSpace(value))
		}
	}
	limits, _ := os.ReadFile("/proc/self/limits")
	for line := range strings.Lines(string(limits)) {
		// Go's runtime has raised the soft limit up to the hard one by now.
		if f := strings.Fields(line); strings.HasPrefix(line, "Max open files") {
			fmt.Println("nofile", f[4])
		}
	}
	dir, _ := os.Getwd()
	fmt.Println("dir", dir)
	fmt.Println("env", strings.Join(os.Environ(), " "))
	sid, _ := unix.Getsid(0)
	fmt.Println("leader", sid == os.Getpid())
	var fds []string
	for fd := range 100 {
		// What this program's own Go runtime opened is its own: epoll, an
		// eventfd, and the cgroup's limits of the processor.
		link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err == nil && !strings.HasPrefix(link, "anon_inode") && !strings.HasPrefix(link, "/sys/fs/cgroup") {
			fds = append(fds, fmt.Sprint(fd))
		}
	}
	fmt.Println("fds", strings.Join(fds, " "))
	os.Exit(0)
}

// TestStepsOfAService keeps the order in which privileges are given up: it is
// part of what keeps a service in its place.
func TestStepsOfAService(t *testing.T) {
	p := new(Program)
	names := func(st *start, spec *wire.Service) []string {
		st.place(&wire.Manifest{}, &spec.Isolation)
		buildService(p, spec, st, &around{nullFD: 3, viewFD: 5, procFD: 6, landlock: 6}, 4)
		var list []string
		for n := range p.stepsCount {
			list = append(list, p.StepName(n))
		}
		return slices.Compact(list)
	}
	user := names(&start{uid: 5, gid: 6, caps: 1}, &wire.Service{Exec: []string{"/bin/x"},
		Rlimits: []wire.Rlimit{{Name: "core"}}})
	root := names(&start{}, &wire.Service{Exec: []string{"/bin/x"}, NewPrivs: true})
	boxed := names(&start{}, &wire.Service{Exec: []string{"/bin/x"}, Isolation: wire.Isolation{Importance: 9,
		Namespaces: []string{"mount", "pid", "user", "net"}, Devices: []string{"net/tun"}, TCPBind: []uint16{80},
		Writable: []wire.Writable{{Path: "/run/x", Shared: true}, {Path: "/tmp"}, {Path: "/etc/x", Sealed: true}},
		Files:    []wire.File{{Path: "/etc/x/f", Content: "f"}, {Path: "/etc/x/g", Source: "/g"}}}})
	node := names(&start{}, &wire.Service{Exec: []string{"/bin/x"}, Isolation: wire.Isolation{NodeView: true, Namespaces: []string{"mount"}}})
	golden.Check(t, filepath.Join("testdata", "steps.txt"), "a user with one capability:\n  "+strings.Join(user, "\n  ")+
		"\nroot, new privileges allowed:\n  "+strings.Join(root, "\n  ")+
		"\nan important one with everything of its own:\n  "+strings.Join(boxed, "\n  ")+
		"\none with the node's view and mounts of its own:\n  "+strings.Join(node, "\n  ")+"\n")
	if p.StepName(-1) != "unknown step" || p.StepName(stepsMax) != "unknown step" {
		t.Error("a step that is not there has a name")
	}
}
