package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Where a service stands: its order in the OOM killer, its namespaces, its view
// of the node's files and what of its own it has in it. All of this comes before
// privileges are given up.

// around is what PID 1 has ready for every start. The descriptors are valid in a
// child until its exec.
type around struct {
	// nullFD is /dev/null; viewFD the mount namespace of view.go, made with the
	// first start that needs it; procFD the node's own /proc; −1 is none.
	nullFD, viewFD, procFD int32
	// landlock is the version of the kernel's Landlock; 0: it has none.
	landlock int32
	// nodes are the devices of the service that is being started.
	nodes [wire.DevicesMax]deviceNode
}

type deviceNode struct {
	typ    uint32 // S_IFCHR or S_IFBLK
	number uint64
}

// place resolves what was declared, once.
func (st *start) place(m *wire.Manifest, i *wire.Isolation) {
	st.namespaces, _ = wire.NamespaceFlags(i.Namespaces)
	for _, name := range i.Devices {
		st.devices = append(st.devices, "/dev/"+name)
	}
	for n := range i.Files {
		uid, gid, _ := m.Identity(i.Files[n].Owner)
		st.owners = append(st.owners, uid, gid)
	}
	const modes = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH
	st.passesModes = st.caps&modes != 0 && st.namespaces&wire.NamespaceUser == 0
	st.ownView = st.passesModes || len(i.Devices)+len(i.Writable) != 0 || st.namespaces&(unix.CLONE_NEWNS|wire.NamespacePID) != 0
}

// openAround makes the view if service i needs it, and looks at its devices.
func (l *Loop) openAround(i int) Errno {
	st, isolation := &l.starts[i], &l.machine.services[i].spec.Isolation
	if need := landlockNeeds(isolation); need > l.around.landlock {
		st.what = "the kernel's Landlock can't do what is declared"
		return unix.EOPNOTSUPP
	}
	if !isolation.NodeView {
		if what, errno := l.openView(); errno != 0 {
			st.what = what
			return errno
		}
	}
	for n, path := range st.devices {
		node := &l.around.nodes[n]
		st.what = path
		var errno Errno
		if node.typ, node.number, errno = l.sys.Node(path); errno != 0 {
			return errno
		}
		if node.typ != unix.S_IFCHR && node.typ != unix.S_IFBLK {
			return unix.ENODEV
		}
	}
	return 0
}

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

// buildPlace puts the child into its place.
func buildPlace(p *Program, st *start, spec *wire.Service, a *around) {
	isolation := &spec.Isolation
	if adjust := oomAdjust(isolation.Importance); adjust != 0 {
		var b [8]byte
		text := wire.AppendInt(b[:0], int64(adjust))
		p.add("oom score", KeepResult|unix.SYS_OPENAT, st.oomDir, p.str(st.oomFile), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
		p.add("oom score", UseResult|unix.SYS_WRITE, 0, p.bytes(text), uintptr(len(text)), 0, 0)
		p.add("oom score", UseResult|unix.SYS_CLOSE, 0, 0, 0, 0, 0)
	}
	p.PIDNamespace = st.namespaces&wire.NamespacePID != 0
	flags := uintptr(st.namespaces &^ (wire.NamespacePID | wire.NamespaceUser))
	if st.namespaces&wire.NamespaceUser != 0 {
		flags = 0 // those belong to the user namespace, and are made with it
	}
	if isolation.NodeView {
		if flags != 0 {
			p.add("namespaces", unix.SYS_UNSHARE, flags, 0, 0, 0, 0)
		}
		if flags&unix.CLONE_NEWNS != 0 {
			// What is mounted outside still arrives, so that a late disk is seen; what
			// is mounted inside stays there.
			p.mount("private mounts", "", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
		}
		return
	}
	buildShared(p, st, isolation)
	p.add("view of the node", unix.SYS_SETNS, uintptr(a.viewFD), unix.CLONE_NEWNS, 0, 0, 0)
	if st.ownView {
		flags |= unix.CLONE_NEWNS
	}
	if flags != 0 {
		p.add("namespaces", unix.SYS_UNSHARE, flags, 0, 0, 0, 0)
	}
	if st.passesModes {
		buildCovers(p)
	}
	if len(st.devices) != 0 {
		buildDev(p, st, a)
		buildAttr(p, "/dev", "/dev", unix.MOUNT_ATTR_RDONLY, 0, 0)
	}
	if p.PIDNamespace {
		p.mount("own /proc", "proc", "/proc", "proc", quietMount|unix.MS_RDONLY, "subset=pid")
	}
	buildWritable(p, st, isolation)
	buildFiles(p, st, isolation)
}

// buildShared makes, in the node's own view, what a shared folder and a tmpfs
// below /run are put on: there the services' view can't.
func buildShared(p *Program, st *start, isolation *wire.Isolation) {
	for n := range isolation.Writable {
		w := &isolation.Writable[n]
		if len(w.Path) < 5 || w.Path[:5] != "/run/" {
			continue
		}
		p.at(w.Path, MayFail|unix.SYS_MKDIRAT, w.Path, 0o755, 0, 0)
		if w.Shared {
			p.at(w.Path, unix.SYS_FCHOWNAT, w.Path, uintptr(st.uid), uintptr(st.gid), unix.AT_SYMLINK_NOFOLLOW)
			p.at(w.Path, unix.SYS_FCHMODAT, w.Path, uintptr(modeOf(w.Mode, wire.WritableModeDefault)), 0, 0)
		}
	}
}

func modeOf(mode, zero uint16) uint16 {
	if mode == 0 {
		return zero
	}
	return mode
}

// quietMount are the flags of what holds neither programs nor devices.
const quietMount = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC

// buildWritable mounts the folders that may be written to.
func buildWritable(p *Program, st *start, isolation *wire.Isolation) {
	for n := range isolation.Writable {
		w := &isolation.Writable[n]
		if w.Shared {
			p.mount(w.Path, w.Path, w.Path, "", unix.MS_BIND, "")
			buildAttr(p, w.Path, w.Path, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC, unix.MOUNT_ATTR_RDONLY, 0)
			continue
		}
		var b [128]byte
		options := appendTmpfs(b[:0], w, st)
		// Below another of its own; anywhere else it is there, or the mount says.
		p.at(w.Path, MayFail|unix.SYS_MKDIRAT, w.Path, 0o755, 0, 0)
		p.add(w.Path, unix.SYS_MOUNT, p.str("tmpfs"), p.str(w.Path), p.str("tmpfs"), quietMount, p.bytes(options))
	}
}

// appendTmpfs appends tmpfs(5)'s options and a NUL. A file takes at least a
// page's worth of its inode, so their number is bounded as the size is.
func appendTmpfs(b []byte, w *wire.Writable, st *start) []byte {
	size := w.SizeBytes
	if size == 0 {
		size = wire.WritableSizeDefaultBytes
	}
	mode := modeOf(w.Mode, wire.WritableModeDefault)
	// The mode's octal digits, as a decimal number that looks the same.
	octal := uint64(mode>>9&7)*1000 + uint64(mode>>6&7)*100 + uint64(mode>>3&7)*10 + uint64(mode&7)
	b = appendNumber(b, "mode=", octal)
	b = appendNumber(b, ",uid=", uint64(st.uid))
	b = appendNumber(b, ",gid=", uint64(st.gid))
	b = appendNumber(b, ",size=", size)
	b = appendNumber(b, ",nr_inodes=", size/4096+16)
	return append(b, 0)
}

//go:noinline
func appendNumber(b []byte, name string, n uint64) []byte {
	return wire.AppendUint(append(b, name...), n)
}

// buildFiles writes its files, then seals what was to be.
func buildFiles(p *Program, st *start, isolation *wire.Isolation) {
	for n := range isolation.Files {
		f := &isolation.Files[n]
		path := p.str(f.Path)
		if f.Source != "" {
			p.add(f.Path, unix.SYS_MKNODAT, 0, path, unix.S_IFREG|0o444, 0, 0)
			p.add(f.Path, unix.SYS_MOUNT, p.str(f.Source), path, 0, unix.MS_BIND, 0)
			continue
		}
		p.add(f.Path, KeepResult|unix.SYS_OPENAT, 0, path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o600, 0)
		p.add(f.Path, UseResult|WholeResult|unix.SYS_WRITE, 0, p.str(f.Content), uintptr(len(f.Content)), 0, 0)
		p.add(f.Path, UseResult|unix.SYS_FCHOWN, 0, uintptr(st.owners[2*n]), uintptr(st.owners[2*n+1]), 0, 0)
		p.add(f.Path, UseResult|unix.SYS_FCHMOD, 0, uintptr(modeOf(f.Mode, wire.FileModeDefault)), 0, 0, 0)
		// Nothing is sealed under an open writer.
		p.add(f.Path, UseResult|unix.SYS_CLOSE, 0, 0, 0, 0, 0)
	}
	for n := range isolation.Writable {
		if w := &isolation.Writable[n]; w.Sealed {
			buildAttr(p, w.Path, w.Path, unix.MOUNT_ATTR_RDONLY, 0, 0)
		}
	}
}

// buildAttr changes attributes of the mount at path: struct mount_attr of
// include/uapi/linux/mount.h.
func buildAttr(p *Program, what, path string, set, clear uint64, flags uintptr) {
	p.at(what, unix.SYS_MOUNT_SETATTR, path, flags, p.words(set, clear, 0, 0), unix.MOUNT_ATTR_SIZE_VER0)
}

// buildUserNamespace makes the user namespace of a child that is its user by now,
// and the others that were declared, which so belong to it. The node's /proc is
// written, as the view's is read-only; user_namespaces(7) has the rules.
func buildUserNamespace(p *Program, st *start, insideID uint32, a *around) {
	p.add("user namespace", unix.SYS_UNSHARE, uintptr(st.namespaces&^wire.NamespacePID), 0, 0, 0, 0)
	// Having changed its user it would not own its own files in /proc.
	p.add("user namespace", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0, 0, 0)
	write := func(path string, text []byte) {
		p.add(path, KeepResult|unix.SYS_OPENAT, uintptr(a.procFD), p.str(path), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
		p.add(path, UseResult|unix.SYS_WRITE, 0, p.bytes(text), uintptr(len(text)), 0, 0)
	}
	var b [32]byte
	id := func(outside uint32) []byte {
		return appendNumber(appendNumber(appendNumber(b[:0], "", uint64(insideID)), " ", uint64(outside)), " ", 1)
	}
	write("self/uid_map", id(st.uid))
	write("self/setgroups", append(b[:0], "deny"...))
	write("self/gid_map", id(st.gid))
}
