package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// errnoName gives an error's name in the kernel: "ENOENT".
func errnoName(e Errno) string {
	if name := unix.ErrnoName(e); name != "" {
		return name
	}
	return "errno " + string(wire.AppendUint(nil, uint64(e)))
}

// permanent tells whether the start of a service that failed so would fail the
// same way again: then trying is of no use. Everything else may pass.
//
//go:noinline
func permanent(e Errno) bool {
	switch e {
	case unix.ENOENT, unix.ENOTDIR, unix.EACCES, unix.ENOEXEC, unix.ELOOP,
		unix.EISDIR, unix.ENAMETOOLONG, unix.E2BIG, unix.EINVAL, unix.EPERM,
		unix.ELIBBAD, unix.ENOSYS:
		return true
	}
	return false
}
