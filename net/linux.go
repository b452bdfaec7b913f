package netcfg

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"mote/hw"
)

// Linux is Sys on the running kernel. Addresses are raw structures: unix.Sendto
// would allocate one a call, unix.Bind and unix.Getrandom would bring kilobytes.
type Linux struct{ hw.Linux }

// Write is Sys.Write.
func (Linux) Write(fd int, b []byte) (int, unix.Errno) {
	n, err := unix.Write(fd, b)
	return max(n, 0), errnoOf(err)
}

// errnoOf takes the number back out of what x/sys wraps; it returns nothing else.
func errnoOf(err error) unix.Errno {
	if err == nil {
		return 0
	}
	if errno, ok := err.(unix.Errno); ok {
		return errno
	}
	return unix.EIO
}

// BindPacket is Sys.BindPacket.
func (Linux) BindPacket(fd int, link uint32, etherType uint16) unix.Errno {
	at := unix.RawSockaddrLinklayer{Family: unix.AF_PACKET, Protocol: swap16(etherType), Ifindex: int32(link)}
	return bind(fd, unsafe.Pointer(&at), unix.SizeofSockaddrLinklayer)
}

// BindUDP is Sys.BindUDP.
func (Linux) BindUDP(fd int, port uint16) unix.Errno {
	at := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swap16(port)}
	return bind(fd, unsafe.Pointer(&at), unix.SizeofSockaddrInet4)
}

// bind is bind(2).
func bind(fd int, at unsafe.Pointer, size uintptr) unix.Errno {
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(at), size)
	return errno
}

// Filter is Sys.Filter.
func (Linux) Filter(fd int, program []unix.SockFilter) unix.Errno {
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		uintptr(unsafe.Pointer(&fprog)), unix.SizeofSockFprog, 0)
	return errno
}

// SendPacket is Sys.SendPacket.
func (Linux) SendPacket(fd int, link uint32, etherType uint16, b []byte) unix.Errno {
	to := unix.RawSockaddrLinklayer{Family: unix.AF_PACKET, Protocol: swap16(etherType), Ifindex: int32(link), Halen: 6,
		Addr: [8]uint8{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	return sendTo(fd, b, unsafe.Pointer(&to), unix.SizeofSockaddrLinklayer)
}

// SendUDP is Sys.SendUDP.
func (Linux) SendUDP(fd int, to [4]byte, port uint16, b []byte) unix.Errno {
	address := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: swap16(port), Addr: to}
	return sendTo(fd, b, unsafe.Pointer(&address), unix.SizeofSockaddrInet4)
}

// SendUDP6 is Sys.SendUDP6.
func (Linux) SendUDP6(fd int, to [16]byte, port uint16, b []byte) unix.Errno {
	address := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: swap16(port), Addr: to}
	return sendTo(fd, b, unsafe.Pointer(&address), unix.SizeofSockaddrInet6)
}

// sendTo is sendto(2) without waiting.
func sendTo(fd int, b []byte, to unsafe.Pointer, size uintptr) unix.Errno {
	_, _, errno := unix.Syscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(to), size)
	return errno
}

// swap16 makes a number big-endian: both architectures are little-endian.
func swap16(n uint16) uint16 { return n<<8 | n>>8 }

// Random is Sys.Random. The kernel always has bytes for GRND_INSECURE.
func (Linux) Random() uint64 {
	var b [8]byte
	unix.Syscall(unix.SYS_GETRANDOM, uintptr(unsafe.Pointer(&b)), uintptr(len(b)), unix.GRND_INSECURE)
	return uint64(get32(b[:])) | uint64(get32(b[4:]))<<32
}
