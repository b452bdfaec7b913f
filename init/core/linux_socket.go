package core

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Socket is socket(2), non-blocking and closed on exec.
func (*Linux) Socket(domain, typ, proto int) (int32, Errno) {
	fd, err := unix.Socket(domain, typ|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	return int32(fd), errnoOf(err)
}

// BindUnix is bind(2) to a path, see unix(7).
func (*Linux) BindUnix(fd int32, path string) Errno {
	return errnoOf(unix.Bind(int(fd), &unix.SockaddrUnix{Name: path}))
}

// Listen is listen(2).
func (*Linux) Listen(fd int32, backlog int) Errno { return errnoOf(unix.Listen(int(fd), backlog)) }

// Accept is accept4(2), non-blocking and closed on exec.
func (*Linux) Accept(fd int32) (int32, Errno) {
	n, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0,
		unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, 0)
	return int32(n), errno
}

// PeerUID is SO_PEERCRED, see unix(7).
func (*Linux) PeerUID(fd int32) (uint32, Errno) {
	cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, errnoOf(err)
	}
	return cred.Uid, 0
}

// BindPort is bind(2), see ip(7) and ipv6(7). The address is all zero, so that both
// domains' begin alike: family in the machine's order, port in the network's, RFC
// 1700. Connections of an earlier listener that are not quite over don't keep it from
// the port.
func (*Linux) BindPort(fd int32, domain int, port uint16) Errno {
	if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return errnoOf(err)
	}
	var name [unix.SizeofSockaddrInet6 / 4]uint32
	at := (*[4]byte)(unsafe.Pointer(&name))
	at[0], at[2], at[3] = byte(domain), byte(port>>8), byte(port) // both architectures are little endian
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&name)), unsafe.Sizeof(name))
	return errno
}

// SocketPair is socketpair(2), non-blocking and closed on exec.
func (*Linux) SocketPair() (int32, int32, Errno) {
	var fds [2]int32
	_, _, errno := unix.RawSyscall6(unix.SYS_SOCKETPAIR, unix.AF_UNIX,
		unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0, uintptr(unsafe.Pointer(&fds)), 0, 0)
	return fds[0], fds[1], errno
}

// ConnectInet is connect(2) to an IPv4 address.
func (*Linux) ConnectInet(fd int32, addr [4]byte, port uint16) Errno {
	return errnoOf(unix.Connect(int(fd), &unix.SockaddrInet4{Addr: addr, Port: int(port)}))
}

// ConnectUnix is connect(2) to a path.
func (*Linux) ConnectUnix(fd int32, path string) Errno {
	return errnoOf(unix.Connect(int(fd), &unix.SockaddrUnix{Name: path}))
}

// SocketError is SO_ERROR, see socket(7).
func (*Linux) SocketError(fd int32) Errno {
	v, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return errnoOf(err)
	}
	return Errno(v)
}
