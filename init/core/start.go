package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// start is what the loop keeps of a service besides what it decides with: its
// descriptors, and its description as numbers.
type start struct {
	name       string // of its cgroup
	uid, gid   uint32
	caps       uint64 // bit n is capability n
	syscalls   uint16 // bit n is a set of wire's
	namespaces uint32 // flags of unshare(2)
	ownView    bool   // it has mounts of its own
	// passesModes: it has a capability that the modes of files don't stop.
	passesModes bool
	devices     []string
	owners      []uint32 // of its files: user and group of each
	env         []string
	notifyPath  string // empty: it does not speak sd_notify
	status      [statusMax]byte
	statusLen   int
	oomDir      uintptr
	oomFile     string // oomFile as its child looks it up from oomDir

	pid      int32
	cgroupFD int32    // 0: not made yet
	outputs  [2]int32 // write ends of stdout and stderr; 0: not made yet
	// stdin and stdout of the instance that is being started, where it has others
	// than everybody; 0: it has not.
	stdin, stdout int32

	// Names of its marks and of a wait for it, made once.
	startName, upName, readyOf string

	// what names the part of its start that failed, for the console.
	what string

	// What a crash of PID 1 must not lose: evExit's value of its last main
	// process, how many were killed for want of memory until then, whether this
	// instance was sent its stop signal, and whether it has a cgroup with its limits.
	ended     int64
	oomKills  int64
	termed    bool
	hasCgroup bool
}

// resolve turns the description's names into numbers, once. The manifest was
// checked before, so every name is known.
func (l *Loop) resolve() {
	l.askLandlock()
	l.findKnocks()
	for i := range l.machine.services[:l.machine.count] {
		l.resolveOne(i)
	}
}

// resolveOne does it for service i, of which nothing is resolved yet.
func (l *Loop) resolveOne(i int) {
	spec := l.machine.services[i].spec
	st := &l.starts[i]
	st.name = spec.Name
	dir, file := l.sys.At(oomFile)
	st.oomDir, st.oomFile = uintptr(dir), file
	st.uid, st.gid, _ = l.manifest.Identity(spec.User)
	for _, name := range spec.Caps {
		n, _ := wire.CapabilityNumber(name)
		st.caps |= 1 << n
	}
	st.syscalls, _ = wire.SyscallSets(spec.Isolation.Syscalls)
	st.place(l.manifest, &spec.Isolation)
	st.startName, st.upName = markNames[markStart]+" "+spec.Name, markNames[markUp]+" "+spec.Name
	st.readyOf = "ready of " + spec.Name
	st.env = spec.Env
	if spec.Ready == wire.ReadyNotify {
		st.notifyPath = notifyDir + spec.Name
		st.env = append(st.env[:len(st.env):len(st.env)], "NOTIFY_SOCKET="+st.notifyPath)
	}
}

// start clones service i. What fails comes back as evNoClone.
func (l *Loop) start(i int) {
	st := &l.starts[i]
	errno := l.prepare(i)
	if errno == 0 {
		errno = l.clone(i)
	}
	l.closeStdio(i)
	if errno != 0 {
		l.push(evNoClone, i, errno, 0)
		return
	}
	l.mark(markStart, i)
	l.push(evCloned, i, 0, int64(st.pid))
}

// prepare makes what outlives a restart: cgroup, pipes, socket.
func (l *Loop) prepare(i int) Errno {
	st := &l.starts[i]
	st.statusLen = 0
	if errno := l.openCgroup(i); errno != 0 {
		return errno // openCgroup named the file
	}
	if errno := l.openAround(i); errno != 0 {
		return errno // it named what is missing
	}
	st.what = "make its output pipes"
	if errno := l.openOutput(i); errno != 0 {
		return errno
	}
	st.what = "make its notify socket"
	if errno := l.openNotify(i); errno != 0 {
		return errno
	}
	return l.openStdio(i)
}

// clone starts the process and watches it.
func (l *Loop) clone(i int) Errno {
	st := &l.starts[i]
	st.what = "make its report pipe"
	r, w, errno := l.sys.Pipe()
	if errno != 0 {
		return errno
	}
	buildService(l.program, l.machine.services[i].spec, st, &l.around, w)
	st.what = "clone"
	pid, pidfd, errno := l.sys.Clone(l.program)
	if errno == 0 { // noted before any other call: a crash in one must not lose it
		st.pid, st.termed = pid, false
		l.watchChild(i, r, pidfd)
	} else {
		l.sys.Close(r)
	}
	l.sys.Close(w)
	return errno
}

// watchChild takes over a new child's pidfd and report pipe; place is its own
// in rankExit and rankReport. If they can't be watched the child is killed: its
// end is seen by wait4 all the same.
func (l *Loop) watchChild(place int, report, pidfd int32) {
	if l.sources.add(rankReport, place, report, unix.EPOLLIN) != 0 {
		l.sys.Close(report)
		l.sys.Signal(pidfd, uint8(unix.SIGKILL))
	}
	if l.sources.add(rankExit, place, pidfd, unix.EPOLLIN) != 0 {
		l.sys.Signal(pidfd, uint8(unix.SIGKILL))
		l.sys.Close(pidfd)
	}
}

// takeReport learns how service or worker at place got on. An end of file means
// that its exec closed the pipe, or its death: only one of them is a start.
func (l *Loop) takeReport(place int) {
	l.look = true
	l.reap()
	l.readReport(place, true)
}

// reportSize bytes: the number of the step that failed, and its errno.
const reportSize = 8

// readReport reads the report once, if its source is still there; alive tells
// that the child is not known to be dead.
func (l *Loop) readReport(place int, alive bool) {
	fd := l.sources.fd(rankReport, place)
	if fd < 0 {
		return
	}
	var b [reportSize]byte
	n, errno := 0, Errno(unix.EINTR)
	for tries := 0; errno == unix.EINTR && tries < triesMax; tries++ {
		n, errno = l.sys.Read(fd, l.scratch[:reportSize+1]) // one more shows that it is too long
	}
	if errno == unix.EAGAIN || errno == unix.EINTR {
		l.barren = true
		return
	}
	l.sources.remove(rankReport, place)
	copy(b[:], l.scratch[:n])
	step := int64(uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24)
	failed := Errno(uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24)
	if n != 0 && (n != reportSize || failed == 0 || step >= stepsMax) {
		step, failed = -1, unix.ECHILD // nothing of it is believed
	}
	switch {
	case place >= servicesMax:
		if n != 0 {
			w := &l.workers[place-servicesMax]
			w.errno, w.step = failed, int(step)
		}
	case n != 0:
		// The one Program was used for others since: make it again for the name.
		st := &l.starts[place]
		buildService(l.program, l.machine.services[place].spec, st, &l.around, -1)
		st.what = l.program.StepName(int(step))
		l.push(evExecFail, place, failed, step)
	case alive:
		l.push(evExec, place, 0, 0)
	}
}

// term sends service i its stop signal: to its main process or, where that has
// put itself into the background, to nobody; then its deadline ends it.
func (l *Loop) term(i int) {
	l.sources.remove(rankProbe, i)
	l.starts[i].termed = true
	sig := l.machine.services[i].spec.StopSignal
	if sig == 0 {
		sig = uint8(unix.SIGTERM)
	}
	if fd := l.sources.fd(rankExit, i); fd >= 0 {
		l.sys.Signal(fd, sig)
	}
}
