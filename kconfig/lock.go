package kconfig

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// errHeld says that another build holds a lock.
var errHeld = errors.New("another build holds the lock")

// lock takes a file's exclusive lock and returns what gives it back. The kernel
// drops it when the process ends in any way, so a killed build locks nobody
// out. wait is called once if another build holds it; an error of its is lock's.
// Otherwise lock waits until ctx ends. Source: flock(2).
func lock(ctx context.Context, path string, wait func() error) (release func() error, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("kconfig: lock: %w; is the cache folder writable?", err)
	}
	// First without waiting, to be able to say that there is something to wait
	// for; a build that sits still without a word gets interrupted.
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		if err := wait(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		// Signals don't end the call: the runtime has the kernel restart it.
		taken := make(chan error, 1)
		go func() { taken <- flock(f, unix.LOCK_EX) }()
		select {
		case err = <-taken:
		case <-ctx.Done():
			// The file is left to the call, which may still get the lock; both end
			// with the process.
			return nil, fmt.Errorf("kconfig: waiting for another build, which holds %s: %w", path, ctx.Err())
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("kconfig: lock %s: %w; is the cache on a local disk?", path, err), f.Close())
	}
	// The file stays: removing it would let two builds lock two files.
	return f.Close, nil
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
