package netcfg

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"mote/hw"
)

// Linux is Sys on the running kernel. What is called for each packet is made of
// raw structures: unix.Sendto would allocate an address a call.
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
	return errnoOf(unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: swap16(etherType), Ifindex: int(link)}))
}

// BindUDP is Sys.BindUDP.
func (Linux) BindUDP(fd int, port uint16) unix.Errno {
	return errnoOf(unix.Bind(fd, &unix.SockaddrInet4{Port: int(port)}))
}

// Filter is Sys.Filter.
func (Linux) Filter(fd int, program []unix.SockFilter) unix.Errno {
	return errnoOf(unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}))
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
	unix.Getrandom(b[:], unix.GRND_INSECURE)
	return uint64(get32(b[:])) | uint64(get32(b[4:]))<<32
}
