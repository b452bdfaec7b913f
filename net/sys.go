package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/hw"
)

// Sys is every system call of this room. Each returns errno 0 on success, as the
// man page of its name says; a fake of it is the simulator's world.
type Sys interface {
	// Socket makes a socket, socket(2).
	Socket(domain, kind, protocol int) (fd int, errno unix.Errno)
	// BindNetlink binds fd to groups, with a port of the kernel's choice.
	BindNetlink(fd int, groups uint32) unix.Errno
	// SetsockoptInt sets an option, setsockopt(2).
	SetsockoptInt(fd, level, option, value int) unix.Errno
	// Recvmsg reads one message and its sender without waiting, recvmsg(2).
	Recvmsg(fd int, b []byte, from *hw.Sender) (n int, errno unix.Errno)
	// Read reads one message, waiting where fd does, read(2).
	Read(fd int, b []byte) (n int, errno unix.Errno)
	// Write sends b to the kernel, write(2). The kernel does the work before it
	// returns.
	Write(fd int, b []byte) (n int, errno unix.Errno)
	// Close gives fd back, close(2).
	Close(fd int) unix.Errno
}

// Linux is Sys on the running kernel.
type Linux struct{ hw.Linux }

// Write is Sys.Write.
func (Linux) Write(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, b)
	if err == nil {
		return n, 0
	}
	if errno, ok := err.(unix.Errno); ok {
		return 0, errno
	}
	return 0, unix.EIO
}
