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

func (s netSys) Socket(domain, kind, protocol int) (int, errno) {
	return s.world.openNetlink(domain, kind, protocol)
}

func (s netSys) BindNetlink(fd int, groups uint32) errno { return s.world.bindNetlink(fd, groups) }

func (s netSys) SetsockoptInt(int, int, int, int) errno {
	return s.world.enter("setsockopt", callNsec)
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
