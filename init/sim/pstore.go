package sim

import (
	"strings"

	"golang.org/x/sys/unix"
)

// pstore is the firmware's store of what the kernel logged when it panicked; its
// records show as files once pstorefs is mounted.
type pstore struct {
	folder  *node
	records []string // names
	mounted bool
	// kept: PID 1 had it before it crashed; a worker may still be erasing.
	kept bool
}

const (
	pstoreFolder = "/sys/fs/pstore"
	// pstoreReason is why the boot before panicked, and pstoreUnread a record that
	// the kernel could not unpack.
	pstoreReason = "Attempted to kill init! exitcode=0x0000000b"
	pstoreUnread = "dmesg-erst-9.enc.z"
)

// plugPstore leaves what a panic leaves: pieces, the newest first, and now and then
// what nobody can read.
func (w *world) plugPstore(r *rand) {
	pieces := r.below(4)
	w.pstore.folder = &node{dir: true}
	w.files[pstoreFolder] = w.pstore.folder
	for n := range pieces {
		text := "Panic#1 Part" + itoa(int64(n+1)) + "\n"
		if n == 0 {
			text += "<0>[   12.000001] Kernel panic - not syncing: " + pstoreReason + "\n"
		}
		for line := range 5 {
			text += "<6>[    " + itoa(int64(9-n)) + ".10000" + itoa(int64(line)) + "] a line of the log\n"
		}
		w.keepCrash("dmesg-erst-"+itoa(int64(n+1)), text)
	}
	if pieces > 0 && r.chance(3) {
		w.keepCrash(pstoreUnread, "\x28\xb5\x2f\xfd")
	}
}

func (w *world) keepCrash(name, text string) {
	w.pstore.records = append(w.pstore.records, name)
	w.files[pstoreFolder+"/"+name] = &node{text: []byte(text)}
}

// mount is the mount(2) of a worker.
func (w *world) mount(target string) errno {
	s := &w.pstore
	switch {
	case target != pstoreFolder || s.folder == nil:
		return unix.ENOENT
	case s.mounted:
		return unix.EBUSY
	}
	s.mounted, s.folder.names = true, append([]string(nil), s.records...)
	return 0
}

// erase is the unlinkat(2) of a worker: what it erases must have been read.
func (w *world) erase(path string) errno {
	s := &w.pstore
	if w.fails != nil {
		if e := w.fails(w, "erase"); e != 0 {
			return e
		}
	}
	name := strings.TrimPrefix(path, pstoreFolder+"/")
	for i, n := range s.folder.names {
		if n != name {
			continue
		}
		if w.loop.Counts().LastRecords == 0 && !s.kept && name != pstoreUnread {
			w.check.broken(ruleLast, "erases "+name+", which nobody has kept")
		}
		s.folder.names = append(append([]string(nil), s.folder.names[:i]...), s.folder.names[i+1:]...)
		delete(w.files, path)
		s.records = append([]string(nil), s.folder.names...)
		return 0
	}
	return unix.ENOENT
}

// last checks that a node which was quiet for long has told of the panic before it,
// and has made room for the next.
func (c *checks) last() {
	s := &c.world.pstore
	n := c.world.loop.Counts()
	switch {
	case !n.Ready || !s.mounted:
	case len(s.records) > 0 && n.LastRecords == 0:
		c.broken(ruleLast, itoa(int64(len(s.records)))+" records of a panic are left, and none was read")
	}
}
