package sim

import "strings"

// The console: a slow line with flow control, and the kernel's log.

// console is what a serial terminal shows.
type console struct {
	// room is how much the line takes now; a stopped one takes nothing.
	room    int
	stopped bool
	// byteNsec is what it takes for a byte.
	byteNsec int64
	text     []byte
	lines    uint64
	partial  []byte
}

// consoleRoom is the terminal's buffer, in bytes; see n_tty(4).
const consoleRoom = 4096

// consoleByteNsec is for about 115,200 baud, ten bits a byte.
const consoleByteNsec = 10 * usec

type consoleFile struct{ world *world }

func (f *consoleFile) ready() uint32 {
	if f.world.console.room > 0 && !f.world.console.stopped {
		return epollOut
	}
	return 0
}

func (*consoleFile) read([]byte) (int, errno) { return 0, eAGAIN }

func (f *consoleFile) write(b []byte) (int, errno) {
	c := &f.world.console
	if c.room == 0 || c.stopped {
		return 0, eAGAIN
	}
	n := min(c.room, len(b))
	c.room -= n
	f.world.check.printed(b[:n])
	f.world.after(int64(n)*c.byteNsec, func() { c.room += n })
	return n, 0
}

func (*consoleFile) closed() {}

// print splits what was written into lines.
func (c *console) print(b []byte, line func(text string)) {
	c.partial = append(c.partial, b...)
	for {
		end := strings.Index(string(c.partial), "\r\n")
		if end < 0 {
			return
		}
		line(string(c.partial[:end]))
		c.lines++
		c.partial = c.partial[end+2:]
	}
}

// kernelLog is /dev/kmsg; see the kernel's ABI/testing/dev-kmsg.
type kernelLog struct {
	records []string
	// first is the number of the oldest record that is kept.
	first int
	// flood: there is always one more, and reading it costs time.
	flood bool
}

// logKept records are kept.
const logKept = 64

func (w *world) logLine(text string) {
	l := &w.log
	l.records = append(l.records, text)
	if len(l.records) > logKept {
		l.records = l.records[1:]
		l.first++
	}
}

type kernelFile struct {
	world *world
	next  int
	open  bool
}

func (f *kernelFile) ready() uint32 {
	if f.world.log.flood || f.next < f.world.log.first+len(f.world.log.records) {
		return epollIn
	}
	return 0
}

func (f *kernelFile) read(b []byte) (int, errno) {
	l := &f.world.log
	if l.flood {
		f.world.now += 2 * usec
		f.world.check.reads()
		f.world.logLine("a line of a flood")
	}
	switch {
	case f.next < l.first && f.open:
		f.next = l.first
		return 0, ePIPE
	case f.next < l.first:
		f.next = l.first
	}
	f.open = true
	if f.next >= l.first+len(l.records) {
		return 0, eAGAIN
	}
	n := copy(b, "6,"+itoa(int64(f.next))+","+itoa(f.world.now/1000)+",-;"+l.records[f.next-l.first]+"\n")
	f.next++
	return n, 0
}

func (f *kernelFile) write(b []byte) (int, errno) {
	f.world.logLine(string(b))
	return len(b), 0
}

func (*kernelFile) closed() {}
