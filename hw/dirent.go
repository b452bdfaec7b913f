package hw

import "golang.org/x/sys/unix"

// Codec of getdents64(2), struct linux_dirent64:
//
//	 0  uint64 inode
//	 8  int64 offset
//	16  uint16 length of this record
//	18  uint8 type
//	19  name, NUL, padding

const direntNameAt = 19

// nextDirent takes the first record's name off b. ok is false at the end, or
// where the record does not fit.
func nextDirent(b []byte) (name, rest []byte, ok bool) {
	if len(b) <= direntNameAt {
		return nil, nil, false
	}
	size := int(b[16]) | int(b[17])<<8
	if size <= direntNameAt || size > len(b) {
		return nil, nil, false
	}
	end := index(b[direntNameAt:size], 0)
	if end < 0 {
		return nil, nil, false
	}
	return b[direntNameAt : direntNameAt+end], b[size:], true
}

// entries are a folder's, name by name, entriesMax of them at the most.
type entries struct {
	fd     int
	rest   []byte
	seen   int
	buffer [sysfsSizeMax]byte
}

// next gives the next name, nil at the end and with an errno. It is valid until
// the next call.
func (e *entries) next(sys Sys) (name []byte, errno unix.Errno) {
	for ; e.seen < entriesMax; e.seen++ {
		name, rest, ok := nextDirent(e.rest)
		if ok {
			e.rest = rest
			e.seen++
			return name, 0
		}
		n, errno := sys.Getdents(e.fd, e.buffer[:])
		if errno != 0 || n == 0 {
			return nil, errno
		}
		e.rest = e.buffer[:n]
	}
	return nil, 0
}
