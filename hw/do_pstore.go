package hw

import "golang.org/x/sys/unix"

// CrashFolder is where pstorefs is mounted: the kernel makes this directory.
const CrashFolder = "/sys/fs/pstore"

// CrashRecord is one file of pstorefs that was found.
type CrashRecord struct {
	name     [crashNameMax]byte
	nameSize uint8
	// Readable: it has a head, and Count and Part are that's.
	Readable    bool
	Count, Part uint32
}

// Path is the file's. It allocates.
func (r *CrashRecord) Path() string { return CrashFolder + "/" + string(r.name[:r.nameSize]) }

// before orders records as their log was written; what can't be read comes last.
func (r *CrashRecord) before(other *CrashRecord) bool {
	switch {
	case r.Readable != other.Readable:
		return r.Readable
	case r.Count != other.Count:
		return r.Count < other.Count
	}
	return r.Part > other.Part
}

// FindCrashRecords lists the kernel's dumps of its log into out, the oldest piece
// first, and gives their count; more than out holds are found when these are gone.
// Files of other kinds are passed over. An errno means that the list is not whole:
// what could not be read now is not in it.
func FindCrashRecords(sys Sys, out *[CrashRecordsMax]CrashRecord) (count int, failed unix.Errno) {
	fd, errno := openAgain(sys, CrashFolder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if errno != 0 {
		return 0, errno
	}
	defer sys.Close(fd)
	list := entries{fd: fd}
	for {
		name, errno := list.next(sys)
		if errno != 0 {
			return count, errno
		}
		if name == nil || count == len(out) {
			return count, failed
		}
		if !isCrashName(name) {
			continue
		}
		r, errno := readHead(sys, name)
		if errno != 0 {
			failed = errno
			continue
		}
		insertCrash(out[:count+1], r)
		count++
	}
}

// insertCrash puts r into its place among those before the last, which is free.
func insertCrash(list []CrashRecord, r CrashRecord) {
	at := len(list) - 1
	for ; at > 0 && r.before(&list[at-1]); at-- {
		list[at] = list[at-1]
	}
	list[at] = r
}

// isCrashName tells a dump of the log by its name: "dmesg-erst-6543210".
func isCrashName(name []byte) bool {
	const prefix = "dmesg-"
	return len(name) > len(prefix) && len(name) <= crashNameMax && string(name[:len(prefix)]) == prefix
}

// readHead looks at the first line of a file.
func readHead(sys Sys, name []byte) (r CrashRecord, errno unix.Errno) {
	r.nameSize = uint8(copy(r.name[:], name))
	var first [crashHeadMax]byte
	n, errno := ReadCrashRecord(sys, &r, first[:])
	head, _, ok := DecodeCrashHead(first[:n])
	r.Readable, r.Count, r.Part = ok, head.Count, head.Part
	return r, errno
}

// ReadCrashRecord reads the start of a record into b; what does not fit is left.
// The kernel has the text in memory since the mount, so this does not wait.
func ReadCrashRecord(sys Sys, r *CrashRecord, b []byte) (n int, errno unix.Errno) {
	fd, errno := openAgain(sys, r.Path(), unix.O_RDONLY|unix.O_CLOEXEC)
	if errno != 0 {
		return 0, errno
	}
	for n < len(b) && errno == 0 {
		var got int
		if got, errno = readAgain(sys, fd, b[n:]); got <= 0 {
			break
		}
		n += got
	}
	sys.Close(fd)
	return n, errno
}
