package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Memory that runs out. Long before the kernel's OOM killer acts, everything waits
// for pages that are thrown out and read again. The kernel tells how long (pressure
// stall information, Documentation/accounting/psi.rst); where that is much and
// little memory is available, the least important service is stopped, and started
// again after a while. A service that only meets its own limit is left to itself.

const (
	pressureFile = "/proc/pressure/memory"
	// pressureTrigger fires where all that ran waited for memory for 200 ms of two
	// seconds. The kernel overwrites the last byte by a NUL.
	pressureTrigger = "full 200000 2000000\n"
)

// pressure is what the loop knows of it.
type pressure struct {
	absent bool // this kernel has none
	// As of the last time that it fired, in KiB.
	total, available uint64
}

// openPressure has the kernel tell.
func (l *Loop) openPressure() {
	if l.pressure.absent {
		return
	}
	fd, errno := l.sys.Open(pressureFile, unix.O_RDWR|unix.O_NONBLOCK, 0)
	if errno == 0 {
		n := copy(l.scratch[:], pressureTrigger)
		if _, errno = l.sys.Write(fd, l.scratch[:n]); errno == 0 {
			errno = l.sources.add(rankPressure, 0, fd, unix.EPOLLPRI)
		}
		if errno != 0 {
			l.sys.Close(fd)
		}
	}
	if errno != 0 {
		l.pressure.absent = permanent(errno) || errno == unix.EOPNOTSUPP
		l.console.trouble(l.now, "watch "+pressureFile, errno)
	}
}

// takePressure: the trigger fired; its poll has taken that back. Where memory is
// short in truth, it looks at what each service has of it, and tells.
func (l *Loop) takePressure() {
	text, errno := l.read("/proc/meminfo")
	p := &l.pressure
	p.total, p.available = memoryKiB(text)
	if errno != 0 || p.total == 0 || p.available == 0 || p.available >= p.total/shortDivisor {
		return // the next one comes in two seconds
	}
	for i := range l.machine.services[:l.machine.count] {
		if s := &l.machine.services[i]; s.state.alive() {
			s.memoryBytes = l.memoryOf(i)
		}
	}
	l.push(evPressure, -1, 0, int64(p.available))
}

// memoryOf gives how much memory service i's cgroup has, 0 where it can't be read.
func (l *Loop) memoryOf(i int) uint64 {
	bytes, _ := l.readNumber(cgroupServices + "/" + l.machine.services[i].spec.Name + "/memory.current")
	return bytes
}

// shed says which service is stopped, and why.
func (l *Loop) shed(o op) {
	var text [160]byte
	b := appendMiB(append(text[:0], ": stopped, as memory is short ("...), l.pressure.available)
	b = appendMiB(append(b, " of "...), l.pressure.total)
	b = appendWait(append(b, " available); again in "...), o.value)
	l.console.say(l.now, l.machine.services[o.service].spec.Name, string(b))
}

func appendMiB(b []byte, kib uint64) []byte {
	return append(wire.AppendUint(b, kib>>10), " MiB"...)
}

// memoryKiB reads MemTotal and MemAvailable out of /proc/meminfo, see
// proc_meminfo(5); 0 where they are not there.
func memoryKiB(b []byte) (total, available uint64) {
	for len(b) > 0 {
		end := 0
		for end < len(b) && b[end] != '\n' {
			end++
		}
		if end == len(b) {
			break // the rest of it was not read
		}
		line := b[:end]
		b = b[min(end+1, len(b)):]
		colon := 0
		for colon < len(line) && line[colon] != ':' {
			colon++
		}
		value := line[min(colon+1, len(line)):]
		for len(value) > 0 && value[0] == ' ' {
			value = value[1:]
		}
		switch string(line[:colon]) {
		case "MemTotal":
			total, _ = leadingNumber(value)
		case "MemAvailable":
			available, _ = leadingNumber(value)
		}
	}
	return total, available
}
