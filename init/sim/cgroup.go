package sim

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Control groups, version 2; see the kernel's admin-guide/cgroup-v2.rst.

const (
	cgroupRoot     = "/sys/fs/cgroup"
	cgroupServices = cgroupRoot + "/services/"
)

type cgroup struct {
	name string
	// above is the one that it is in; what is in it counts there too.
	above *cgroup
	// pids counts processes in it that are not dead; a zombie has left.
	pids    int
	pidsMax int
	// handsDown: those in it have controllers, and their files.
	handsDown bool
	// oomKills counts processes in it that the kernel killed for want of memory.
	oomKills int64
	// event counts the changes of cgroup.events that were announced; told is when.
	event      uint64
	told       int64
	telling    bool
	populated  bool
	everJoined uint64
}

// notifyNsec: the kernel announces changes of cgroup.events at most this often
// (CGROUP_FILE_NOTIFY_MIN_INTV of kernel/cgroup/cgroup.c, 10 ms).
const notifyNsec = 10 * msec

func (w *world) enterCgroup(cg *cgroup) {
	cg.pids++
	if cg.above != nil {
		cg.above.pids++
	}
	cg.everJoined++
	w.cgroupChanged(cg)
}

func (w *world) leaveCgroup(cg *cgroup) {
	cg.pids--
	if cg.above != nil {
		cg.above.pids--
	}
	w.cgroupChanged(cg)
}

// cgroupChanged announces that a group became populated or empty, later where
// it was announced a moment ago.
func (w *world) cgroupChanged(cg *cgroup) {
	if (cg.pids > 0) == cg.populated || cg.telling {
		return
	}
	cg.telling = true
	wait := max(cg.told+notifyNsec-w.now, 0)
	tell := func() {
		cg.telling = false
		cg.populated, cg.told = cg.pids > 0, w.now
		cg.event++
	}
	if wait == 0 {
		tell()
		return
	}
	w.after(wait, func() {
		tell()
		w.cgroupChanged(cg)
	})
}

// makeCgroup is mkdir in cgroupfs.
func (w *world) makeCgroup(path string) errno {
	parent := path[:strings.LastIndexByte(path, '/')]
	switch {
	case w.cgroups[path] != nil:
		return unix.EEXIST
	case parent != cgroupRoot && w.cgroups[parent] == nil:
		return unix.ENOENT
	}
	w.cgroups[path] = &cgroup{name: path, above: w.cgroups[parent], event: 1, told: -notifyNsec}
	return 0
}

// cgroupDir is an open directory of cgroupfs, for clone.
type cgroupDir struct{ cgroup *cgroup }

func (*cgroupDir) ready() uint32             { return 0 }
func (*cgroupDir) read([]byte) (int, errno)  { return 0, unix.EISDIR }
func (*cgroupDir) write([]byte) (int, errno) { return 0, eBADF }
func (*cgroupDir) closed()                   {}

// cgroupFile is one of its files.
type cgroupFile struct {
	world  *world
	cgroup *cgroup
	file   string
	// seen is the event that the last read saw: kernfs_fop_poll of fs/kernfs/file.c.
	seen uint64
}

func (f *cgroupFile) ready() uint32 {
	if f.file == "cgroup.events" && f.seen != f.cgroup.event {
		return epollPri | epollErr | epollIn
	}
	return epollIn
}

func (f *cgroupFile) read(b []byte) (int, errno) {
	switch f.file {
	case "memory.current":
		return copy(b, itoa(int64(f.cgroup.everJoined)*4096)+"\n"), 0
	case "memory.events":
		return copy(b, "low 0\nhigh 0\nmax 7\noom 2\noom_kill "+itoa(f.cgroup.oomKills)+"\noom_group_kill 0\n"), 0
	case "cgroup.events":
	default:
		return 0, 0
	}
	f.seen = f.cgroup.event
	text := "populated 0\nfrozen 0\n"
	if f.cgroup.pids > 0 {
		text = "populated 1\nfrozen 0\n"
	}
	return copy(b, text), 0
}

func (f *cgroupFile) write(b []byte) (int, errno) {
	w, value := f.world, string(b)
	switch f.file {
	case "cgroup.kill":
		if value != "1" {
			return 0, eINVAL
		}
		w.trace.line(w.now, "= kill cgroup "+f.cgroup.name[strings.LastIndexByte(f.cgroup.name, '/')+1:])
		w.check.killedCgroup(f.cgroup)
		for _, p := range append([]*process(nil), w.processes.all...) {
			if p.cgroup == f.cgroup {
				w.signal(p, sigKILL)
			}
		}
	case "pids.max":
		f.cgroup.pidsMax = 0
		for _, c := range b {
			if c < '0' || c > '9' {
				return 0, eINVAL
			}
			f.cgroup.pidsMax = f.cgroup.pidsMax*10 + int(c-'0')
		}
	case "cgroup.subtree_control":
		if w.nothingToHandDown {
			return 0, unix.ENOENT
		}
		f.cgroup.handsDown = true
	case "memory.max", "memory.high", "memory.min", "cpu.max", "cpu.weight", "io.max", "cgroup.procs":
	default:
		return 0, eINVAL
	}
	return len(b), 0
}

func (*cgroupFile) closed() {}

// openCgroup opens a directory of cgroupfs or a file in one.
func (w *world) openCgroup(path string) (*file, errno) {
	path = strings.TrimSuffix(path, "/")
	if cg := w.cgroups[path]; cg != nil {
		return &file{name: "cgroup", ops: &cgroupDir{cg}}, 0
	}
	slash := strings.LastIndexByte(path, '/')
	cg := w.cgroups[path[:slash]]
	if cg == nil {
		return nil, unix.ENOENT
	}
	switch name := path[slash+1:]; name {
	case "pids.max", "memory.max", "memory.high", "memory.events", "memory.current", "memory.min", "cpu.max", "cpu.weight", "io.max":
		if cg.above == nil || !cg.above.handsDown {
			return nil, unix.ENOENT
		}
		fallthrough
	case "cgroup.events", "cgroup.kill", "cgroup.procs", "cgroup.subtree_control":
		return &file{name: "cgroup file", ops: &cgroupFile{world: w, cgroup: cg, file: name}}, 0
	}
	return nil, unix.ENOENT
}
