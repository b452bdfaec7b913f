//go:build amd64

package core

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"mote/hw"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// TestActUnderOvermounts is no test: it is a process whose /proc, /sys and /dev
// somebody mounts over.
func TestActUnderOvermounts(t *testing.T) {
	if os.Getenv("MOTE_TEST_HELD") == "" {
		return
	}
	must := func(what string, err error) {
		if err != nil && !errors.Is(err, Errno(0)) {
			fmt.Printf("%s: %v\n", what, err)
			os.Exit(1)
		}
	}
	must("own mounts", ownMounts())
	sys := &Linux{}
	if os.Getenv("MOTE_TEST_HELD") == "yes" {
		must("hold", sys.Hold())
	}
	l := New(sys, Rooms{HW: hw.Linux{Held: true}})
	before, errno := l.readFile("/proc/sys/kernel/random/boot_id")
	must("read", errno)
	for _, dir := range []string{"/proc", "/sys", "/dev"} {
		must(dir, unix.Mount("over", dir, "tmpfs", 0, ""))
	}
	after, errno := l.readFile("/proc/sys/kernel/random/boot_id")
	must("read it again", errno)
	if after != before || after == "" {
		fmt.Printf("boot id %q, then %q\n", before, after)
	}
	_, errno = sys.Open("/dev/null", unix.O_RDWR, 0)
	must("open /dev/null", errno)
	_, errno = l.rooms.HW.Open("/sys/class/block", unix.O_RDONLY|unix.O_CLOEXEC)
	must("open /sys/class/block", errno)
	// A child looks its own file up from what is held.
	l.manifest = manifestOf(wire.Service{Name: "self", Exec: []string{"/none"}, Isolation: wire.Isolation{Importance: 1}})
	l.machine.load(l.manifest, func(int) bool { return false })
	l.resolve()
	p := new(Program)
	p.reset("self", -1, -1)
	buildPlace(p, &l.starts[0], &wire.Service{Isolation: wire.Isolation{Importance: 1, NodeView: true}}, &l.around)
	pid, _, errno := sys.Clone(p)
	must("clone", errno)
	var status unix.WaitStatus
	unix.Wait4(int(pid), &status, 0, nil)
	// A call that takes no descriptor goes there first, with mounts of its own too.
	p.reset("enter", -1, -1)
	p.private()
	p.add("open", KeepResult|unix.SYS_OPENAT, ^uintptr(99), p.str(p.enter(sys.At("/dev/null"))), unix.O_WRONLY, 0, 0)
	p.add("write", UseResult|WholeResult|unix.SYS_WRITE, 0, p.str("x"), 1, 0, 0)
	pid, _, errno = sys.Clone(p)
	must("clone", errno)
	var entered unix.WaitStatus
	unix.Wait4(int(pid), &entered, 0, nil)
	status |= entered
	// Another program of PID 1 finds them where they are.
	heir := &Linux{}
	must("hold again", heir.Hold())
	dirfd, rest := heir.At("/proc/self/exe")
	must("find /proc/self/exe", unix.Faccessat(dirfd, rest, unix.X_OK, 0))
	fmt.Printf("all found, the child ended with %d\n", status)
	os.Exit(0)
}

// TestOvermounts: somebody mounts over /proc, /sys and /dev in PID 1's own mount
// namespace. PID 1, its children and its next program go on with what it holds.
func TestOvermounts(t *testing.T) {
	act := func(held string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestActUnderOvermounts$")
		cmd.Env = []string{"MOTE_TEST_HELD=" + held}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := act("yes")
	if errors.Is(err, unix.EPERM) {
		t.Skipf("this user may not make namespaces: %v", err)
	}
	if err != nil || !strings.Contains(out, "all found, the child ended with 0\n") {
		t.Errorf("%v, said\n%s", err, out)
	}
	if out, err := act("no"); err == nil || !strings.Contains(out, "read it again: no such file") {
		t.Errorf("what is not held is found all the same: %v\n%s", err, out)
	}
}
