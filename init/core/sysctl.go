package core

import "golang.org/x/sys/unix"

// Sysctl is a setting of the running kernel that PID 1 insists on.
type Sysctl struct {
	// Name is the path below /proc/sys, Value what must be read there.
	Name, Value string
}

// Sysctls are set and read back before the first service starts. Only what
// differs from the kernel's default or could be changed by the command line
// stands here; what Mote's kernel lacks altogether (kexec, sysrq, BPF, io_uring,
// userfaultfd, core dumps, modules) has no setting, see kconfig/README.md.
// Meanings: the kernel's Documentation/admin-guide/sysctl and
// Documentation/networking/ip-sysctl.rst.
var Sysctls = [...]Sysctl{
	// Addresses and the log of the kernel are for nobody: both help to aim.
	{"kernel/kptr_restrict", "2"},
	{"kernel/dmesg_restrict", "1"},
	// No process looks into another, and none can lower this again.
	{"kernel/yama/ptrace_scope", "3"},
	// Counters are for root; the kernel knows no higher level.
	{"kernel/perf_event_paranoid", "2"},
	// What went wrong in the kernel ends in a reboot, with its log in pstore.
	{"kernel/panic_on_oops", "1"},
	// A disk that doesn't answer holds whoever waits for it, and nobody else: such a
	// service is called stuck, and PID 1 never waits.
	{"kernel/hung_task_panic", "0"},
	// Ctrl-Alt-Del asks PID 1, which stops services first; the kernel alone would
	// restart at once.
	{"kernel/ctrl-alt-del", "0"},
	// Files of others in /tmp: no links to them, no writing into a FIFO or file
	// that somebody else laid there; no dump of a program that changed user.
	{"fs/protected_hardlinks", "1"},
	{"fs/protected_symlinks", "1"},
	{"fs/protected_fifos", "2"},
	{"fs/protected_regular", "2"},
	{"fs/suid_dumpable", "0"},
	// No program is run that is in no file system: a memfd can't be executable.
	{"vm/memfd_noexec", "2"},
	// A packet must come in where its answer would go out. "default" also reaches
	// the links that are there already, as nobody has set theirs.
	{"net/ipv4/conf/all/rp_filter", "1"},
	{"net/ipv4/conf/default/rp_filter", "1"},
	// Nobody on the wire changes routes, and no packet brings its own.
	{"net/ipv4/conf/all/accept_redirects", "0"},
	{"net/ipv4/conf/default/accept_redirects", "0"},
	{"net/ipv4/conf/all/secure_redirects", "0"},
	{"net/ipv4/conf/default/secure_redirects", "0"},
	{"net/ipv4/conf/all/send_redirects", "0"},
	{"net/ipv4/conf/default/send_redirects", "0"},
	{"net/ipv4/conf/all/accept_source_route", "0"},
	{"net/ipv4/conf/default/accept_source_route", "0"},
	// Of IPv6, "all" and "default" reach only links that come later.
	{"net/ipv6/conf/all/accept_redirects", "0"},
	{"net/ipv6/conf/default/accept_redirects", "0"},
	// A stray RST doesn't end a connection that is in TIME-WAIT (RFC 1337).
	{"net/ipv4/tcp_rfc1337", "1"},
}

// sysctlRoot is where procfs keeps them.
const sysctlRoot = "/proc/sys/"

// harden makes the kernel's settings what they must be. One that can't be is
// said, and boot goes on: an answering node that tells of it can be mended.
func (l *Loop) harden() {
	for i := range Sysctls {
		s := &Sysctls[i]
		var got string
		errno := insist(func() (errno Errno) {
			got, errno = l.setSysctl(s)
			return errno
		})
		if errno != 0 {
			l.console.trouble(l.now, "set "+sysctlRoot+s.Name+" to "+s.Value, errno)
		} else if got != s.Value {
			l.console.say(l.now, "trouble: ", sysctlRoot, s.Name, " is ", got, ", not ", s.Value)
		}
	}
}

// setSysctl gives what is read after the value was written. A value that is
// right already is not written. Errnos are those of open, pread and write.
func (l *Loop) setSysctl(s *Sysctl) (got string, errno Errno) {
	fd, errno := l.sys.Open(sysctlRoot+s.Name, unix.O_RDWR, 0)
	if errno != 0 {
		return "", errno
	}
	got, errno = l.readSysctl(fd)
	if errno == 0 && got != s.Value {
		// From the start of the file: a write at another place is refused.
		n := copy(l.scratch[:], s.Value)
		if _, errno = l.sys.Write(fd, l.scratch[:n]); errno == 0 {
			got, errno = l.readSysctl(fd)
		}
	}
	l.sys.Close(fd)
	return got, errno
}

// readSysctl reads without moving the file's place, and cuts the newline.
func (l *Loop) readSysctl(fd int32) (string, Errno) {
	n, errno := l.sys.ReadAt(fd, l.scratch[:], 0)
	if errno != 0 {
		return "", errno
	}
	return withoutNewline(l.scratch[:n]), 0
}
