package core

import "golang.org/x/sys/unix"

// Readiness by sd_notify(3): a datagram socket for each service that uses it,
// owned by its user, so that the address alone tells who speaks and file
// permissions keep others out. Descriptors sent along are dropped by the
// kernel, as no room is given for them; that also ends a BARRIER=1 at once.

// notifyDir holds the sockets; the service finds its own in NOTIFY_SOCKET.
const notifyDir = "/run/notify/"

// openNotify makes the socket of service i, if it uses one and has none.
func (l *Loop) openNotify(i int) Errno {
	st := &l.starts[i]
	if st.notifyPath == "" || l.sources.fd(rankNotify, i) >= 0 {
		return 0
	}
	fd, errno := l.sys.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	if errno != 0 {
		return errno
	}
	l.sys.Unlink(st.notifyPath)
	if errno = l.sys.BindUnix(fd, st.notifyPath); errno == 0 {
		errno = l.sys.Chown(st.notifyPath, st.uid, st.gid)
	}
	if errno == 0 {
		errno = l.sys.Chmod(st.notifyPath, 0o600)
	}
	if errno == 0 {
		errno = l.sources.add(rankNotify, i, fd, unix.EPOLLIN)
	}
	if errno != 0 {
		l.sys.Close(fd)
	}
	return errno
}

// takeNotify reads the datagrams of service i. The kernel queues no more than
// ten (net.unix.max_dgram_qlen), so one turn empties the socket.
func (l *Loop) takeNotify(i int) {
	for range drainReadsMax {
		n, errno := l.sys.Read(l.sources.fd(rankNotify, i), l.scratch[:notifyMax])
		if errno != 0 {
			l.barren = l.barren || errno != unix.EAGAIN
			return
		}
		bits, status := parseNotify(l.scratch[:n])
		if status != nil {
			l.starts[i].statusLen = copy(l.starts[i].status[:], status)
		}
		if bits != 0 {
			l.push(evNotify, i, 0, bits)
		}
	}
}

// notifyMax bytes of a datagram are read; the rest is cut off. statusMax bytes
// of its STATUS= are kept.
const (
	notifyMax = 4096
	statusMax = 120
)

// parseNotify reads the lines that matter to a supervisor: READY, STOPPING,
// EXTEND_TIMEOUT_USEC and STATUS. Others, and lines that are no assignments,
// are passed over, as the protocol asks.
func parseNotify(b []byte) (bits int64, status []byte) {
	for len(b) > 0 {
		end := 0
		for end < len(b) && b[end] != '\n' {
			end++
		}
		line := b[:end]
		b = b[min(end+1, len(b)):]
		switch {
		case string(line) == "READY=1":
			bits |= notifyReady
		case string(line) == "STOPPING=1":
			bits |= notifyStopping
		default:
			if v := after(line, "STATUS="); v != nil {
				status = v
			} else if v := after(line, "EXTEND_TIMEOUT_USEC="); v != nil {
				bits = bits&(1<<notifyShift-1) | notifyExtend | usecOf(v)<<notifyShift
			}
		}
	}
	return bits, status
}

// after gives what follows prefix in b, nil when b has another beginning.
func after(b []byte, prefix string) []byte {
	if len(b) < len(prefix) || string(b[:len(prefix)]) != prefix {
		return nil
	}
	return b[len(prefix):]
}

// usecOf reads a decimal number of µs, at most an hour's: a service can't ask
// for more than that at a time.
func usecOf(b []byte) int64 {
	const most = 3600 * sec / 1000
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0
		}
		n = min(n*10+int64(c-'0'), most)
	}
	return n
}
