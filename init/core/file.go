package core

import "golang.org/x/sys/unix"

// writeFile writes a value to a file of the kernel (cgroupfs, procfs, sysfs).
func (l *Loop) writeFile(path, value string) Errno {
	fd, errno := l.sys.Open(path, unix.O_WRONLY, 0)
	if errno != 0 {
		return errno
	}
	n := copy(l.scratch[:], value)
	_, errno = l.sys.Write(fd, l.scratch[:n])
	l.sys.Close(fd)
	return errno
}

// read reads a short file of the kernel into the loop's scratch.
func (l *Loop) read(path string) ([]byte, Errno) {
	fd, errno := l.sys.Open(path, unix.O_RDONLY, 0)
	if errno != 0 {
		return nil, errno
	}
	n, errno := l.sys.Read(fd, l.scratch[:])
	l.sys.Close(fd)
	return l.scratch[:n], errno
}

// readFile reads a short file of the kernel, without its last newline.
func (l *Loop) readFile(path string) (string, Errno) {
	b, errno := l.read(path)
	return withoutNewline(b), errno
}

// readNumber reads a file of the kernel that begins with a number; EINVAL where
// it does not.
func (l *Loop) readNumber(path string) (uint64, Errno) {
	b, errno := l.read(path)
	n, ok := leadingNumber(b)
	if errno == 0 && !ok {
		errno = unix.EINVAL
	}
	return n, errno
}

func withoutNewline(b []byte) string {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		b = b[:n-1]
	}
	return string(b)
}

// leadingNumber reads the decimal number that b begins with; ok is false where
// there is none, or one past 63 bits.
func leadingNumber(b []byte) (n uint64, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		if n > (1<<63-1)/10-1 {
			return 0, false
		}
		n, ok = n*10+uint64(c-'0'), true
	}
	return n, ok
}

// readWhole reads a file of at most sizeMax bytes; EFBIG means that it is
// larger.
func (l *Loop) readWhole(path string, sizeMax int) ([]byte, Errno) {
	fd, errno := l.sys.Open(path, unix.O_RDONLY, 0)
	if errno != 0 {
		return nil, errno
	}
	var all []byte
	for errno == 0 && len(all) <= sizeMax {
		var n int
		n, errno = l.sys.Read(fd, l.scratch[:])
		if n == 0 {
			break
		}
		all = append(all, l.scratch[:n]...)
	}
	l.sys.Close(fd)
	if len(all) > sizeMax {
		return nil, unix.EFBIG
	}
	return all, errno
}
