package sim

import (
	"strings"

	"golang.org/x/sys/unix"
)

// loader is what the loader left: a variable of the firmware, and the boot
// partition. What it breaks: there is no firmware, or it counts nothing; the boot
// partition is not there; both names of an entry stand.
type loader struct {
	kind    loaderKind
	entries map[string]bool // paths on the boot partition
	// failures are of the workers that have to do with it.
	failures int
}

// loaderKind is what started the node.
type loaderKind uint8

const (
	loaderNone    loaderKind = iota // the machine has no EFI
	loaderSilent                    // its entry is not counted
	loaderCounts                    // it has taken one of three tries
	loaderNoDisk                    // it counts, and its disk is gone
	loaderTwofold                   // it counts, and power once failed between two names
)

const (
	loaderVariables = "/sys/firmware/efi/efivars"
	secureVariable  = "/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	loaderVariable  = "/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
	entryTried      = "/EFI/Linux/mote-a-1.0-edge+2-1.efi"
	entryRestored   = "/EFI/Linux/mote-a-1.0-edge+3-0.efi"
	entryOther      = "/EFI/Linux/mote-b-0.9-edge+3-0.efi"
	loaderDevice    = "/dev/vdc1"
)

func (w *world) plugLoader(kind loaderKind) {
	w.loader = loader{kind: kind, entries: map[string]bool{entryTried: true, entryOther: true}}
	if kind == loaderTwofold {
		w.loader.entries[entryRestored] = true
	}
	if kind != loaderNone {
		w.makeDir(loaderVariables)
	}
	if kind == loaderNone || kind == loaderNoDisk {
		return
	}
	const block = "/sys/class/block/"
	w.files[block+"dm-0/slaves"] = &node{dir: true, names: []string{"vdc2"}}
	w.files[block+"vdc2/.."] = &node{dir: true, names: []string{"queue", "vdc1", "vdc2"}}
	w.files[block+"vdc1/uevent"] = &node{text: []byte("DEVNAME=vdc1\nDEVTYPE=partition\nPARTN=1\nPARTNAME=mote-esp\n")}
	w.files[block+"vdc2/uevent"] = &node{text: []byte("DEVNAME=vdc2\nDEVTYPE=partition\nPARTN=2\nPARTNAME=mote-root-a\n")}
}

// loaderCall makes a worker's call that has to do with the loader; mine is false
// when it has not.
func (w *world) loaderCall(p *process, k *worker, c *call, f *file) (result uintptr, e errno, mine bool) {
	path, inside := strings.CutPrefix(c.paths[1], "/var")
	switch {
	case c.nr == unix.SYS_UNSHARE:
		return 0, 0, true
	case c.nr == unix.SYS_MOUNT && c.paths[1] == "/":
		return 0, 0, true
	case c.nr == unix.SYS_MOUNT && c.paths[1] == "/var" && c.paths[2] == "efivarfs":
		k.mounted = loaderVariables
		return 0, 0, true
	case c.nr == unix.SYS_MOUNT && c.paths[1] == "/var":
		if c.paths[0] != loaderDevice || c.paths[2] != "vfat" {
			return 0, unix.ENOENT, true
		}
		k.mounted = loaderDevice
		return 0, 0, true
	case c.nr == unix.SYS_OPENAT && path == loaderVariable && k.mounted == loaderVariables:
		if w.loader.kind == loaderSilent {
			return 0, unix.ENOENT, true
		}
		k.keep(p, &regular{text: utf16Variable(entryTried)})
		return 3, 0, true
	case c.nr == unix.SYS_OPENAT && path == secureVariable && k.mounted == loaderVariables:
		k.keep(p, &regular{text: []byte{6, 0, 0, 0, 1}})
		return 3, 0, true
	case k.mounted != loaderDevice:
	case c.nr == unix.SYS_RENAMEAT2:
		return 0, w.renameEntry(path, strings.TrimPrefix(c.paths[3], "/var"), c.args[4]), true
	case c.nr == unix.SYS_OPENAT && inside:
		if !w.loader.entries[path] {
			return 0, unix.ENOENT, true
		}
		k.keep(p, &regular{})
		return 3, 0, true
	case c.nr == unix.SYS_SYNCFS, c.nr == unix.SYS_CLOSE, c.nr == unix.SYS_UMOUNT2:
		return 0, 0, true
	}
	if c.nr != unix.SYS_READ {
		return 0, 0, false
	}
	if f == nil {
		return 0, eBADF, true
	}
	b := make([]byte, c.args[2])
	n, e := f.ops.read(b)
	k.memory[c.args[1]] = b
	return uintptr(n), e, true
}

// keep makes a file the one that further steps use.
func (k *worker) keep(p *process, ops fileOps) {
	k.kept = &file{name: "loader", ops: ops, refs: 1}
	p.fds = append(p.fds, k.kept)
}

// renameEntry is renameat2(2) on the boot partition.
func (w *world) renameEntry(from, to string, flags uintptr) errno {
	switch {
	case !w.loop.Counts().Ready:
		w.check.broken(ruleTries, "restores the count of a boot that did not get ready")
	case from != entryTried || to != entryRestored:
		w.check.broken(ruleTries, "renames "+from+" to "+to)
	case flags&unix.RENAME_NOREPLACE == 0:
		w.check.broken(ruleTries, "would replace an entry, and free its blocks")
	case !w.loader.entries[from]:
		return unix.ENOENT
	case w.loader.entries[to]:
		return unix.EEXIST
	}
	delete(w.loader.entries, from)
	w.loader.entries[to] = true
	return 0
}

// saysSecurity checks that a node which is ready has said what is protected, and
// calls nothing so that is not: there is no TPM here, and no verity.
func (w *world) saysSecurity(line string) {
	if !strings.Contains(line, "security: protected: ") {
		return
	}
	if !w.loop.Counts().Ready {
		w.check.broken(ruleTries, "tells of security before it is ready")
	}
	secure := w.loader.kind != loaderNone && strings.Contains(line, "firmware starts what the owner signed")
	if strings.Contains(line, "firmware starts") && !secure || strings.Contains(line, "verity") {
		w.check.broken(ruleTries, "calls protected what is not: "+line)
	}
}

// utf16Variable is a path as efivarfs gives it.
func utf16Variable(path string) []byte {
	b := []byte{6, 0, 0, 0}
	for _, c := range []byte(strings.ReplaceAll(path, "/", `\`)) {
		b = append(b, c, 0)
	}
	return append(b, 0, 0)
}

// failWorker is the end of a worker whose step failed.
func (w *world) failWorker(p *process, k *worker, step int, e errno) {
	if k.calls[0].nr == unix.SYS_UNSHARE {
		w.loader.failures++
	}
	w.fail(p, k.child, step, e)
}

// tries checks that a node which was quiet for long has its tries again, and that
// nothing else on the boot partition has changed.
func (c *checks) tries() {
	l := &c.world.loader
	restored := l.entries[entryRestored] && !l.entries[entryTried]
	switch {
	case !l.entries[entryOther]:
		c.broken(ruleTries, "the other slot's entry is gone")
	case !l.entries[entryTried] && !l.entries[entryRestored]:
		c.broken(ruleTries, "the entry is gone")
	case l.kind == loaderCounts && l.failures < 20 && c.world.loop.Counts().Ready && !restored:
		c.broken(ruleTries, "the node is ready for long, and its entry has not got its tries")
	case l.kind != loaderCounts && restored:
		c.broken(ruleTries, "an entry was renamed that nobody had counted")
	}
}
