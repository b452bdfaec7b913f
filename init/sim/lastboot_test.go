package sim

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The log of a boot that ended in a panic, when something fails on the way.

// panicked leaves the log of a panic in two pieces and one that nobody can read.
func panicked(w *world) {
	w.pstore.folder = &node{dir: true}
	w.files[pstoreFolder] = w.pstore.folder
	w.keepCrash("dmesg-erst-1", "Panic#1 Part1\n<0>[   12.000001] Kernel panic - not syncing: "+pstoreReason+"\n")
	w.keepCrash("dmesg-erst-2", "Panic#1 Part2\n<6>[   11.000000] a line\n<6>[   11.500000] another\n")
	w.keepCrash(pstoreUnread, "\x28\xb5\x2f\xfd")
}

// TestLastBootIsReadAtLast: no descriptor is free when the log is to be read, nor at
// the first slow tick. It is read with the second, told once, and erased then.
func TestLastBootIsReadAtLast(t *testing.T) {
	lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
		events: func(w *world) {
			panicked(w)
			failing(w, "open", unix.ENFILE, 4*msec, 12*sec)
			w.after(15*sec, func() {
				if n := w.loop.Counts().LastRecords; n != 0 {
					t.Errorf("%d lines are kept too early", n)
				}
			})
			w.after(25*sec, func() {
				if n := w.loop.Counts().LastRecords; n != 3 || len(w.pstore.records) != 0 {
					t.Errorf("%d lines are kept, %v not erased", n, w.pstore.records)
				}
			})
			signalAt(w, 30*sec, sigTERM)
		}})
	expect(t, lines, 1, "the boot before ended in a panic of the kernel: "+pstoreReason)
	expect(t, lines, 1, "3 lines of its log are kept (request \"previous\"); 1 records could not be read")
}

// TestLastBootOutlivesACrash: PID 1 crashes when a part of the log is erased and the
// rest failed. What was kept stays, it is not told again, and the store is emptied.
func TestLastBootOutlivesACrash(t *testing.T) {
	lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
		events: func(w *world) {
			panicked(w)
			crashAt(w, 2*sec, "erase", 0, 0)
			w.fails = func(w *world, call string) errno {
				if call == "erase" && w.crash.count == 0 && len(w.pstore.records) == 1 {
					return unix.EIO
				}
				return 0
			}
			w.after(1*sec, func() {
				if len(w.pstore.records) != 1 {
					t.Errorf("%v not erased before the crash", w.pstore.records)
				}
			})
			w.after(5*sec, func() {
				if n := w.loop.Counts().LastRecords; n != 3 || len(w.pstore.records) != 0 || w.crash.count != 1 {
					t.Errorf("%d lines are kept, %v not erased, %d crashes", n, w.pstore.records, w.crash.count)
				}
			})
			signalAt(w, 30*sec, sigTERM)
		}})
	expect(t, lines, 1, "the boot before ended in a panic of the kernel: "+pstoreReason)
}
