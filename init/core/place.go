package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// oomFile is where a process says how it stands in the kernel's OOM killer.
const oomFile = "/proc/self/oom_score_adj"

// oomAdjust gives oom_score_adj of an importance: +800 (killed first) for 1, 0
// for 5, -800 for 9. PID 1 needs none: the kernel never kills the first process.
func oomAdjust(importance uint8) int {
	if importance == 0 {
		importance = wire.ImportanceDefault
	}
	return (wire.ImportanceDefault - int(importance)) * 200
}

// buildPlace gives the child its order in the kernel's OOM killer and its own
// namespaces. It comes before privileges are given up: both need them.
func buildPlace(p *Program, st *start, importance uint8) {
	if adjust := oomAdjust(importance); adjust != 0 {
		var b [8]byte
		text := b[:0]
		if adjust < 0 {
			text, adjust = append(text, '-'), -adjust
		}
		text = wire.AppendUint(text, uint64(adjust))
		p.add("oom score", KeepResult|unix.SYS_OPENAT, st.oomDir, p.str(st.oomFile), unix.O_WRONLY|unix.O_CLOEXEC, 0)
		p.add("oom score", UseResult|unix.SYS_WRITE, 0, p.bytes(text), uintptr(len(text)))
		p.add("oom score", UseResult|unix.SYS_CLOSE, 0)
	}
	if st.namespaces == 0 {
		return
	}
	p.add("namespaces", unix.SYS_UNSHARE, uintptr(st.namespaces))
	if st.namespaces&unix.CLONE_NEWNS != 0 {
		// What is mounted outside still arrives, so that a late disk is seen; what
		// is mounted inside stays there.
		p.add("private mounts", unix.SYS_MOUNT, 0, p.str("/"), 0, unix.MS_REC|unix.MS_SLAVE, 0)
	}
}
