package hw

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux is Sys on the running kernel. Held: this is PID 1, which holds the kernel's
// directories, see At.
type Linux struct{ Held bool }

// errnoOf takes the number back out of what x/sys wraps; it returns nothing else.
//
//go:noinline
func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(unix.Errno); ok {
		return errno
	}
	return unix.EIO
}

// Socket is Sys.Socket.
func (Linux) Socket(domain, kind, protocol int) (int, unix.Errno) {
	fd, err := unix.Socket(domain, kind, protocol)
	return fd, errnoOf(err)
}

// BindNetlink is Sys.BindNetlink.
func (Linux) BindNetlink(fd int, groups uint32) unix.Errno {
	return errnoOf(unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}))
}

// SetsockoptInt is Sys.SetsockoptInt.
func (Linux) SetsockoptInt(fd, level, option, value int) unix.Errno {
	return errnoOf(unix.SetsockoptInt(fd, level, option, value))
}

// Recvmsg is Sys.Recvmsg. unix.Recvmsg would allocate a Sockaddr a message.
func (Linux) Recvmsg(fd int, b []byte, from *Sender) (int, unix.Errno) {
	*from = Sender{}
	if len(b) == 0 {
		return 0, unix.EINVAL
	}
	var address unix.RawSockaddrNetlink
	var control [64]byte
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	message := unix.Msghdr{
		Name: (*byte)(unsafe.Pointer(&address)), Namelen: unix.SizeofSockaddrNetlink,
		Iov: &iov, Control: &control[0],
	}
	message.SetIovlen(1)
	message.SetControllen(len(control))
	n, _, errno := unix.Syscall(unix.SYS_RECVMSG, uintptr(fd),
		uintptr(unsafe.Pointer(&message)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return 0, errno
	}
	from.PortID, from.Groups = address.Pid, address.Groups
	from.Truncated = message.Flags&unix.MSG_TRUNC != 0
	from.credentials(control[:message.Controllen])
	return int(n), 0
}

// credentials reads the first control message where it is SCM_CREDENTIALS:
//
//	 0  uint64 cmsg_len, with this head: 28
//	 8  int32 SOL_SOCKET, 12  int32 SCM_CREDENTIALS
//	16  int32 pid, 20  uint32 uid, 24  uint32 gid
func (s *Sender) credentials(control []byte) {
	word := func(at int) uint32 {
		return uint32(control[at]) | uint32(control[at+1])<<8 |
			uint32(control[at+2])<<16 | uint32(control[at+3])<<24
	}
	if len(control) < 28 || word(0) != 28 || word(4) != 0 ||
		word(8) != unix.SOL_SOCKET || word(12) != unix.SCM_CREDENTIALS {
		return
	}
	s.PID, s.UID, s.HasCredentials = word(16), word(20), true
}

// Open is Sys.Open.
func (l Linux) Open(path string, flags int) (int, unix.Errno) {
	dirfd, rest := unix.AT_FDCWD, path
	if l.Held {
		dirfd, rest = At(path)
	}
	fd, err := unix.Openat(dirfd, rest, flags, 0)
	if err == unix.EBADF { // they could not be held, which was said
		fd, err = unix.Open(path, flags, 0)
	}
	return fd, errnoOf(err)
}

// Read is Sys.Read.
func (Linux) Read(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Read(fd, b)
	return max(n, 0), errnoOf(err)
}

// Getdents is Sys.Getdents.
func (Linux) Getdents(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Getdents(fd, b)
	return max(n, 0), errnoOf(err)
}

// Close is Sys.Close.
func (Linux) Close(fd int) unix.Errno { return errnoOf(unix.Close(fd)) }
