package sim

import (
	"mote/hw"
	"mote/init/core"

	"golang.org/x/sys/unix"
)

// The seams of the other rooms: the same world with their signatures.

// rooms gives them to the loop.
func (w *world) rooms() core.Rooms { return core.Rooms{HW: hwSys{w}, Net: netSys{w}} }

// hwSys is hw.Sys.
type hwSys struct{ world *world }

func (s hwSys) Socket(domain, kind, protocol int) (int, errno) {
	return s.world.openNetlink(domain, kind, protocol)
}

func (s hwSys) BindNetlink(fd int, groups uint32) errno { return s.world.bindNetlink(fd, groups) }

func (s hwSys) SetsockoptInt(int, int, int, int) errno {
	return s.world.enter("setsockopt", callNsec)
}

func (s hwSys) Recvmsg(fd int, b []byte, from *hw.Sender) (int, errno) {
	return s.world.recvmsg(fd, b, from)
}

func (s hwSys) Open(path string, flags int) (int, errno) {
	fd, e := s.world.Open(path, flags, 0)
	return int(fd), e
}

func (s hwSys) Read(fd int, b []byte) (int, errno) { return s.world.Read(int32(fd), b) }

func (s hwSys) Getdents(fd int, b []byte) (int, errno) {
	if e := s.world.enter("getdents", callNsec); e != 0 {
		return 0, e
	}
	f := s.world.file(int32(fd))
	if f == nil {
		return 0, eBADF
	}
	dir, ok := f.ops.(*folder)
	if !ok {
		return 0, unix.ENOTDIR
	}
	return dir.entries(b), 0
}

func (s hwSys) Close(fd int) errno { return s.world.Close(int32(fd)) }

// netSys is netcfg.Sys.
type netSys struct{ world *world }

func (s netSys) Open(path string, flags int) (int, errno) { return hwSys(s).Open(path, flags) }

func (s netSys) Socket(domain, kind, protocol int) (int, errno) {
	switch domain {
	case unix.AF_INET6:
		return s.world.openTimeSocket()
	case unix.AF_NETLINK:
	default:
		return s.world.openPacketSocket(domain == unix.AF_INET)
	}
	return s.world.openNetlink(domain, kind, protocol)
}

func (s netSys) BindNetlink(fd int, groups uint32) errno { return s.world.bindNetlink(fd, groups) }

func (s netSys) SetsockoptInt(fd, _, option, value int) errno {
	if e := s.world.enter("setsockopt", callNsec); e != 0 {
		return e
	}
	if p := s.world.packetSocket(fd); p != nil && option == unix.SO_BINDTOIFINDEX {
		p.link = uint32(value)
	}
	return 0
}

func (s netSys) BindPacket(fd int, link uint32, etherType uint16) errno {
	return s.world.bindPacket(fd, link, etherType)
}

func (s netSys) BindUDP(fd int, port uint16) errno { return s.world.bindUDP(fd, port) }

func (s netSys) Filter(int, []unix.SockFilter) errno { return s.world.enter("filter", callNsec) }

func (s netSys) SendPacket(fd int, link uint32, etherType uint16, b []byte) errno {
	return s.world.sendPacket(fd, link, etherType, b)
}

func (s netSys) SendUDP(fd int, to [4]byte, port uint16, b []byte) errno {
	return s.world.sendUDP(fd, to, port, b)
}

func (s netSys) SendUDP6(fd int, to [16]byte, port uint16, b []byte) errno {
	return s.world.sendTime(fd, to, port, b)
}

func (s netSys) Random() uint64 {
	s.world.enter("getrandom", callNsec)
	return s.world.lan.rand.next()
}

func (s netSys) Recvmsg(fd int, b []byte, from *hw.Sender) (int, errno) {
	return s.world.recvmsg(fd, b, from)
}

func (s netSys) Read(fd int, b []byte) (int, errno) { return s.world.Read(int32(fd), b) }
func (s netSys) Close(fd int) errno                 { return s.world.Close(int32(fd)) }
func (s netSys) Write(fd int, b []byte) (int, errno) {
	w := s.world
	n, e := w.Write(int32(fd), b)
	if w.links.slow {
		w.links.slow = false
		w.check.broken(ruleWait, "asks rtnetlink for what takes long, from the loop")
	}
	return n, e
}
