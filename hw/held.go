package hw

import "golang.org/x/sys/unix"

// The directories in which the kernel shows itself, and the descriptors at which PID 1
// holds them. A file below is looked up from there, so what somebody mounts over one of
// them later is never taken for the kernel's own.
//
// They are the last of the table of 64 that every process begins with: for a higher one
// the kernel makes a larger table, and waits until every thread has left the old one,
// which took 4.7 ms of the boot. Source: fs/file.c, expand_fdtable.

const (
	heldFirst = 60
	// HeldCount is how many there are.
	HeldCount = 4
)

// Held gives directory n and its descriptor. What lies in another comes before it.
func Held(n int) (path string, fd int) {
	return [HeldCount]string{"/sys/fs/cgroup/", "/proc/", "/sys/", "/dev/"}[n], heldFirst + n
}

// At gives the descriptor that a path is looked up from, and what is left of it.
func At(path string) (dirfd int, rest string) {
	for n := range HeldCount {
		if dir, fd := Held(n); len(path) > len(dir) && path[:len(dir)] == dir {
			return fd, path[len(dir):]
		}
	}
	return unix.AT_FDCWD, path
}
