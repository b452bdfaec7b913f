//go:build amd64

package core

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unsafe"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// escape is one attempt to get out, and the layer that must stop it.
type escape struct {
	name, layer string
	want        unix.Errno
	try         func() unix.Errno
}

func call(nr, a, b, c uintptr) unix.Errno {
	_, _, errno := unix.RawSyscall6(nr, a, b, c, 0, 0, 0)
	return errno
}

func path(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s + "\x00"))) }

// open gives what opening a file for writing gives.
func open(name string, flags int) func() unix.Errno {
	return func() unix.Errno {
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0)
		if err != nil {
			return err.(unix.Errno)
		}
		unix.Close(fd)
		return 0
	}
}

// refused is a call that the filter answers, whatever its arguments.
func refused(nr uintptr) func() unix.Errno {
	return func() unix.Errno { return call(nr, 0, 0, 0) }
}

// escapes are what a service with a user of its own and nothing declared tries.
// Each would be harmless if it succeeded, but for the test.
func escapes() []escape {
	one := unix.Errno(unix.EPERM)
	return []escape{
		{"ptrace PID 1", "seccomp", one, func() unix.Errno { return call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, 1, 0) }},
		{"read PID 1's memory by process_vm_readv", "seccomp", one, refused(unix.SYS_PROCESS_VM_READV)},
		{"take a descriptor of PID 1 by pidfd_getfd", "seccomp", one, refused(unix.SYS_PIDFD_GETFD)},
		{"mount a tmpfs", "seccomp", one, func() unix.Errno {
			return call(unix.SYS_MOUNT, path("x"), path("/tmp"), path("tmpfs"))
		}},
		{"remount the root", "seccomp", one, func() unix.Errno {
			_, _, e := unix.RawSyscall6(unix.SYS_MOUNT, 0, path("/"), 0, unix.MS_REMOUNT|unix.MS_BIND, 0, 0)
			return e
		}},
		{"the new mount calls", "seccomp", one, refused(unix.SYS_FSOPEN)},
		{"mknod /dev/mem", "seccomp", one, func() unix.Errno {
			return call(unix.SYS_MKNOD, path("/tmp/mote-mem"), unix.S_IFCHR|0o600, 0x101)
		}},
		{"chroot", "seccomp", one, func() unix.Errno { return call(unix.SYS_CHROOT, path("/tmp"), 0, 0) }},
		{"a user namespace by unshare", "seccomp", one, refused(unix.SYS_UNSHARE)},
		{"a user namespace by clone", "seccomp", one, func() unix.Errno {
			pid, _, e := unix.RawSyscall(unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD), 0, 0)
			if e == 0 && pid == 0 {
				unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
			}
			return e
		}},
		{"a user namespace by clone3", "seccomp", unix.ENOSYS, refused(unix.SYS_CLONE3)},
		{"enter a namespace by setns", "seccomp", one, refused(unix.SYS_SETNS)},
		{"load a module", "seccomp", one, refused(unix.SYS_FINIT_MODULE)},
		{"kexec", "seccomp", one, refused(unix.SYS_KEXEC_LOAD)},
		{"bpf", "seccomp", one, refused(unix.SYS_BPF)},
		{"keyctl", "seccomp", one, refused(unix.SYS_KEYCTL)},
		{"io_uring", "seccomp", one, refused(unix.SYS_IO_URING_SETUP)},
		{"userfaultfd", "seccomp", one, refused(unix.SYS_USERFAULTFD)},
		{"perf", "seccomp", one, refused(unix.SYS_PERF_EVENT_OPEN)},
		{"set the clock", "seccomp", one, func() unix.Errno { return call(unix.SYS_CLOCK_SETTIME, 0, 0, 0) }},
		{"reboot", "seccomp", one, refused(unix.SYS_REBOOT)},
		{"x32's getpid", "seccomp", unix.ENOSYS, refused(0x40000000 + unix.SYS_GETPID)},
		{"setuid to root", "user", one, func() unix.Errno { return call(unix.SYS_SETUID, 0, 0, 0) }},
		{"a raw socket", "capabilities", one, func() unix.Errno {
			return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP)
		}},
		{"signal PID 1", "user", one, func() unix.Errno { return call(unix.SYS_KILL, 1, 0, 0) }},
		{"write /proc/sys/kernel/core_pattern", "user", unix.EACCES, open("/proc/sys/kernel/core_pattern", unix.O_WRONLY)},
		{"/proc/1/root", "view", unix.ENOENT, open("/proc/1/root/etc", unix.O_RDONLY)},
		{"/proc/1/mem", "view", unix.ENOENT, open("/proc/1/mem", unix.O_RDWR)},
		{"write into /", "view", unix.EROFS, open("/mote-escape", unix.O_WRONLY|unix.O_CREAT)},
	}
}

// TestWhatEscapesTry is no test: it runs under the isolation of a service.
func TestWhatEscapesTry(t *testing.T) {
	if os.Getenv("MOTE_TEST_ESCAPE") == "" {
		return
	}
	for _, e := range escapes() {
		fmt.Printf("%s: %d\n", e.name, e.try())
	}
	os.Exit(0)
}

// TestServiceCannotEscape has a real child, under the kernel that runs the tests,
// try each way, and prints which layer stopped it.
func TestServiceCannotEscape(t *testing.T) {
	out := outFile(t)
	spec := &wire.Service{Name: "escape", Exec: []string{"/proc/self/exe", "-test.run=TestWhatEscapesTry"},
		Env: []string{"MOTE_TEST_ESCAPE=1"}, Isolation: wire.Isolation{Importance: 2}}
	if ended, report := runChild(t, spec, &start{uid: 12345, gid: 23456}, out); ended != (end{kind: endExit}) || len(report) != 0 {
		t.Fatalf("ended %+v, reported %v", ended, report)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range escapes() {
		t.Logf("%-45s %-13s %s", e.name, e.layer, unix.ErrnoName(e.want))
		if want := fmt.Sprintf("%s: %d\n", e.name, e.want); !strings.Contains(string(text), want) {
			t.Errorf("missing %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

// A refused call ends the process where that is declared, and a namespace of its
// own is not the tests'.
func TestIsolationByDeclaration(t *testing.T) {
	out := outFile(t)
	spec := &wire.Service{Name: "kill", Exec: []string{"/proc/self/exe", "-test.run=TestWhatEscapesTry"},
		Env: []string{"MOTE_TEST_ESCAPE=1"}, Isolation: wire.Isolation{SyscallKill: true}}
	if ended, _ := runChild(t, spec, &start{uid: 12345, gid: 23456}, out); ended.kind != endSignal || ended.code != int32(unix.SIGSYS) {
		t.Errorf("ended %+v, want SIGSYS", ended)
	}
	own := outFile(t)
	spec = &wire.Service{Name: "ns", Exec: []string{"/bin/sh", "-c",
		"readlink /proc/self/ns/mnt /proc/self/ns/ipc /proc/self/ns/uts /proc/self/ns/net; cat /proc/self/oom_score_adj"},
		Isolation: wire.Isolation{Namespaces: []string{"mount", "ipc", "uts", "net"}, Importance: 1}}
	if ended, report := runChild(t, spec, &start{caps: 1<<wire.CapsMax - 1}, own); ended != (end{kind: endExit}) || len(report) != 0 {
		t.Fatalf("ended %+v, reported %v", ended, report)
	}
	text, _ := os.ReadFile(own.Name())
	for _, kind := range []string{"mnt", "ipc", "uts", "net"} {
		outside, _ := os.Readlink("/proc/self/ns/" + kind)
		if strings.Contains(string(text), outside) {
			t.Errorf("%s is the tests' own: %s", kind, outside)
		}
	}
	if !strings.HasSuffix(string(text), "\n800\n") {
		t.Errorf("oom score: %s", text)
	}
}
