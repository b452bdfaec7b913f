package main

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// This file forks without exec, which Go has no way for: twenty thousand
// orphans that each start a Go runtime would measure that and not the reaping.
// A forked child has one thread and no working runtime, hence it may only make
// raw system calls: no allocation, no stack growth, no function that could do
// either. That is what go:nosplit is for below.

// fork returns twice: with the child's pid in the parent, with 0 in the child.
//
//go:nosplit
//go:norace
func fork() (pid uintptr, errno unix.Errno) {
	pid, _, errno = unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	return pid, errno
}

// end ends a forked child.
//
//go:nosplit
//go:norace
func end() {
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// waitForked is wait for a forked child: ppoll of nothing for ever, pause(2) not
// being there on arm64.
//
//go:nosplit
//go:norace
func waitForked() {
	for {
		unix.RawSyscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}

// vforkOrphan makes a child that makes one in turn; both end at once. Whichever
// is first, the grandchild becomes PID 1's. It is in assembly.
func vforkOrphan() (pid uintptr)

// forkWaiting forks a child that waits for ever.
//
//go:nosplit
//go:norace
func forkWaiting() (pid uintptr, errno unix.Errno) {
	if pid, errno = fork(); errno != 0 || pid != 0 {
		return pid, errno
	}
	waitForked()
	return 0, 0
}

// unshareForked has a forked child unshare a user namespace, which a process with
// threads can't, and tell by its status how that went.
func unshareForked() unix.Errno {
	pid, errno := forkUnshare()
	if errno != 0 {
		return errno
	}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(int(pid), &status, 0, nil)
		if err != unix.EINTR {
			must("wait4", err)
			return unix.Errno(status.ExitStatus())
		}
	}
}

// forkUnshare forks the child of unshareForked.
//
//go:nosplit
//go:norace
func forkUnshare() (pid uintptr, errno unix.Errno) {
	if pid, errno = fork(); errno != 0 || pid != 0 {
		return pid, errno
	}
	_, _, errno = unix.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWUSER, 0, 0)
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, uintptr(errno), 0, 0)
	}
}

// forkDaemon forks a child that ends, having forked one that waits for ever in
// a session of its own.
//
//go:nosplit
//go:norace
func forkDaemon() (pid uintptr, errno unix.Errno) {
	if pid, errno = fork(); errno != 0 || pid != 0 {
		return pid, errno
	}
	unix.RawSyscall(unix.SYS_SETSID, 0, 0, 0)
	// A failed fork returns no 0: the child ends, and nothing is left behind.
	if second, _ := fork(); second == 0 {
		waitForked()
	}
	end()
	return 0, 0
}

// reap waits for a child of ours.
func reap(pid uintptr) {
	for {
		_, err := unix.Wait4(int(pid), nil, 0, nil)
		if err != unix.EINTR {
			must("wait4", err)
			return
		}
	}
}

// orphans waits for each child, not for its orphan, before it forks the next:
// with many at once the pids limit of its cgroup would be what is tested.
func orphans(a arguments) {
	count := a.number(0, 1)
	for range count {
		pid := vforkOrphan()
		if int(pid) < 0 {
			must("clone", unix.Errno(-int(pid)))
		}
		reap(pid)
	}
	say("orphans: left " + strconv.FormatUint(count, 10) + "\n")
}

// forks says how many children the pids limit of its cgroup let it have.
func forks(a arguments) {
	made, why := uint64(0), "none"
	for made < a.number(0, 1) {
		_, errno := forkWaiting()
		if errno != 0 {
			why = unix.ErrnoName(errno)
			break
		}
		made++
	}
	say("forks: made " + strconv.FormatUint(made, 10) + ", error " + why + "\n")
	wait()
}

// daemonise ends well and leaves something running in its cgroup, as daemons
// did before there was supervision.
func daemonise(arguments) {
	pid, errno := forkDaemon()
	if errno != 0 {
		must("clone", errno)
	}
	reap(pid)
	say("daemonise: left a grandchild\n")
}
