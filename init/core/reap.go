package core

import "golang.org/x/sys/unix"

// reap collects the dead: one waiter for all children, ours and the orphans
// that the kernel hands to PID 1. It runs before anything that could start a
// process, at most reapMax at a time; look stays set when more may be there.
func (l *Loop) reap() {
	if !l.look {
		return
	}
	for range reapMax {
		if l.full() {
			return
		}
		pid, status, errno := l.sys.Wait()
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || pid == 0 {
			l.look = false
			return
		}
		l.buried(pid, status)
	}
}

// buried: the child pid was reaped. Its number may be used again by the kernel
// from now on, so nothing of it may be left here.
func (l *Loop) buried(pid int32, status uint32) {
	crashPoint(l, "reap")
	for i := range l.starts[:l.machine.count] {
		st := &l.starts[i]
		if st.pid != pid {
			continue
		}
		st.pid, st.ended = 0, int64(status)
		if status == uint32(unix.SIGKILL) && l.machine.services[i].state <= up && l.oomKilled(i) {
			st.ended |= oomFlag
		}
		l.readReport(i, false)
		l.sources.remove(rankReport, i)
		l.sources.remove(rankExit, i)
		value := st.ended
		if l.populated(i) {
			value |= restFlag
		}
		l.push(evExit, i, 0, value)
		return
	}
	for i := range l.workers {
		if l.workers[i].pid == pid {
			l.workerEnded(i, status)
			return
		}
	}
	l.turns.orphans++
}

// endOf reads wait4's status; see wait(2). Stops and continues never come, as
// they are not asked for.
func endOf(status uint32) end {
	if sig := status & 0x7f; sig != 0 {
		return end{kind: endSignal, code: int32(sig)}
	}
	return end{kind: endExit, code: int32(status >> 8 & 0xff)}
}
