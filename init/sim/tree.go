package sim

import (
	"strings"

	"golang.org/x/sys/unix"
)

// The tree of files, as far as PID 1 looks at it.

// node is a file with a text, or a directory with names.
type node struct {
	text  []byte
	names []string // a directory's, in order
	dir   bool
}

// regular is an open file of fixed text.
type regular struct {
	text []byte
	at   int
}

func (*regular) ready() uint32 { return epollIn | epollOut }
func (r *regular) read(b []byte) (int, errno) {
	n := copy(b, r.text[r.at:])
	r.at += n
	return n, 0
}
func (*regular) write(b []byte) (int, errno) { return len(b), 0 }
func (*regular) closed()                     {}

func (w *world) makeDir(path string) {
	if w.files[path] == nil {
		w.files[path] = &node{dir: true}
	}
}

// Hold is Sys.Hold: nothing is ever mounted over anything here.
func (w *world) Hold() errno { return 0 }

// At is Sys.At.
func (*world) At(path string) (int, string) { return unix.AT_FDCWD, path }

// Open is Sys.Open.
func (w *world) Open(path string, flags int, _ uint32) (int32, errno) {
	if w.crash.telling && path == "/dev/kmsg" {
		return w.place(&file{name: "stack", ops: &regular{}})
	}
	w.opens = path
	if e := w.enter("open", callNsec); e != 0 {
		return -1, e
	}
	f, e := w.openFile(path, flags)
	if e != 0 {
		return -1, e
	}
	f.blocks = f.blocks && flags&unix.O_NONBLOCK == 0
	return w.place(f)
}

func (w *world) openFile(path string, flags int) (*file, errno) {
	switch {
	case path == "/dev/console":
		return &file{name: "console", ops: &consoleFile{w}, blocks: true}, 0
	case path == "/dev/kmsg":
		return &file{name: "kmsg", ops: &kernelFile{world: w}, blocks: true}, 0
	case strings.HasPrefix(path, "/dev/watchdog"):
		return w.openWatchdog()
	case path == diskNode && flags&unix.O_PATH == 0:
		w.check.broken(ruleWait, "opens a disk, which may take long")
	case path == "/proc/pressure/memory":
		return &file{name: "pressure", ops: &w.memory}, 0
	case path == "/proc/meminfo":
		return &file{name: "regular", ops: &regular{text: []byte(w.memory.text())}}, 0
	case path == "/dev/null":
		return &file{name: "null", ops: &regular{}}, 0
	case strings.HasPrefix(path, cgroupRoot):
		return w.openCgroup(path)
	case strings.HasPrefix(path, inputNodes):
		return w.openInput(path)
	}
	if s := w.settings[path]; s != nil {
		return &file{name: "setting", ops: &settingFile{setting: s}}, 0
	}
	n := w.files[path]
	switch {
	case n == nil:
		return nil, unix.ENOENT
	case n.dir:
		return &file{name: "directory", ops: &folder{node: n}}, 0
	}
	return &file{name: "regular", ops: &regular{text: n.text}}, 0
}

// Mkdir is Sys.Mkdir.
func (w *world) Mkdir(path string, _ uint32) errno {
	if e := w.enter("mkdir", callNsec); e != 0 {
		return e
	}
	if strings.HasPrefix(path, cgroupRoot+"/") {
		return w.makeCgroup(path)
	}
	if w.files[path] != nil {
		return unix.EEXIST
	}
	if parent := path[:strings.LastIndexByte(path, '/')]; parent != "" && w.files[parent] == nil {
		return unix.ENOENT
	}
	w.makeDir(path)
	return 0
}

// Unlink is Sys.Unlink; only sockets are unlinked.
func (w *world) Unlink(path string) errno {
	if e := w.enter("unlink", callNsec); e != 0 {
		return e
	}
	if w.unix[path] == nil {
		return unix.ENOENT
	}
	delete(w.unix, path)
	return 0
}

// Rmdir is Sys.Rmdir; only cgroups are removed, and none that processes are in.
func (w *world) Rmdir(path string) errno {
	if e := w.enter("rmdir", callNsec); e != 0 {
		return e
	}
	cg := w.cgroups[path]
	switch {
	case cg == nil:
		return unix.ENOENT
	case cg.pids > 0:
		return unix.EBUSY
	}
	delete(w.cgroups, path)
	return 0
}

// Chown is Sys.Chown.
func (w *world) Chown(path string, _, _ uint32) errno { return w.change("chown", path) }

// Chmod is Sys.Chmod.
func (w *world) Chmod(path string, _ uint32) errno { return w.change("chmod", path) }

func (w *world) change(call, path string) errno {
	if e := w.enter(call, callNsec); e != 0 {
		return e
	}
	if w.unix[path] == nil && w.files[path] == nil {
		return unix.ENOENT
	}
	return 0
}

// folder is an open directory; its names are read once, as getdents64(2) gives
// them.
type folder struct {
	node *node
	at   int
}

func (*folder) ready() uint32             { return 0 }
func (*folder) read([]byte) (int, errno)  { return 0, unix.EISDIR }
func (*folder) write([]byte) (int, errno) { return 0, eBADF }
func (*folder) closed()                   {}

// entries appends records of struct linux_dirent64 while they fit.
func (f *folder) entries(b []byte) int {
	used := 0
	for f.at < len(f.node.names) {
		name := f.node.names[f.at]
		size := (19 + len(name) + 1 + 7) &^ 7
		if used+size > len(b) {
			break
		}
		record := b[used : used+size]
		clear(record)
		record[0], record[16], record[17], record[18] = byte(f.at+1), byte(size), byte(size>>8), 4
		copy(record[19:], name)
		used += size
		f.at++
	}
	return used
}
