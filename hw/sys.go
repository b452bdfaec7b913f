package hw

import "golang.org/x/sys/unix"

// Sys is every system call of this room. Each returns errno 0 on success, as the
// man page of its name says; a fake of it is the simulator's world.
type Sys interface {
	// Socket makes a socket, socket(2).
	Socket(domain, kind, protocol int) (fd int, errno unix.Errno)
	// BindNetlink binds fd to groups, with a port of the kernel's choice.
	BindNetlink(fd int, groups uint32) unix.Errno
	// SetsockoptInt sets an option, setsockopt(2).
	SetsockoptInt(fd, level, option, value int) unix.Errno
	// Recvmsg reads one message and its sender, recvmsg(2). It never waits.
	Recvmsg(fd int, b []byte, from *Sender) (n int, errno unix.Errno)
	// Open opens a path, open(2).
	Open(path string, flags int) (fd int, errno unix.Errno)
	// Read reads, read(2).
	Read(fd int, b []byte) (n int, errno unix.Errno)
	// Getdents reads a folder's records, getdents64(2).
	Getdents(fd int, b []byte) (n int, errno unix.Errno)
	// Close gives fd back, close(2). It is gone even where errno is not 0.
	Close(fd int) unix.Errno
}

// Trouble is a call that failed.
type Trouble struct {
	// What was tried, and what to do Next.
	What, Next string
	Errno      unix.Errno
}

// Error is "hw: what: ENOENT; next".
func (t Trouble) Error() string {
	name := unix.ErrnoName(t.Errno)
	if name == "" {
		name = "unknown errno"
	}
	return "hw: " + t.What + ": " + name + "; " + t.Next
}
