//go:build amd64

package core

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestActAsInit is no test: it is PID 1 of a namespace in which a child sends
// it every signal there is.
func TestActAsInit(t *testing.T) {
	if os.Getenv("MOTE_TEST_INIT") == "" {
		return
	}
	sys := &Linux{}
	if _, errno := sys.SignalPipe(); errno != 0 || os.Getpid() != 1 {
		fmt.Println("no PID 1:", os.Getpid(), errno)
		os.Exit(1)
	}
	recovered := faults()
	p, errno := sys.Room()
	if errno != 0 {
		fmt.Println("room:", errno)
		os.Exit(1)
	}
	p.reset("sender", -1, -1)
	for sig := uintptr(1); sig <= 64; sig++ {
		p.add("kill", unix.SYS_KILL, 1, sig, 0, 0, 0)
	}
	pid, pidfd, errno := sys.Clone(p)
	if errno != 0 {
		fmt.Println("clone:", errno)
		os.Exit(1)
	}
	defer unix.Close(int(pidfd))
	var status unix.WaitStatus
	for {
		if got, err := unix.Wait4(int(pid), &status, 0, nil); got == int(pid) || err != unix.EINTR {
			break
		}
	}
	// What went to a thread that had no turn yet is still to come.
	set, want := sys.Signals(), handledSet()
	for deadline := time.Now().Add(30 * time.Second); set != want && time.Now().Before(deadline); {
		runtime.Gosched()
		set |= sys.Signals()
	}
	again := faults()
	// The sender's end is told by SIGCHLD, too, which may come last.
	taken := sys.Signals() &^ (1 << uint(unix.SIGCHLD))
	fmt.Printf("sender ended with %#x, set %#x, faults recovered %v %v, taken for sent %#x\n",
		uint32(status), set, recovered, again, taken)
	os.Exit(0)
}

// TestEverySignalToInit sends signals 1 to 64 to a Go program that is PID 1 of a
// namespace, from a child of it: it lives on, knows those that it handles, and a
// nil dereference of its own is recovered from before and after.
func TestEverySignalToInit(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestActAsInit$")
	cmd.Env = []string{"MOTE_TEST_INIT=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("this user may not make namespaces: %v", err)
	}
	line := fmt.Sprintf("sender ended with 0x0, set %#x, faults recovered true true, taken for sent 0x0\n", handledSet())
	if err != nil || !strings.Contains(string(out), line) {
		t.Errorf("%v, said\n%s\nwant\n%s", err, out, line)
	}
}

// handledSet has a bit for each signal that PID 1 handles, as Signals gives them.
func handledSet() (set uint64) {
	for _, sig := range signalsHandled {
		set |= 1 << sig
	}
	return set
}
