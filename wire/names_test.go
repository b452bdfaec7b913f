package wire

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The numbers are held to the kernel's headers as x/sys has them.
func TestNamesHaveTheKernelsNumbers(t *testing.T) {
	for name, want := range map[string]uint8{
		"chown": unix.CAP_CHOWN, "kill": unix.CAP_KILL, "setpcap": unix.CAP_SETPCAP,
		"net_bind_service": unix.CAP_NET_BIND_SERVICE, "net_admin": unix.CAP_NET_ADMIN,
		"net_raw": unix.CAP_NET_RAW, "ipc_lock": unix.CAP_IPC_LOCK, "sys_ptrace": unix.CAP_SYS_PTRACE,
		"sys_admin": unix.CAP_SYS_ADMIN, "sys_boot": unix.CAP_SYS_BOOT, "sys_nice": unix.CAP_SYS_NICE,
		"sys_resource": unix.CAP_SYS_RESOURCE, "sys_time": unix.CAP_SYS_TIME, "mknod": unix.CAP_MKNOD,
		"lease": unix.CAP_LEASE, "audit_write": unix.CAP_AUDIT_WRITE, "setfcap": unix.CAP_SETFCAP,
		"mac_admin": unix.CAP_MAC_ADMIN, "syslog": unix.CAP_SYSLOG, "audit_read": unix.CAP_AUDIT_READ,
		"perfmon": unix.CAP_PERFMON, "bpf": unix.CAP_BPF, "checkpoint_restore": unix.CAP_CHECKPOINT_RESTORE,
	} {
		if got, ok := CapabilityNumber(name); !ok || got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if unix.CAP_LAST_CAP != CapsMax-1 {
		t.Errorf("the kernel's last capability is %d; add its name", unix.CAP_LAST_CAP)
	}
	for name, want := range map[string]uint8{
		"cpu": unix.RLIMIT_CPU, "fsize": unix.RLIMIT_FSIZE, "data": unix.RLIMIT_DATA, "stack": unix.RLIMIT_STACK,
		"core": unix.RLIMIT_CORE, "rss": unix.RLIMIT_RSS, "nproc": unix.RLIMIT_NPROC, "nofile": unix.RLIMIT_NOFILE,
		"memlock": unix.RLIMIT_MEMLOCK, "as": unix.RLIMIT_AS, "locks": unix.RLIMIT_LOCKS,
		"sigpending": unix.RLIMIT_SIGPENDING, "msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE,
		"rtprio": unix.RLIMIT_RTPRIO, "rttime": unix.RLIMIT_RTTIME,
	} {
		if got, ok := RlimitNumber(name); !ok || got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	for _, bad := range []string{"", "KILL", "cap_kill", "kill "} {
		if _, ok := CapabilityNumber(bad); ok {
			t.Errorf("found a capability %q", bad)
		}
		if _, ok := RlimitNumber(bad); ok {
			t.Errorf("found a resource %q", bad)
		}
	}
}

func TestTablesAreFullAndWithoutDoubles(t *testing.T) {
	for what, table := range map[string][]string{
		"capability": capabilityNames[:], "rlimit": rlimitNames[:], "signal": signalNames[1:],
		"verb": verbNames[1:], "reason": reasonTexts[:],
	} {
		seen := map[string]bool{}
		for i, name := range table {
			if name == "" || seen[name] {
				t.Errorf("%s %d: %q is empty or stands twice", what, i, name)
			}
			seen[name] = true
		}
	}
}

func TestSignalNamesAreTheKernels(t *testing.T) {
	for n := uint8(1); n < 32; n++ {
		if want := unix.SignalName(unix.Signal(n)); want != SignalName(n) {
			// x/sys knows SIGABRT and SIGIO by these names, and SIGIOT, SIGPOLL as others.
			t.Errorf("signal %d is %s, want %s", n, SignalName(n), want)
		}
	}
	if SignalName(40) != "signal 40" || !strings.HasSuffix(SignalName(0), " 0") {
		t.Error("a signal without a name")
	}
}
