package core

import "golang.org/x/sys/unix"

// auditArch is AUDIT_ARCH_X86_64 of include/uapi/linux/audit.h. The calls of
// i386 (int 0x80) carry another; those of x32 carry this one, with bit 30 set in
// their number, which lies past every boundary.
const auditArch = unix.AUDIT_ARCH_X86_64

// basicOld and filesOld are calls that newer architectures left out.
var (
	basicOld = [...]uint16{
		unix.SYS_ARCH_PRCTL, unix.SYS_POLL, unix.SYS_SELECT, unix.SYS_PIPE, unix.SYS_DUP2, unix.SYS_PAUSE,
		unix.SYS_ALARM, unix.SYS_TIME, unix.SYS_GETPGRP, unix.SYS_EPOLL_CREATE, unix.SYS_EPOLL_WAIT,
		unix.SYS_EVENTFD, unix.SYS_SIGNALFD, unix.SYS_FORK, unix.SYS_VFORK,
	}
	filesOld = [...]uint16{
		unix.SYS_OPEN, unix.SYS_CREAT, unix.SYS_STAT, unix.SYS_LSTAT, unix.SYS_NEWFSTATAT, unix.SYS_ACCESS,
		unix.SYS_GETDENTS, unix.SYS_READLINK, unix.SYS_MKDIR, unix.SYS_RMDIR, unix.SYS_UNLINK,
		unix.SYS_RENAME, unix.SYS_LINK, unix.SYS_SYMLINK, unix.SYS_CHMOD, unix.SYS_CHOWN, unix.SYS_LCHOWN,
		unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT, unix.SYS_INOTIFY_INIT,
	}
	mountOld = [...]uint16{unix.SYS_MKNOD}
)

// archCalls gives what this architecture adds to set n.
func archCalls(n int) []uint16 {
	switch n {
	case 0:
		return basicOld[:]
	case 1:
		return filesOld[:]
	case 8:
		return mountOld[:]
	}
	return nil
}

// stackArgs is how many words lie between SP and the arguments, where runSteps
// is called: the call pushes the return address.
const stackArgs = 0
