// Command probe is PID 1 of a test machine: it says what the kernel it runs on
// has, a line a fact, and powers the machine off.
package main

import (
	"bytes"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/sys/unix"
)

// mounts are what PID 1 of the product mounts, in the same order.
var mounts = [...]struct{ kind, at string }{
	{"proc", "/proc"},
	{"sysfs", "/sys"},
	{"devtmpfs", "/dev"},
	{"tmpfs", "/run"},
	{"cgroup2", "/sys/fs/cgroup"},
	{"securityfs", "/sys/kernel/security"},
	{"pstore", "/sys/fs/pstore"},
}

func main() {
	// From here the console is the probe's: a word of the kernel's in the middle
	// of a line would lose the fact. (syslog(2): SYSLOG_ACTION_CONSOLE_OFF)
	if _, err := unix.Klogctl(6, nil); err != nil {
		say("console-off-failed", err.Error())
	}
	for _, m := range mounts {
		if err := unix.Mount(m.kind, m.at, m.kind, 0, ""); err != nil {
			say("mount-failed", m.kind, err.Error())
		}
	}
	words("filesystem", "/proc/filesystems")
	words("controller", "/sys/fs/cgroup/cgroup.controllers")
	words("lsm", "/sys/kernel/security/lsm")
	words("lockdown", "/sys/kernel/security/lockdown")
	list("psi", "/proc/pressure/*")
	list("namespace", "/proc/self/ns/*")
	list("watchdog", "/sys/class/watchdog/*")
	list("block", "/sys/class/block/*")
	list("link", "/sys/class/net/*")
	list("rtc", "/sys/class/rtc/*")
	list("hwrng", "/sys/class/misc/hw_random")
	list("tpm", "/sys/class/tpm/*")
	list("input", "/dev/input/event*")
	words("pstore-backend", "/sys/module/pstore/parameters/backend")
	drivers, err := filepath.Glob("/sys/bus/*/drivers/*")
	if err != nil {
		say("glob-failed", "drivers", err.Error())
	}
	sort.Strings(drivers)
	for _, d := range drivers {
		bus := filepath.Base(filepath.Dir(filepath.Dir(d)))
		say("driver", bus+"/"+filepath.Base(d))
	}
	calls()
	say("end")
	unix.Sync()
	// microvm has no power-off of its own; its reboot ends QEMU (-no-reboot).
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART); err != nil {
		say("reboot-failed", err.Error())
	}
}

// say prints a fact: "probe:", the kind, what.
func say(kind string, what ...string) {
	os.Stdout.WriteString("probe: " + kind + " " + strings.Join(what, " ") + "\n")
}

// words says each word of a file.
func words(kind, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		say(kind+"-failed", err.Error())
		return
	}
	for _, w := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" \t\n,\x00", r) }) {
		if w != "nodev" {
			say(kind, w)
		}
	}
}

// list says the base names that match a pattern.
func list(kind, pattern string) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		say(kind+"-failed", err.Error())
	}
	for _, n := range names {
		say(kind, filepath.Base(n))
	}
}

// calls tries what has no file: each is there unless it says ENOSYS.
func calls() {
	self := unix.Getpid()
	try := []struct {
		name string
		do   func() (int, error)
	}{
		{"epoll", func() (int, error) { return unix.EpollCreate1(unix.EPOLL_CLOEXEC) }},
		{"pidfd", func() (int, error) { return unix.PidfdOpen(self, 0) }},
		{"timerfd", func() (int, error) { return unix.TimerfdCreate(unix.CLOCK_BOOTTIME, 0) }},
		{"signalfd", func() (int, error) { return unix.Signalfd(-1, new(unix.Sigset_t), 0) }},
		{"eventfd", func() (int, error) { return unix.Eventfd(0, 0) }},
		{"memfd", func() (int, error) { return unix.MemfdCreate("probe", unix.MFD_ALLOW_SEALING) }},
		{"inotify", func() (int, error) { return unix.InotifyInit1(0) }},
		{"fanotify", func() (int, error) { return unix.FanotifyInit(0, 0) }},
		{"fhandle", func() (int, error) { _, _, err := unix.NameToHandleAt(unix.AT_FDCWD, "/run", 0); return -1, err }},
		{"unix", func() (int, error) { return unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0) }},
		{"packet", func() (int, error) { return unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0) }},
		{"uevent", func() (int, error) {
			return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_KOBJECT_UEVENT)
		}},
		{"rtnetlink", func() (int, error) { return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE) }},
		{"nfnetlink", func() (int, error) { return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_NETFILTER) }},
		{"ipv6", func() (int, error) { return unix.Socket(unix.AF_INET6, unix.SOCK_STREAM, 0) }},
		{"landlock", func() (int, error) { return landlockVersion() }},
		{"io_uring", func() (int, error) { return raw(unix.SYS_IO_URING_SETUP) }},
		{"aio", func() (int, error) { return raw(unix.SYS_IO_SETUP) }},
		{"bpf", func() (int, error) { return raw(unix.SYS_BPF) }},
		{"userfaultfd", func() (int, error) { return raw(unix.SYS_USERFAULTFD) }},
		{"kcmp", func() (int, error) { return raw(unix.SYS_KCMP) }},
		{"kexec", func() (int, error) { return raw(unix.SYS_KEXEC_LOAD) }},
		{"module", func() (int, error) { return raw(unix.SYS_INIT_MODULE) }},
		{"rseq", func() (int, error) { return raw(unix.SYS_RSEQ) }},
	}
	for _, t := range try {
		fd, err := t.do()
		switch err {
		case nil:
			say("call", t.name)
			if fd > 2 {
				unix.Close(fd)
			}
		case unix.ENOSYS, unix.EAFNOSUPPORT, unix.EPROTONOSUPPORT:
			say("no-call", t.name)
		default:
			say("call", t.name, err.Error())
		}
	}
	version, err := os.ReadFile("/proc/version")
	if err == nil {
		say("version", string(bytes.TrimSpace(version)))
	}
}

// raw calls with arguments that no call accepts: only ENOSYS means absent.
func raw(number uintptr) (int, error) {
	_, _, errno := unix.Syscall6(number, ^uintptr(0), 0, 0, 0, 0, 0)
	if errno == 0 {
		return -1, nil
	}
	return -1, errno
}

// landlockVersion asks for the ABI's number: landlock_create_ruleset(2).
func landlockVersion() (int, error) {
	const askVersion = 1
	_, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, askVersion)
	if errno != 0 {
		return -1, errno
	}
	return -1, nil
}
