// Package fs says where things are kept: mounts, and later slots, state and
// volumes.
//
// Always true here: this package decides and lists; what it asks of the kernel
// goes through Sys, which names every system call of the room.
package fs

import "golang.org/x/sys/unix"

// Sys is every system call of this room.
type Sys interface {
	// Mount is mount(2).
	Mount(source, target, fstype string, flags uintptr, opts string) unix.Errno
	// Mkdir is mkdir(2).
	Mkdir(path string, mode uint32) unix.Errno
}

// Mount is one file system in its place.
type Mount struct {
	Source, Target, Type string
	Flags                uintptr
	Options              string
}

const (
	quiet  = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	device = unix.MS_NOSUID | unix.MS_NOEXEC
)

// Essential are the mounts without which nothing else works, in their order.
// None of them touches a disk, so PID 1 may make them itself.
//
// The two volatile ones are bounded: a service that fills one must not take the
// machine's memory with it (tmpfs would take half by default).
var Essential = [...]Mount{
	{"proc", "/proc", "proc", quiet, ""},
	{"sysfs", "/sys", "sysfs", quiet, ""},
	{"devtmpfs", "/dev", "devtmpfs", device, "mode=0755"},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", quiet, "nsdelegate,memory_recursiveprot"},
	{"run", "/run", "tmpfs", quiet, "mode=0755,size=10%,nr_inodes=4096"},
	{"tmp", "/tmp", "tmpfs", quiet, "mode=1777,size=25%,nr_inodes=16384"},
}

// Directories below /run that PID 1 uses, in their order.
var runDirs = [...]string{"/run/mote", "/run/notify"}

// Failure is a mount or directory that could not be made.
type Failure struct {
	Target string
	Errno  unix.Errno
}

// MountEssential makes the essential mounts and PID 1's own directories. What
// is there already (EBUSY, EEXIST) is as good. It goes on past a failure, and
// returns those: an empty result is success. The errnos are mount(2)'s and
// mkdir(2)'s.
func MountEssential(sys Sys) []Failure {
	var failures []Failure
	for i := range Essential {
		if errno := mountOne(sys, &Essential[i]); errno != 0 {
			failures = append(failures, Failure{Essential[i].Target, errno})
		}
	}
	for _, dir := range runDirs {
		if errno := sys.Mkdir(dir, 0o755); errno != 0 && errno != unix.EEXIST {
			failures = append(failures, Failure{dir, errno})
		}
	}
	return failures
}

// triesMax times a mount is tried: what is wrong may pass (ENOMEM), and nothing
// works without it.
const triesMax = 16

func mountOne(sys Sys, m *Mount) (errno unix.Errno) {
	for range triesMax {
		errno = sys.Mount(m.Source, m.Target, m.Type, m.Flags, m.Options)
		if errno == 0 || errno == unix.EBUSY {
			return 0
		}
	}
	return errno
}
