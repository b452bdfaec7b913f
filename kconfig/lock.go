package kconfig

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a file's exclusive lock and returns what gives it back. The kernel
// drops it when the process ends in any way, so a killed build locks nobody
// out. wait is called once if another build holds it. Source: flock(2).
func lock(path string, wait func()) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("kconfig: lock: %w; is the cache folder writable?", err)
	}
	// First without waiting, to be able to say that there is something to wait
	// for; a build that sits still without a word gets interrupted.
	how := unix.LOCK_EX | unix.LOCK_NB
	for {
		switch err := unix.Flock(int(f.Fd()), how); {
		case err == nil:
			// The file stays: removing it would let two builds lock two files.
			return f.Close, nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EWOULDBLOCK):
			wait()
			how = unix.LOCK_EX
		default:
			return nil, errors.Join(fmt.Errorf("kconfig: lock %s: %w; is the cache on a local disk?", path, err), f.Close())
		}
	}
}
