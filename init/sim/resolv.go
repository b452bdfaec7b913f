package sim

import "golang.org/x/sys/unix"

// The file that tells programs of the name servers, written anew beside the old one.

const (
	resolvNew  = "/run/resolv.conf.new"
	resolvFile = "/run/resolv.conf"
)

// resolvFileNew is the new one while it is written.
type resolvFileNew struct{ world *world }

func (*resolvFileNew) ready() uint32            { return 0 }
func (*resolvFileNew) read([]byte) (int, errno) { return 0, eBADF }
func (*resolvFileNew) closed()                  {}
func (r *resolvFileNew) write(b []byte) (int, errno) {
	n := r.world.files[resolvNew]
	n.text = append(n.text, b...)
	return len(b), 0
}

func (w *world) openResolv() *file {
	w.files[resolvNew] = &node{}
	return &file{name: "resolv.conf", ops: &resolvFileNew{w}, refs: 1}
}

func (w *world) renameResolv(from, to string) errno {
	n := w.files[from]
	if from != resolvNew || to != resolvFile || n == nil {
		return unix.ENOENT
	}
	w.files[to] = n
	delete(w.files, from)
	return 0
}
