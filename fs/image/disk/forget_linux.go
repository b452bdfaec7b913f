package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// forget makes the kernel drop what it keeps of a disk in memory and has written, so
// that reading asks the disk: posix_fadvise(2). BLKFLSBUF would take a capability.
func forget(f *os.File) error {
	return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
