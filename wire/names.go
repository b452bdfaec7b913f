package wire

// The kernel's names and their numbers. Nothing writes to these tables.

// capabilityNames is indexed by number: include/uapi/linux/capability.h and
// capabilities(7), in lower case without CAP_.
var capabilityNames = [CapsMax]string{
	0: "chown", 1: "dac_override", 2: "dac_read_search", 3: "fowner",
	4: "fsetid", 5: "kill", 6: "setgid", 7: "setuid", 8: "setpcap",
	9: "linux_immutable", 10: "net_bind_service", 11: "net_broadcast",
	12: "net_admin", 13: "net_raw", 14: "ipc_lock", 15: "ipc_owner",
	16: "sys_module", 17: "sys_rawio", 18: "sys_chroot", 19: "sys_ptrace",
	20: "sys_pacct", 21: "sys_admin", 22: "sys_boot", 23: "sys_nice",
	24: "sys_resource", 25: "sys_time", 26: "sys_tty_config", 27: "mknod",
	28: "lease", 29: "audit_write", 30: "audit_control", 31: "setfcap",
	32: "mac_override", 33: "mac_admin", 34: "syslog", 35: "wake_alarm",
	36: "block_suspend", 37: "audit_read", 38: "perfmon", 39: "bpf",
	40: "checkpoint_restore",
}

// rlimitNames is indexed by number: include/uapi/asm-generic/resource.h and
// setrlimit(2), the same on amd64 and arm64.
var rlimitNames = [RlimitsMax]string{
	0: "cpu", 1: "fsize", 2: "data", 3: "stack", 4: "core", 5: "rss",
	6: "nproc", 7: "nofile", 8: "memlock", 9: "as", 10: "locks",
	11: "sigpending", 12: "msgqueue", 13: "nice", 14: "rtprio", 15: "rttime",
}

// signalNames is indexed by number: signal(7), the standard signals as on amd64
// and arm64; the real-time ones have numbers only.
var signalNames = [32]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP",
	6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1",
	11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
	16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP",
	20: "SIGTSTP", 21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU",
	25: "SIGXFSZ", 26: "SIGVTALRM", 27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO",
	30: "SIGPWR", 31: "SIGSYS",
}

// CapabilityNumber finds a capability by its name, as "net_bind_service"; see
// capabilities(7).
func CapabilityNumber(name string) (number uint8, ok bool) {
	return indexName(capabilityNames[:], name)
}

// RlimitNumber finds a resource by its name, as "nofile"; see setrlimit(2).
func RlimitNumber(name string) (number uint8, ok bool) {
	return indexName(rlimitNames[:], name)
}

// SignalName is a standard signal's name, as "SIGTERM", or "signal 40"; see
// signal(7).
func SignalName(number uint8) string {
	if int(number) < len(signalNames) && signalNames[number] != "" {
		return signalNames[number]
	}
	return "signal " + Decimal(uint64(number))
}

// indexName finds name in a table whose unused places are empty.
//
//go:noinline
func indexName(names []string, name string) (uint8, bool) {
	for i := range names {
		if names[i] == name && name != "" {
			return uint8(i), true
		}
	}
	return 0, false
}

// Decimal is n as a string; AppendUint is for where nothing may be allocated. It
// is for errors only, where size counts and time does not.
//
//go:noinline
func Decimal(n uint64) string {
	var b [20]byte
	return string(AppendUint(b[:0], n))
}
