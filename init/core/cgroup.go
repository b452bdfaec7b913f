package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Control groups, version 2; see the kernel's
// Documentation/admin-guide/cgroup-v2.rst.
//
//	/sys/fs/cgroup/init            PID 1 itself, moved there after ready
//	/sys/fs/cgroup/services/NAME   a service each; made at its first start
//	/sys/fs/cgroup/workers         PID 1's short-lived children
const (
	cgroupRoot     = "/sys/fs/cgroup/"
	cgroupInit     = cgroupRoot + "init"
	cgroupServices = cgroupRoot + "services"
	cgroupWorkers  = cgroupRoot + "workers"

	// controllers are handed down to every service's cgroup.
	controllers = "+cpu +memory +pids +io"
)

// openCgroups makes the upper groups. It is called before any child.
func (l *Loop) openCgroups() (what string, errno Errno) {
	for _, dir := range [...]string{cgroupServices, cgroupWorkers} {
		if errno := l.sys.Mkdir(dir, 0o755); errno != 0 && errno != unix.EEXIST {
			return "make cgroup " + dir, errno
		}
	}
	for _, dir := range [...]string{cgroupRoot, cgroupServices + "/"} {
		if errno := l.writeFile(dir+"cgroup.subtree_control", controllers); errno != 0 {
			return "hand down controllers in " + dir, errno
		}
	}
	if errno := l.limitAll(); errno != 0 {
		return "bound the processes of all services", errno
	}
	fd, errno := l.sys.Open(cgroupWorkers, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if errno == 0 {
		l.workersFD = fd
	}
	return "open cgroup " + cgroupWorkers, errno
}

// limitAll bounds the processes of all services together, as the sum of their own
// limits may be more than the kernel has: what is left is enough for PID 1 to clone and
// to make a thread, whatever they do. One that declares no limit gets a quarter at most.
func (l *Loop) limitAll() Errno {
	most := int64(1 << 22) // PID_MAX_LIMIT
	for _, file := range [...]string{"/proc/sys/kernel/threads-max", "/proc/sys/kernel/pid_max"} {
		bound, errno := l.readNumber(file)
		if errno != 0 {
			return errno
		}
		most = min(most, int64(bound))
	}
	most -= min(pidsReserve, most/4)
	l.pidsMax = min(pidsMaxDefault, uint32(most/4))
	return l.writeFile(cgroupServices+"/pids.max", string(wire.AppendInt(nil, most)))
}

// openCgroup makes service i's own, sets its limits, and watches for its end.
// The limits stand before the first process is born into it: the child is
// cloned there, and clone does not wait for it.
func (l *Loop) openCgroup(i int) Errno {
	st, spec := &l.starts[i], l.machine.services[i].spec
	if st.cgroupFD > 0 {
		return 0
	}
	if l.workersFD < 0 { // the upper groups could not be made at boot
		if what, errno := l.openCgroups(); errno != 0 {
			st.what = what
			return unix.EAGAIN // whatever it was, it is not this service's fault
		}
	}
	dir := cgroupServices + "/" + spec.Name
	st.what = "make its cgroup"
	made := l.sys.Mkdir(dir, 0o755)
	if made != 0 && made != unix.EEXIST {
		return made
	}
	if errno := l.setLimits(dir+"/", &spec.Limits, st, made != 0); errno != 0 {
		return errno
	}
	st.hasCgroup = true
	return l.watchCgroup(i)
}

// watchCgroup opens service i's cgroup, which is there and has its limits, and
// watches for its end. It goes on where it failed before.
func (l *Loop) watchCgroup(i int) Errno {
	st := &l.starts[i]
	dir := cgroupServices + "/" + l.machine.services[i].spec.Name
	if l.sources.fd(rankCgroup, i) < 0 {
		st.what = "watch its cgroup" // which tells of itself until it was read once
		events, errno := l.sys.Open(dir+"/cgroup.events", unix.O_RDONLY, 0)
		if errno != 0 {
			return errno
		}
		if errno = l.sources.add(rankCgroup, i, events, unix.EPOLLPRI); errno != 0 {
			l.sys.Close(events)
			return errno
		}
	}
	st.what = "open its cgroup"
	fd, errno := l.sys.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if errno == 0 {
		st.cgroupFD = fd
	}
	return errno
}

// limitValue is one file of a cgroup, and whether its value is not the kernel's own
// default.
type limitValue struct {
	file, value string
	set         bool
}

// limitValues are the files of a service's limits. pids.max is always set: a fork bomb
// must not keep PID 1 from making a thread.
func (l *Loop) limitValues(lim *wire.Limits) [5]limitValue {
	pids := lim.PidsMax
	if pids == 0 {
		pids = l.pidsMax
	}
	period := lim.CPUPeriodUsec
	if period == 0 {
		period = cpuPeriodUsecDefault
	}
	weight := lim.CPUWeight
	if weight == 0 {
		weight = cpuWeightDefault
	}
	return [...]limitValue{
		{"pids.max", orMax(uint64(pids)), true},
		{"memory.max", orMax(lim.MemoryMaxBytes), lim.MemoryMaxBytes != 0},
		{"memory.high", orMax(lim.MemoryHighBytes), lim.MemoryHighBytes != 0},
		{"cpu.max", orMax(uint64(lim.CPUMaxUsec)) + " " + wire.Decimal(uint64(period)), lim.CPUMaxUsec != 0},
		{"cpu.weight", wire.Decimal(uint64(weight)), lim.CPUWeight != 0},
	}
}

// orMax is a number, or the kernel's word for none.
func orMax(n uint64) string {
	if n == 0 {
		return "max"
	}
	return wire.Decimal(n)
}

// setLimits writes the limits that differ from the kernel's defaults, and all of them
// where the cgroup was there before.
func (l *Loop) setLimits(dir string, lim *wire.Limits, st *start, all bool) Errno {
	values := l.limitValues(lim)
	for n := range values {
		f := &values[n]
		if !f.set && !all {
			continue
		}
		if errno := l.writeFile(dir+f.file, f.value); errno != 0 {
			st.what = "set " + f.file + " to " + f.value
			return errno
		}
	}
	for n := range lim.IO {
		line, errno := l.ioLimit(&lim.IO[n])
		if errno == 0 {
			errno = l.writeFile(dir+"io.max", line)
		}
		if errno != 0 {
			st.what = "limit I/O of disk " + lim.IO[n].Disk
			return errno
		}
	}
	return 0
}

// ioLimit makes a line of io.max: "254:0 rbps=1048576 wbps=max riops=max wiops=100".
func (l *Loop) ioLimit(lim *wire.IOLimit) (string, Errno) {
	line, errno := l.readFile("/sys/class/block/" + lim.Disk + "/dev")
	return line + " rbps=" + orMax(lim.ReadBytesPerSec) + " wbps=" + orMax(lim.WriteBytesPerSec) +
		" riops=" + orMax(uint64(lim.ReadOpsPerSec)) + " wiops=" + orMax(uint64(lim.WriteOpsPerSec)), errno
}

// populated reads whether processes are left in service i's cgroup. When that
// can't be read it says yes: the kill that follows is harmless.
func (l *Loop) populated(i int) bool {
	var b [64]byte
	n, errno := l.sys.ReadAt(l.sources.fd(rankCgroup, i), l.scratch[:len(b)], 0)
	l.barren = l.barren || errno != 0
	copy(b[:], l.scratch[:n])
	const empty = "populated 0"
	return errno != 0 || n < len(empty) || string(b[:len(empty)]) != empty
}

// oomKilled tells whether the kernel has killed a process of service i for want of
// memory since this was asked last: memory.events has a line "oom_kill 1".
func (l *Loop) oomKilled(i int) bool {
	const word = "\noom_kill "
	text, _ := l.read(cgroupServices + "/" + l.machine.services[i].spec.Name + "/memory.events")
	for len(text) > len(word) && string(text[:len(word)]) != word {
		text = text[1:]
	}
	count, _ := leadingNumber(text[min(len(word), len(text)):])
	st := &l.starts[i]
	more := int64(count) > st.oomKills
	st.oomKills = max(st.oomKills, int64(count))
	return more
}

// takeCgroup: the file cgroup.events of service i has changed.
func (l *Loop) takeCgroup(i int) {
	if !l.populated(i) {
		l.look = true // whoever was its last process is dead
		l.push(evEmpty, i, 0, 0)
	}
}

// kill ends every process in service i's cgroup, by one write. Where that fails,
// its main process gets the signal, and the write is tried again.
func (l *Loop) kill(i int) {
	l.sources.remove(rankProbe, i)
	spec := l.machine.services[i].spec
	if errno := l.writeFile(cgroupServices+"/"+spec.Name+"/cgroup.kill", "1"); errno != 0 {
		l.push(evNoKill, i, errno, 0)
		if fd := l.sources.fd(rankExit, i); fd >= 0 {
			l.sys.Signal(fd, uint8(unix.SIGKILL))
		}
	}
	if !l.populated(i) {
		l.push(evEmpty, i, 0, 0)
	}
}

// leaf moves PID 1 out of the root cgroup, so that its own use shows and can be
// protected. The kernel waits for an RCU grace period in that write, so a worker
// makes it, and only after ready.
func (l *Loop) leaf() {
	if errno := l.sys.Mkdir(cgroupInit, 0o755); errno != 0 && errno != unix.EEXIST {
		l.console.trouble(l.now, "make cgroup "+cgroupInit, errno)
		return
	}
	// What PID 1 has is not taken back where others want more than there is.
	if errno := l.writeFile(cgroupInit+"/memory.min", string(wire.AppendInt(nil, memoryMinBytes))); errno != 0 {
		l.console.trouble(l.now, "keep memory for PID 1", errno)
	}
	fd, errno := l.sys.Open(cgroupInit+"/cgroup.procs", unix.O_WRONLY, 0)
	if errno == 0 {
		_, errno = l.work(jobLeaf, workerNsec, func(p *Program) {
			p.add("move PID 1", unix.SYS_WRITE, uintptr(fd), p.str("1"), 1, 0, 0)
		})
		l.sys.Close(fd)
	}
	if errno != 0 {
		l.console.trouble(l.now, "move PID 1 into "+cgroupInit, errno)
	}
}
