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

// readFile reads a short file of the kernel, without its last newline.
func (l *Loop) readFile(path string) (string, Errno) {
	fd, errno := l.sys.Open(path, unix.O_RDONLY, 0)
	if errno != 0 {
		return "", errno
	}
	n, errno := l.sys.Read(fd, l.scratch[:])
	l.sys.Close(fd)
	if n > 0 && l.scratch[n-1] == '\n' {
		n--
	}
	return string(l.scratch[:n]), errno
}

// number gives the digits that a text begins with; 0 where there are none.
func number(text string) (n int64) {
	for at := 0; at < len(text) && text[at]-'0' <= 9; at++ {
		n = n*10 + int64(text[at]-'0')
	}
	return n
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
