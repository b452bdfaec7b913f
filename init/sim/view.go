package sim

import (
	"mote/init/core"

	"golang.org/x/sys/unix"
)

// Mount namespaces, nodes and Landlock, as far as PID 1 and its children between
// clone and exec have to do with them. What is in a view is not modelled: the
// tests under the real kernel look at that.

// view is an open mount namespace.
type view struct{}

func (*view) ready() uint32             { return 0 }
func (*view) read([]byte) (int, errno)  { return 0, eINVAL }
func (*view) write([]byte) (int, errno) { return 0, eINVAL }
func (*view) closed()                   {}

// landlockVersion is that of the product's kernel.
const landlockVersion = 6

// View is Sys.View. One of the steps fails, or the namespace can't be made.
func (w *world) View(p *core.Program) (int32, int, errno) {
	if e := w.enter("view", cloneNsec); e != 0 {
		return -1, w.rand.below(p.Steps()), e
	}
	fd, e := w.place(&file{name: "view", ops: &view{}})
	return fd, 0, e
}

// Landlock is Sys.Landlock.
func (w *world) Landlock() (int32, errno) {
	if e := w.enter("landlock", callNsec); e != 0 {
		return 0, e
	}
	return landlockVersion, 0
}

// Node is Sys.Node. Of the nodes in the model only one is declared by services.
func (w *world) Node(path string) (uint32, uint64, errno) {
	if e := w.enter("stat", callNsec); e != 0 {
		return 0, 0, e
	}
	if path != rtcNode {
		return 0, 0, unix.ENOENT
	}
	return unix.S_IFCHR, 254 << 8, 0
}

// rtcNode is the real-time clock's.
const rtcNode = "/dev/rtc0"

// stepper follows a child's list of calls: what must come before what.
type stepper struct {
	// kept: a descriptor was kept. private: no_new_privs. user: it is not root any
	// more. ruled: Landlock has said its word.
	kept, private, user, ruled bool
}

// wrong tells whether the kernel would refuse a call at this place: a result that
// nobody kept is no descriptor; a filter and a ruleset want no_new_privs; what is
// mounted, owned and entered wants root; behind Landlock nothing is mounted.
func (s *stepper) wrong(w *world, nr uintptr, args [5]uintptr) bool {
	bad := nr&core.UseResult != 0 && !s.kept
	s.kept = s.kept || nr&core.KeepResult != 0
	switch nr &^ (core.KeepResult | core.UseResult | core.WholeResult | core.StoreResult | core.MayFail) {
	case unix.SYS_PRCTL:
		s.private = s.private || args[0] == unix.PR_SET_NO_NEW_PRIVS
	case unix.SYS_SECCOMP:
		bad = bad || !s.private
	case unix.SYS_LANDLOCK_RESTRICT_SELF:
		bad = bad || !s.private
		s.ruled = true
	case unix.SYS_SETNS:
		f := w.file(int32(args[0]))
		bad = bad || f == nil || f.name != "view" || s.user
	case unix.SYS_UNSHARE:
		bad = bad || s.user != (args[0]&unix.CLONE_NEWUSER != 0)
	case unix.SYS_MOUNT, unix.SYS_MOUNT_SETATTR:
		bad = bad || s.user || s.ruled
	case unix.SYS_MKNODAT, unix.SYS_FCHOWNAT, unix.SYS_FCHOWN:
		bad = bad || s.user
	case unix.SYS_OPENAT:
		f := w.file(int32(args[0]))
		bad = bad || args[0] != 0 && int32(args[0]) != unix.AT_FDCWD && (f == nil || f.name != "directory")
	case unix.SYS_SETRESUID:
		s.user = args[0] != 0
	}
	return bad
}
