package sim

import (
	"mote/init/core"

	"golang.org/x/sys/unix"
)

// world is the model of Linux. It implements core.Sys; rooms.go has the seams of
// the other rooms. Everything in it happens in one goroutine, in an order that
// follows from the seed alone: nothing iterates a map.
type world struct {
	now    int64
	agenda agenda
	rand   rand
	faults faults
	trace  *trace
	plan   *plan
	loop   *core.Loop

	fds     []*file // PID 1's descriptors by number; nil is free
	fdsOpen int
	// fileLimit is RLIMIT_NOFILE.
	fileLimit int
	epoll     epoll

	processes processes
	signals   uint64
	wakeup    *pipe // of the signal handler
	files     map[string]*node
	cgroups   map[string]*cgroup
	settings  map[string]*setting
	console   console
	log       kernelLog
	unix      map[string]*socket // bound sockets by path
	tcp       map[uint16]*listener
	// doors are the sockets that PID 1 holds for services, by their ports.
	doors  map[uint16]*socket
	links  linkTable
	lan    *lan
	router *router
	inputs inputs
	// disk has the state area; nil: the kernel's words name none.
	disk *disk
	// clockNsec is what CLOCK_REALTIME is ahead of CLOCK_BOOTTIME.
	clockNsec int64
	// trueNsec is what the true time is ahead of it, timeServers tell it or lie.
	trueNsec    int64
	timeServers []*timeServer
	// clockRefused: the kernel did not let itself be told the time.
	clockRefused bool

	check    checks
	operator operator
	rebooted bool
	refused  bool // the kernel refused to end the machine
	crash    crash
	// fails decides which calls fail, nil: faults do. booting: Boot has not ended.
	fails func(w *world, call string) errno
	// opens is the path of the call that opens now.
	opens   string
	booting bool
	// started, if there is one, is told of each service's new process.
	started  func()
	watchdog watchdog
	pstore   pstore
	memory   memory
	loader   loader
	// good: new instances of services behave from now on. deaf: SIGCHLD is lost.
	good, deaf bool
	// nothingToHandDown: the kernel has no controllers to hand down to a cgroup.
	nothingToHandDown bool
}

// file is an open file description, which descriptors of PID 1 and of children
// between clone and exec share; see open(2).
type file struct {
	name   string
	ops    fileOps
	refs   int
	blocks bool // no O_NONBLOCK: PID 1 must not touch it where it would wait
	gone   bool
}

// fileOps is what every kind of description can do.
type fileOps interface {
	read(b []byte) (int, errno)
	write(b []byte) (int, errno)
	// ready is the level that epoll reports.
	ready() uint32
	// closed is called when the last reference has gone.
	closed()
}

// enter begins a system call: it costs time, the world goes on meanwhile, and
// the call may be made to fail.
func (w *world) enter(call string, costNsec int64) errno {
	w.now += costNsec
	w.runDue()
	w.crashPoint(call)
	e := w.faults.draw(call, w.now)
	if w.fails != nil {
		e = w.fails(w, call)
	}
	if e != 0 {
		w.trace.line(w.now, "! "+call+" "+unix.ErrnoName(e))
	}
	return e
}

// place gives f the lowest free number, as the kernel does: numbers are used
// again at once.
func (w *world) place(f *file) (int32, errno) {
	fd := 0
	for fd < len(w.fds) && w.fds[fd] != nil {
		fd++
	}
	if fd >= w.fileLimit {
		f.drop()
		return -1, unix.EMFILE
	}
	if fd == len(w.fds) {
		w.fds = append(w.fds, nil)
	}
	w.fds[fd] = f
	w.fdsOpen++
	f.refs++
	return int32(fd), 0
}

// file gives what a descriptor stands for, nil for none.
func (w *world) file(fd int32) *file {
	if fd < 0 || int(fd) >= len(w.fds) {
		return nil
	}
	return w.fds[fd]
}

// drop takes a reference away.
func (f *file) drop() {
	if f.refs--; f.refs <= 0 && !f.gone {
		f.gone = true
		f.ops.closed()
	}
}

// Close is Sys.Close. A descriptor that is not open is a mistake of PID 1's: in
// a busy table the number would soon be somebody else's.
func (w *world) Close(fd int32) errno {
	f := w.file(fd)
	if f == nil || f.name != "stack" {
		w.enter("close", callNsec)
	}
	if f == nil {
		w.check.broken(ruleFiles, "closes descriptor "+itoa(int64(fd))+", which is not open")
		return eBADF
	}
	w.fds[fd] = nil
	w.fdsOpen--
	f.drop()
	return 0
}

// callOf names the call that faults are drawn for, by what the file is.
func callOf(verb, name string) string {
	switch {
	case verb == "read" && name == "regular":
		return "read file"
	case verb == "write" && name == "console":
		return "write console"
	case verb == "write" && name == "cgroup file":
		return "write cgroup"
	case verb == "write" && name == "peer":
		return "write peer"
	case verb == "write" && name == "rtnetlink":
		return "write netlink"
	case verb == "read" && (name == "pipe" || name == "peer" || name == "notify" || name == "kmsg" || name == "input"):
		return "read"
	}
	return verb + " " + name
}

// Read is Sys.Read. Streams may give less than there is.
func (w *world) Read(fd int32, b []byte) (int, errno) {
	f := w.file(fd)
	if f == nil {
		w.enter("read", callNsec)
		return 0, eBADF
	}
	if e := w.enter(callOf("read", f.name), callNsec); e != 0 {
		return 0, e
	}
	if stream := f.name == "peer" || f.name == "regular"; stream && len(b) > 1 && w.faults.happens(1) {
		b = b[:1+w.faults.rand.below(len(b)-1)]
	}
	n, e := f.ops.read(b)
	if e == eAGAIN && f.blocks {
		w.check.broken(ruleWait, "reads "+f.name+", which would wait")
	}
	return n, e
}

// Write is Sys.Write. Streams may take less than is given.
func (w *world) Write(fd int32, b []byte) (int, errno) {
	f := w.file(fd)
	if f == nil {
		w.enter("write", callNsec)
		return 0, eBADF
	}
	if f.name == "stack" {
		return len(b), 0
	}
	if e := w.enter(callOf("write", f.name), callNsec); e != 0 {
		w.check.torn = w.check.torn || f.name == "console" && e == unix.EIO
		return 0, e
	}
	if stream := f.name == "peer" || f.name == "console"; stream && len(b) > 1 && w.faults.happens(1) {
		b = b[:1+w.faults.rand.below(len(b)-1)]
	}
	n, e := f.ops.write(b)
	if e == eAGAIN && f.blocks {
		w.check.broken(ruleWait, "writes to "+f.name+", which would wait")
	}
	return n, e
}

// ReadAt is Sys.ReadAt: kernfs makes the text anew for offset 0.
func (w *world) ReadAt(fd int32, b []byte, off int64) (int, errno) {
	f := w.file(fd)
	if f == nil {
		w.enter("pread", callNsec)
		return 0, eBADF
	}
	if e := w.enter("read file", callNsec); e != 0 {
		return 0, e
	}
	if m, ok := f.ops.(*memfd); ok {
		return copy(b, m.bytes[min(int(off), len(m.bytes)):]), 0
	}
	if off != 0 {
		return 0, 0
	}
	return f.ops.read(b)
}

// Clock is Sys.Clock.
func (w *world) Clock() int64 { return w.now + w.clockNsec }

// SetClock is Sys.SetClock.
func (w *world) SetClock(nsec int64) errno {
	if e := w.enter("clock_settime", callNsec); e != 0 {
		w.clockRefused = true
		return e
	}
	back := nsec < w.Clock()
	w.clockNsec = nsec - w.now
	if back || len(w.timeServers) > 0 && nsec%sec != 0 { // what is kept are whole seconds
		w.believes()
	}
	return 0
}

// SetFileLimit is Sys.SetFileLimit.
func (w *world) SetFileLimit(n uint64) errno {
	w.enter("prlimit", callNsec)
	w.fileLimit = int(n)
	return 0
}

// Reboot is Sys.Reboot: the machine's end, unless the kernel refuses.
func (w *world) Reboot(cmd int) errno {
	if e := w.enter("reboot", callNsec); e != 0 {
		w.refused = true
		return e
	}
	w.trace.line(w.now, "= reboot "+map[bool]string{true: "restart", false: "off"}[cmd == unix.LINUX_REBOOT_CMD_RESTART])
	w.check.rebooted(cmd)
	w.check.kept()
	w.rebooted = true
	w.loop.Leave()
	return 0
}

// Sethostname is Sys.Sethostname.
func (w *world) Sethostname(string) errno { return w.enter("sethostname", callNsec) }

// Mount is Sys.Mount.
func (w *world) Mount(_, target, _ string, _ uintptr, _ string) errno {
	if e := w.enter("mount", callNsec); e != 0 {
		return e
	}
	w.makeDir(target)
	return 0
}

func itoa(n int64) string {
	if n < 0 {
		return "-" + itoa(-n)
	}
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}
