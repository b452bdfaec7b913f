package main

import (
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file tries to get out of where PID 1 has put the program: a way a line,
// with the errno that stopped it, or OUT.

// way is one attempt. Each that succeeds is a hole, unless the test that reads
// the lines knows better.
type way struct {
	name string
	try  func() unix.Errno
}

// breakout tries them all and tells each.
func breakout(arguments) {
	ways := append(append(filesWays(), processWays()...), append(socketWays(), shareWays()...)...)
	ways = append(append(ways, kernelWays()...), rightsWays()...)
	for _, w := range ways {
		result := "OUT"
		if errno := w.try(); errno != 0 {
			result = unix.ErrnoName(errno)
		}
		say("breakout " + w.name + ": " + result + "\n")
	}
	say("breakout: " + strconv.Itoa(len(ways)) + " ways\n")
}

// errnoOf gives the errno inside an error, 0 for none.
func errnoOf(err error) unix.Errno {
	errno, _ := err.(unix.Errno)
	return errno
}

// call makes a raw system call.
func call(nr uintptr, args ...uintptr) unix.Errno {
	var a [5]uintptr
	copy(a[:], args)
	_, _, errno := unix.RawSyscall6(nr, a[0], a[1], a[2], a[3], a[4], 0)
	return errno
}

// calls is an attempt by one call; what only garbage arguments stop counts as out.
func calls(nr uintptr, args ...uintptr) func() unix.Errno {
	return func() unix.Errno {
		errno := call(nr, args...)
		if errno == unix.EFAULT || errno == unix.EINVAL {
			return 0
		}
		return errno
	}
}

// texts keeps what text gave the addresses of.
var texts [][]byte

// text is a NUL-terminated string for the kernel.
func text(s string) uintptr {
	b := append([]byte(s), 0)
	texts = append(texts, b)
	return uintptr(unsafe.Pointer(&b[0]))
}

// opens is an attempt to open a file; what can't be written though it is open
// counts too.
func opens(path string, flags int) func() unix.Errno {
	return func() unix.Errno {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
		if err != nil {
			return errnoOf(err)
		}
		defer unix.Close(fd)
		return 0
	}
}

// writes is an attempt to write a text into a file.
func writes(path, what string) func() unix.Errno {
	return func() unix.Errno {
		fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return errnoOf(err)
		}
		defer unix.Close(fd)
		_, err = unix.Write(fd, []byte(what))
		return errnoOf(err)
	}
}

// nodes is an attempt to make a device node and open it.
func nodes(mode uint32, device int) func() unix.Errno {
	return func() unix.Errno {
		const path = "/tmp/node"
		if err := unix.Mknod(path, mode|0o600, device); err != nil {
			return errnoOf(err)
		}
		errno := opens(path, unix.O_RDWR)()
		unix.Unlink(path)
		return errno
	}
}

// filesWays go through the file system.
func filesWays() []way {
	return []way{
		{"mknod of the disk", nodes(unix.S_IFBLK, 254<<8)},
		{"mknod of the RAM disk", nodes(unix.S_IFBLK, 1<<8)},
		{"mknod of /dev/mem", nodes(unix.S_IFCHR, 1<<8|1)},
		{"mknod of /dev/kmsg", nodes(unix.S_IFCHR, 1<<8|11)},
		{"mknod into /dev", func() unix.Errno { return errnoOf(unix.Mknod("/dev/x", unix.S_IFCHR|0o600, 1<<8|1)) }},
		{"open /dev/mem", opens("/dev/mem", unix.O_RDWR)},
		{"open /dev/ram0", opens("/dev/ram0", unix.O_RDWR)},
		{"open /dev/console", opens("/dev/console", unix.O_RDWR)},
		{"open /dev/ttyS0", opens("/dev/ttyS0", unix.O_RDWR)},
		{"open /dev/kmsg", opens("/dev/kmsg", unix.O_RDWR)},
		{"open /dev/watchdog", opens("/dev/watchdog", unix.O_WRONLY)},
		{"write into /bin", opens("/bin/x", unix.O_WRONLY|unix.O_CREAT)},
		{"TIOCSTI", func() unix.Errno { return call(unix.SYS_IOCTL, 0, unix.TIOCSTI, text("x")) }},
		{"mount a tmpfs", calls(unix.SYS_MOUNT, text("x"), text("/bin"), text("tmpfs"), 0, 0)},
		{"mount the devices", calls(unix.SYS_MOUNT, text("x"), text("/tmp"), text("devtmpfs"), 0, 0)},
		{"remount the root writable", calls(unix.SYS_MOUNT, 0, text("/"), 0, unix.MS_REMOUNT|unix.MS_BIND, 0)},
		{"mount_setattr the root writable", func() unix.Errno {
			attr := unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY}
			return errnoOf(unix.MountSetattr(unix.AT_FDCWD, "/", 0, &attr))
		}},
		{"fsopen", calls(unix.SYS_FSOPEN, text("tmpfs"), 0)},
		{"open_tree of the root", calls(unix.SYS_OPEN_TREE, 0, text("/"), 1)},
		{"unmount /proc", func() unix.Errno { return call(unix.SYS_UMOUNT2, text("/proc"), unix.MNT_DETACH) }},
		{"unmount /dev", func() unix.Errno { return call(unix.SYS_UMOUNT2, text("/dev"), unix.MNT_DETACH) }},
		{"pivot_root", func() unix.Errno { return call(unix.SYS_PIVOT_ROOT, text("/tmp"), text("/tmp")) }},
		{"chroot and back by a descriptor", chrootBack},
		{"open_by_handle_at", func() unix.Errno {
			handle := unix.NewFileHandle(1, make([]byte, 8))
			_, err := unix.OpenByHandleAt(0, handle, unix.O_RDONLY)
			return errnoOf(err)
		}},
		{"name_to_handle_at", func() unix.Errno {
			_, _, err := unix.NameToHandleAt(unix.AT_FDCWD, "/", 0)
			return errnoOf(err)
		}},
		{"write into /run", opens("/run/x", unix.O_WRONLY|unix.O_CREAT)},
		{"write its own program", opens("/proc/self/exe", unix.O_WRONLY)},
		{"fill /dev/shm", opens("/dev/shm/x", unix.O_WRONLY|unix.O_CREAT)},
		{"execute what it wrote", executeWritten},
		{"execute a memfd", executeMemfd},
	}
}

// chrootBack is the old way out of a chroot: a folder below, and a descriptor
// of one above.
func chrootBack() unix.Errno {
	root, err := unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return errnoOf(err)
	}
	defer unix.Close(root)
	if errno := call(unix.SYS_CHROOT, text("/tmp")); errno != 0 {
		return errno
	}
	if err := unix.Fchdir(root); err != nil {
		return errnoOf(err)
	}
	for range 8 {
		unix.Chdir("..")
	}
	return call(unix.SYS_CHROOT, text("."))
}

// executeWritten writes a script and has the kernel look at it.
func executeWritten() unix.Errno {
	const path = "/tmp/program"
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o755)
	if err != nil {
		return errnoOf(err)
	}
	unix.Write(fd, []byte("#!/bin/testprog exit 0\n"))
	unix.Close(fd)
	return errnoOf(unix.Exec(path, []string{path}, nil))
}

// executeMemfd does the same without a file, as asked and as an old program does.
func executeMemfd() unix.Errno {
	for _, flags := range []int{unix.MFD_EXEC, 0} {
		fd, err := unix.MemfdCreate("x", flags)
		if err != nil {
			if errnoOf(err) != unix.EACCES {
				return errnoOf(err)
			}
			continue
		}
		unix.Write(fd, []byte("#!/bin/testprog exit 0\n"))
		errno := call(unix.SYS_EXECVEAT, uintptr(fd), text(""), text(""), 0, unix.AT_EMPTY_PATH)
		unix.Close(fd)
		return errno
	}
	return unix.EACCES
}
