package core

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// run is a second, dumb reading of a filter: what the kernel would answer.
func (f *filter) run(t *testing.T, arch, nr uint32, args ...uint64) uint32 {
	t.Helper()
	verdict, _ := f.walk(t, arch, nr, args...)
	return verdict
}

// walk counts the steps too.
func (f *filter) walk(t *testing.T, arch, nr uint32, args ...uint64) (verdict uint32, steps int) {
	t.Helper()
	acc, args := uint32(0), append(args, 0, 0)
	for at := 0; at < f.count; at++ {
		steps++
		w := f.code[at]
		jt, jf, k := int(w>>16&255), int(w>>24&255), uint32(w>>32)
		jump := func(yes bool) {
			if yes {
				at += jt
			} else {
				at += jf
			}
		}
		switch uint16(w) {
		case bpfLoad:
			acc = map[uint32]uint32{dataNumber: nr, dataArch: arch, dataArg0: uint32(args[0]), dataArg1: uint32(args[1])}[k]
		case bpfEqual:
			jump(acc == k)
		case bpfAbove:
			jump(acc >= k)
		case bpfBits:
			jump(acc&k != 0)
		case bpfRet:
			return k, steps
		default:
			t.Fatalf("instruction %d is %#x", at, w)
		}
	}
	t.Fatal("the filter has no end")
	return 0, 0
}

// Every number, under every set alone and the default, gets what the set says.
func TestFilterAnswersAsTheSetsSay(t *testing.T) {
	const eperm, enosys = retErrno | uint32(unix.EPERM), retErrno | uint32(unix.ENOSYS)
	f := new(filter)
	for n := -1; n < wire.SyscallSetsCount; n++ {
		sets := uint16(wire.SyscallsDefault)
		if n >= 0 {
			sets = 1 | 1<<n
		}
		f.compile(sets, false, true)
		if f.count > filterMax {
			t.Fatalf("set %d takes %d instructions, of %d", n, f.count, filterMax)
		}
		bits := allowed(sets)
		for nr := range uint32(callsMax) {
			want := eperm
			if bits.has(nr) {
				want = retAllow
			}
			if nr == unix.SYS_IOPRIO_SET {
				want = eperm // of no process, see TestFilterKeepsRootFromPID1
			}
			if nr == unix.SYS_CLONE3 && n != wire.SyscallsNamespaces {
				want = enosys
			}
			if got := f.run(t, auditArch, nr, 0, 0); got != want {
				t.Errorf("sets %#x, call %d: %#x, want %#x", sets, nr, got, want)
			}
		}
	}
}

// Every union of sets has a filter that fits, and the kernel finds a verdict in few
// steps: it runs the filter for each number when it is installed.
func TestFilterFits(t *testing.T) {
	f := new(filter)
	longest, most := 0, 0
	for sets := range uint16(1 << wire.SyscallSetsCount) {
		f.compile(sets|1, false, true)
		longest = max(longest, f.count)
		if f.count > filterMax {
			t.Fatalf("sets %#x take %d instructions, of %d", sets, f.count, filterMax)
		}
	}
	f.compile(wire.SyscallsDefault, false, true)
	steps := 0
	for nr := range uint32(callsMax) {
		_, taken := f.walk(t, auditArch, nr)
		steps, most = steps+taken, max(most, taken)
	}
	if steps > 12*callsMax {
		t.Errorf("%d steps for %d numbers", steps, callsMax)
	}
	t.Logf("%d instructions at most; the default has %d, %d steps for all numbers, %d for one at most", longest, f.count, steps, most)
}

// The ways around a filter, and the calls that the default must refuse.
func TestFilterHasNoWayAround(t *testing.T) {
	f := new(filter)
	f.compile(wire.SyscallsDefault, true, true)
	for _, c := range []struct {
		name     string
		arch, nr uint32
		arg0     uint64
		want     uint32
	}{
		{"i386 by int 0x80", unix.AUDIT_ARCH_I386, 1, 0, retKill},
		{"x32's read", auditArch, 0x40000000, 0, retErrno | uint32(unix.ENOSYS)},
		{"a user namespace by clone", auditArch, unix.SYS_CLONE, unix.CLONE_NEWUSER | unix.CLONE_VM, retKill},
		{"a thread", auditArch, unix.SYS_CLONE, unix.CLONE_VM | unix.CLONE_THREAD, retAllow},
		{"kexec", auditArch, unix.SYS_KEXEC_LOAD, 0, retKill},
		{"mount", auditArch, unix.SYS_MOUNT, 0, retKill},
		{"ptrace", auditArch, unix.SYS_PTRACE, 0, retKill},
		{"bpf", auditArch, unix.SYS_BPF, 0, retKill},
		{"keyctl", auditArch, unix.SYS_KEYCTL, 0, retKill},
		{"a module", auditArch, unix.SYS_FINIT_MODULE, 0, retKill},
		{"reboot", auditArch, unix.SYS_REBOOT, 0, retKill},
		{"swapon", auditArch, unix.SYS_SWAPON, 0, retKill},
		{"the clock", auditArch, unix.SYS_CLOCK_SETTIME, 0, retKill},
		{"userfaultfd", auditArch, unix.SYS_USERFAULTFD, 0, retKill},
		{"perf", auditArch, unix.SYS_PERF_EVENT_OPEN, 0, retKill},
		{"io_uring", auditArch, unix.SYS_IO_URING_SETUP, 0, retKill},
		{"pidfd_getfd", auditArch, unix.SYS_PIDFD_GETFD, 0, retKill},
	} {
		if got := f.run(t, c.arch, c.nr, c.arg0); got != c.want {
			t.Errorf("%s: %#x, want %#x", c.name, got, c.want)
		}
	}
}

// What root could do to PID 1 because they are the same user is for itself only,
// on either argument; another user's own threads are its affair.
func TestFilterKeepsRootFromPID1(t *testing.T) {
	f := new(filter)
	refused, allowed := retErrno|uint32(unix.EPERM), uint32(retAllow)
	for _, c := range []struct {
		nr       uint32
		args     []uint64
		root     uint32
		whatever uint32
	}{
		{unix.SYS_PRLIMIT64, []uint64{1}, refused, allowed},
		{unix.SYS_PRLIMIT64, []uint64{0}, allowed, allowed},
		{unix.SYS_SCHED_SETAFFINITY, []uint64{77}, refused, allowed},
		{unix.SYS_SCHED_SETSCHEDULER, []uint64{1}, refused, allowed},
		{unix.SYS_SETPRIORITY, []uint64{unix.PRIO_USER, 0}, refused, allowed},
		{unix.SYS_SETPRIORITY, []uint64{unix.PRIO_PROCESS, 1}, refused, allowed},
		{unix.SYS_SETPRIORITY, []uint64{unix.PRIO_PROCESS, 0}, allowed, allowed},
		{unix.SYS_IOPRIO_SET, []uint64{1, 1}, refused, allowed},
		{unix.SYS_IOPRIO_SET, []uint64{3, 0}, refused, allowed},
		{unix.SYS_IOPRIO_SET, []uint64{1, 0}, allowed, allowed},
		{unix.SYS_REBOOT, nil, refused, refused},
	} {
		f.compile(wire.SyscallsDefault, false, true)
		if got := f.run(t, auditArch, c.nr, c.args...); got != c.root {
			t.Errorf("root's call %d of %v: %#x, want %#x", c.nr, c.args, got, c.root)
		}
		f.compile(wire.SyscallsDefault, false, false)
		if got := f.run(t, auditArch, c.nr, c.args...); got != c.whatever {
			t.Errorf("a user's call %d of %v: %#x, want %#x", c.nr, c.args, got, c.whatever)
		}
	}
}
