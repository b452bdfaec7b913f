package core

import (
	"mote/hw"

	"golang.org/x/sys/unix"
)

// Hold opens the kernel's directories, each at its number (hw.At); what is open there
// comes from the program before.
func (l *Linux) Hold() Errno {
	for n := range hw.HeldCount {
		path, at := hw.Held(n)
		if l.Keep(int32(at), false) == 0 {
			continue
		}
		fd, err := unix.Open(path, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return errnoOf(err)
		}
		err = unix.Dup3(fd, at, unix.O_CLOEXEC)
		unix.Close(fd)
		if err != nil {
			return errnoOf(err)
		}
	}
	l.held = true
	return 0
}

// At gives the descriptor that a path is looked up from, and what is left of it.
//
//go:noinline
func (l *Linux) At(path string) (dirfd int, rest string) {
	if !l.held {
		return unix.AT_FDCWD, path
	}
	return hw.At(path)
}
