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
	// BindPacket binds a packet socket to a link and an EtherType, packet(7).
	BindPacket(fd int, link uint32, etherType uint16) unix.Errno
	// BindUDP binds fd to a port of every address, ip(7).
	BindUDP(fd int, port uint16) unix.Errno
	// Filter lets only what the program accepts into a socket, socket(7).
	Filter(fd int, program []unix.SockFilter) unix.Errno
	// SendPacket sends to a link's broadcast address, packet(7). It never waits.
	SendPacket(fd int, link uint32, etherType uint16, b []byte) unix.Errno
	// SendUDP sends to an address and port, ip(7). It never waits.
	SendUDP(fd int, to [4]byte, port uint16, b []byte) unix.Errno
	// Open opens a file of sysfs, open(2).
	Open(path string, flags int) (fd int, errno unix.Errno)
	// SendUDP6 is SendUDP to an IPv6 address, or to an IPv4 one within IPv6, ipv6(7).
	SendUDP6(fd int, to [16]byte, port uint16, b []byte) unix.Errno
	// Random is eight bytes of getrandom(2); before the kernel's pool is ready they
	// are as good as it has.
	Random() uint64
	// Close gives fd back, close(2).
	Close(fd int) unix.Errno
}
