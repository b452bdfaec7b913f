package sim

// pipe is pipe(7): bytes up to a capacity, end of file when no writer is left.
type pipe struct {
	bytes   []byte
	writers int
	readers int
	// flood is the world in which somebody fills it without end, with what full holds;
	// nil: nobody does.
	flood *world
	full  []byte
}

// pipeBytes is the capacity of a pipe.
const pipeBytes = 64 << 10

type pipeEnd struct {
	pipe   *pipe
	writes bool
}

func (e *pipeEnd) ready() uint32 {
	p := e.pipe
	switch {
	case e.writes && p.readers == 0:
		return epollOut | epollErr
	case e.writes && len(p.bytes) < pipeBytes:
		return epollOut
	case e.writes:
		return 0
	}
	level := uint32(0)
	if len(p.bytes) > 0 {
		level |= epollIn
	}
	if p.writers == 0 {
		level |= epollHup
	}
	return level
}

func (e *pipeEnd) read(b []byte) (int, errno) {
	p := e.pipe
	if len(p.bytes) == 0 {
		if p.writers == 0 {
			return 0, 0
		}
		return 0, eAGAIN
	}
	n := copy(b, p.bytes)
	p.bytes = p.bytes[n:]
	if w := p.flood; w != nil {
		w.now += int64(n) // at 1 GB/s
		w.check.reads()
		p.bytes = p.full
	}
	if len(p.bytes) == 0 {
		p.bytes = nil
	}
	return n, 0
}

// write takes what fits; nothing fits into a full pipe.
func (e *pipeEnd) write(b []byte) (int, errno) {
	room := pipeBytes - len(e.pipe.bytes)
	if room == 0 {
		return 0, eAGAIN
	}
	n := min(room, len(b))
	e.pipe.bytes = append(e.pipe.bytes, b[:n]...)
	return n, 0
}

func (e *pipeEnd) closed() {
	if e.writes {
		e.pipe.writers--
	} else {
		e.pipe.readers--
	}
}

// Pipe is Sys.Pipe.
func (w *world) Pipe() (int32, int32, errno) {
	if e := w.enter("pipe", callNsec); e != 0 {
		return -1, -1, e
	}
	p := &pipe{writers: 1, readers: 1}
	r, e := w.place(&file{name: "pipe", ops: &pipeEnd{pipe: p}})
	if e != 0 {
		return -1, -1, e
	}
	wr, e := w.place(&file{name: "pipe", ops: &pipeEnd{pipe: p, writes: true}, blocks: true})
	if e != 0 {
		w.fds[r] = nil
		w.fdsOpen--
		return -1, -1, e
	}
	return r, wr, 0
}

// SignalPipe is Sys.SignalPipe.
func (w *world) SignalPipe() (int32, errno) {
	if e := w.enter("signal pipe", callNsec); e != 0 {
		return -1, e
	}
	w.wakeup = &pipe{writers: 1, readers: 1}
	return w.place(&file{name: "signal", ops: &pipeEnd{pipe: w.wakeup}})
}

// Signals is Sys.Signals. It is no system call.
func (w *world) Signals() uint64 {
	set := w.signals
	w.signals = 0
	return set
}

// raise sends PID 1 a signal. Before its handlers are there the kernel drops it.
// SIGCHLD may get lost as far as anybody can count on it.
func (w *world) raise(signal uint8) {
	if w.wakeup == nil || signal == sigCHLD && (w.deaf || w.faults.happens(1)) {
		return
	}
	if signal == sigINT {
		w.check.presses++
	}
	w.signals |= 1 << signal
	if len(w.wakeup.bytes) < pipeBytes {
		w.wakeup.bytes = append(w.wakeup.bytes, signal)
	}
}
