package core

import "golang.org/x/sys/unix"

// Output of a service goes through PID 1 into its ring. The pipes live as long
// as the service is known: PID 1 holds their write ends too, so they never hang
// up, a restart needs none made, and what a dying program wrote last is kept.

// openOutput makes the pipes of service i, if it has none.
func (l *Loop) openOutput(i int) Errno {
	st := &l.starts[i]
	if l.rings[i] == nil {
		l.rings[i] = new(ring)
	}
	for n := range st.outputs {
		if st.outputs[n] > 0 {
			continue
		}
		r, w, errno := l.sys.Pipe()
		if errno != 0 {
			return errno
		}
		if errno = l.sources.add(rankOutput, 2*i+n, r, unix.EPOLLIN); errno != 0 {
			l.sys.Close(r)
			l.sys.Close(w)
			return errno
		}
		st.outputs[n] = w
	}
	return 0
}

// takeOutput moves what a service wrote into its ring: at most scratchBytes a
// turn, so that one which floods waits for its own pipe, and nobody else does.
func (l *Loop) takeOutput(at int) {
	n, errno := l.sys.Read(l.sources.fd(rankOutput, at), l.scratch[:])
	if errno != 0 || n == 0 {
		l.barren = true
		return // EAGAIN, EINTR: the next turn looks again
	}
	l.rings[at/2].split(l.now, uint8(streamOut+at%2), l.scratch[:n])
}

// openKernel reads the kernel's log from its beginning; see dev-kmsg in the
// kernel's Documentation/ABI/testing. It is opened after ready.
func (l *Loop) openKernel() {
	fd, errno := l.sys.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if errno != 0 {
		l.console.trouble(l.now, "kernel log", errno)
		return
	}
	l.kernel = new(ring)
	if errno = l.sources.add(rankKernel, 0, fd, unix.EPOLLIN); errno != 0 {
		l.sys.Close(fd)
		l.console.trouble(l.now, "kernel log", errno)
	}
}

// takeKernel reads records of the kernel's log: "priority,sequence,µs,flags;
// text", one a read. False means that the source failed for good.
func (l *Loop) takeKernel(fd int32) bool {
	for range drainReadsMax {
		n, errno := l.sys.Read(fd, l.scratch[:])
		switch {
		case errno == 0 && n == 0:
			return false // its end, which it should not have
		case errno == 0:
			nsec, text, ok := kernelRecord(l.scratch[:n])
			if ok {
				l.markKernelStart(nsec, text)
				l.kernel.put(nsec, streamKernel, 0, text[:min(len(text), lineMax)])
			}
		case errno == unix.EPIPE:
			l.kernel.dropped++ // overwritten before it was read
		case errno == unix.EAGAIN || errno == unix.EINTR:
			return true
		default:
			return false
		}
	}
	return true
}

// kernelRecord takes a record of /dev/kmsg apart; continuation lines, which
// begin with a space, are left out: they repeat what devices say of themselves.
func kernelRecord(b []byte) (nsec int64, text []byte, ok bool) {
	field, i := 0, 0
	for ; i < len(b) && b[i] != ';'; i++ {
		switch {
		case b[i] == ',':
			field++
		case field == 2 && b[i] >= '0' && b[i] <= '9':
			nsec = nsec*10 + int64(b[i]-'0')
		}
	}
	if i == len(b) || field < 2 {
		return 0, nil, false
	}
	text = b[i+1:]
	for n, c := range text {
		if c == '\n' {
			text = text[:n]
			break
		}
	}
	return nsec * 1000, text, true
}
