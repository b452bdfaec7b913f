package main

import (
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// processWays go through other processes.
func processWays() []way {
	return []way{
		{"open /proc/1/root", opens("/proc/1/root/etc", unix.O_RDONLY)},
		{"open /proc/1/mem", opens("/proc/1/mem", unix.O_RDWR)},
		{"open /proc/1/environ", opens("/proc/1/environ", unix.O_RDONLY)},
		{"list /proc/1/fd", opens("/proc/1/fd", unix.O_RDONLY)},
		{"list a neighbour", neighbour},
		{"ptrace PID 1", func() unix.Errno { return call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, 1) }},
		{"process_vm_readv of PID 1", readPID1},
		{"kill PID 1 by each signal", func() unix.Errno {
			errno := unix.Errno(0)
			for sig := uintptr(1); sig <= 64; sig++ {
				if errno = call(unix.SYS_KILL, 1, sig); errno == 0 {
					return 0
				}
			}
			return errno
		}},
		{"kill a neighbour", func() unix.Errno {
			errno := unix.Errno(unix.ESRCH)
			for pid := uintptr(2); pid < 400; pid++ {
				if pid == uintptr(unix.Getpid()) {
					continue
				}
				// A thread of ours is found by its number too, and is no way out.
				if call(unix.SYS_TGKILL, uintptr(unix.Getpid()), pid, 0) == 0 {
					continue
				}
				if errno = call(unix.SYS_KILL, pid, 0); errno == 0 {
					return 0
				}
			}
			return errno
		}},
		{"setns into PID 1's mounts", func() unix.Errno {
			fd, err := unix.Open("/proc/1/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				return errnoOf(err)
			}
			defer unix.Close(fd)
			return call(unix.SYS_SETNS, uintptr(fd), 0)
		}},
		{"setns into PID 1's by a pidfd", byPidfd(func(fd uintptr) unix.Errno { return call(unix.SYS_SETNS, fd, unix.CLONE_NEWNS) })},
		{"pidfd_getfd from PID 1", byPidfd(func(fd uintptr) unix.Errno { return call(unix.SYS_PIDFD_GETFD, fd, 0, 0) })},
		{"pidfd_send_signal to PID 1", byPidfd(func(fd uintptr) unix.Errno {
			return call(unix.SYS_PIDFD_SEND_SIGNAL, fd, uintptr(unix.SIGTERM), 0, 0)
		})},
		{"prlimit of PID 1", func() unix.Errno {
			limit := unix.Rlimit{}
			_, _, errno := unix.RawSyscall6(unix.SYS_PRLIMIT64, 1, unix.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
			return errno
		}},
	}
}

// socketWays go to others' sockets.
func socketWays() []way {
	return []way{
		{"the control socket", connects("/run/mote/control")},
		{"an abstract socket of a neighbour", connects("@outside")},
		{"a neighbour's notify socket", func() unix.Errno {
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return errnoOf(err)
			}
			defer unix.Close(fd)
			return errnoOf(unix.Sendto(fd, []byte("READY=1"), 0, &unix.SockaddrUnix{Name: "/run/notify/notified"}))
		}},
	}
}

// shareWays take from PID 1 what it may use of the machine: where it is the same
// user, only the filter stands before that.
func shareWays() []way {
	return []way{
		{"PID 1's scheduler", func() unix.Errno {
			param := int32(0)
			return call(unix.SYS_SCHED_SETSCHEDULER, 1, unix.SCHED_IDLE, uintptr(unsafe.Pointer(&param)))
		}},
		{"PID 1's processors", func() unix.Errno {
			var set unix.CPUSet
			set.Set(0)
			return errnoOf(unix.SchedSetaffinity(1, &set))
		}},
		{"PID 1's nice value", func() unix.Errno { return errnoOf(unix.Setpriority(unix.PRIO_PROCESS, 1, 19)) }},
		{"PID 1's nice value, by its user", func() unix.Errno {
			if unix.Getuid() != 0 {
				return unix.EALREADY // its own user's is its own affair
			}
			return errnoOf(unix.Setpriority(unix.PRIO_USER, 0, 19))
		}},
		{"PID 1's I/O priority", func() unix.Errno { return call(unix.SYS_IOPRIO_SET, 1, 1, 3<<13) }},
	}
}

// neighbour looks for any process that is not the first and not itself.
func neighbour() unix.Errno {
	fd, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(fd)
	own := strconv.Itoa(unix.Getpid())
	for buf := make([]byte, 4096); ; {
		n, err := unix.ReadDirent(fd, buf)
		if err != nil || n <= 0 {
			return unix.ESRCH
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			if name[0] >= '0' && name[0] <= '9' && name != own {
				return 0
			}
		}
	}
}

func readPID1() unix.Errno {
	var b [8]byte
	local := unix.Iovec{Base: &b[0], Len: 8}
	remote := unix.RemoteIovec{Base: 0x400000, Len: 8}
	_, _, errno := unix.RawSyscall6(unix.SYS_PROCESS_VM_READV, 1, uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
	return errno
}

// byPidfd does something with a descriptor of PID 1, if it gets one.
func byPidfd(do func(fd uintptr) unix.Errno) func() unix.Errno {
	return func() unix.Errno {
		fd, err := unix.PidfdOpen(1, 0)
		if err != nil {
			return errnoOf(err)
		}
		defer unix.Close(fd)
		return do(uintptr(fd))
	}
}

// connects is an attempt to reach a stream socket.
func connects(name string) func() unix.Errno {
	return func() unix.Errno {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return errnoOf(err)
		}
		defer unix.Close(fd)
		return errnoOf(unix.Connect(fd, &unix.SockaddrUnix{Name: name}))
	}
}

// kernelWays ask the kernel for more than a program's share of it.
func kernelWays() []way {
	list := []way{
		{"write /proc/sysrq-trigger", writes("/proc/sysrq-trigger", "b")},
		{"write /proc/sys/kernel/core_pattern", writes("/proc/sys/kernel/core_pattern", "|/bin/testprog")},
		{"write /proc/sys/kernel/hostname", writes("/proc/sys/kernel/hostname", "x")},
		{"lower its oom_score_adj", writes("/proc/self/oom_score_adj", "-1000")},
		{"move into the root cgroup", writes("/sys/fs/cgroup/cgroup.procs", "0")},
		{"raise its own memory limit", writes("/sys/fs/cgroup/services/root/memory.max", "max")},
		{"kill PID 1's cgroup", writes("/sys/fs/cgroup/init/cgroup.kill", "1")},
		{"make a cgroup", func() unix.Errno { return errnoOf(unix.Mkdir("/sys/fs/cgroup/x", 0o755)) }},
		{"a release_agent", writes("/sys/fs/cgroup/release_agent", "/bin/testprog")},
		{"write /sys/power/state", writes("/sys/power/state", "mem")},
		{"rescan PCI", writes("/sys/bus/pci/rescan", "1")},
		{"a uevent helper", writes("/sys/kernel/uevent_helper", "/bin/testprog")},
		{"read /proc/kcore", opens("/proc/kcore", unix.O_RDONLY)},
		{"read /proc/keys", opens("/proc/keys", unix.O_RDONLY)},
		{"read /proc/kmsg", opens("/proc/kmsg", unix.O_RDONLY)},
		{"read /proc/iomem", opens("/proc/iomem", unix.O_RDONLY)},
		{"list /sys/firmware", opens("/sys/firmware", unix.O_RDONLY)},
		{"list /sys/fs/pstore", opens("/sys/fs/pstore", unix.O_RDONLY)},
		{"kexec_load", calls(unix.SYS_KEXEC_LOAD)},
		{"kexec_file_load", calls(unix.SYS_KEXEC_FILE_LOAD)},
		{"init_module", calls(unix.SYS_INIT_MODULE)},
		{"finit_module", calls(unix.SYS_FINIT_MODULE)},
		{"bpf", calls(unix.SYS_BPF)},
		{"perf_event_open of all", func() unix.Errno {
			attr := unix.PerfEventAttr{Type: unix.PERF_TYPE_SOFTWARE, Size: uint32(unsafe.Sizeof(unix.PerfEventAttr{}))}
			_, err := unix.PerfEventOpen(&attr, -1, 0, -1, 0)
			return errnoOf(err)
		}},
		{"userfaultfd", calls(unix.SYS_USERFAULTFD)},
		{"keyctl of another's ring", calls(unix.SYS_KEYCTL, 6, 1)},
		{"add_key", calls(unix.SYS_ADD_KEY, text("user"), text("x"), text("y"), 1, ^uintptr(3))},
		{"io_uring", calls(unix.SYS_IO_URING_SETUP, 1, 0)},
		{"fanotify", calls(unix.SYS_FANOTIFY_INIT)},
		{"read the kernel's log", calls(unix.SYS_SYSLOG, 10)},
		{"reboot", calls(unix.SYS_REBOOT, unix.LINUX_REBOOT_MAGIC1, unix.LINUX_REBOOT_MAGIC2, unix.LINUX_REBOOT_CMD_RESTART)},
		{"settimeofday", func() unix.Errno { return errnoOf(unix.Settimeofday(&unix.Timeval{Sec: 1})) }},
		{"clock_settime", func() unix.Errno { return errnoOf(unix.ClockSettime(unix.CLOCK_REALTIME, &unix.Timespec{Sec: 1})) }},
		{"adjtimex", func() unix.Errno {
			_, err := unix.Adjtimex(&unix.Timex{Modes: unix.ADJ_TICK, Tick: 10000})
			return errnoOf(err)
		}},
		{"swapon", calls(unix.SYS_SWAPON, text("/tmp"), 0)},
		{"acct", calls(unix.SYS_ACCT, text("/tmp"))},
	}
	return append(list, archWays()...)
}

// rightsWays ask for rights that were given up.
func rightsWays() []way {
	return []way{
		{"setuid to root", func() unix.Errno {
			if unix.Getuid() == 0 {
				return unix.EALREADY // nothing to win
			}
			return call(unix.SYS_SETUID, 0)
		}},
		{"raise capabilities", func() unix.Errno {
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			all := [2]unix.CapUserData{{Effective: 1<<32 - 1, Permitted: 1<<32 - 1}, {Effective: 1<<9 - 1, Permitted: 1<<9 - 1}}
			return errnoOf(unix.Capset(&header, &all[0]))
		}},
		{"unshare a user namespace", unshareForked},
		{"unshare mounts", func() unix.Errno { return errnoOf(unix.Unshare(unix.CLONE_NEWNS)) }},
		{"clone3 with a user namespace", calls(unix.SYS_CLONE3)},
		{"a raw socket", func() unix.Errno { return call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP) }},
		{"a packet socket", func() unix.Errno { return call(unix.SYS_SOCKET, unix.AF_PACKET, unix.SOCK_RAW, 0x0300) }},
		{"sethostname", func() unix.Errno { return errnoOf(unix.Sethostname([]byte("x"))) }},
		{"a real-time priority", func() unix.Errno {
			param := int32(1)
			return call(unix.SYS_SCHED_SETSCHEDULER, 0, unix.SCHED_FIFO, uintptr(unsafe.Pointer(&param)))
		}},
		{"a lower nice value", func() unix.Errno { return errnoOf(unix.Setpriority(unix.PRIO_PROCESS, 0, -20)) }},
		{"raise a hard limit", func() unix.Errno {
			return errnoOf(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 1 << 20, Max: 1 << 20}))
		}},
	}
}
