package sim

import (
	"golang.org/x/sys/unix"

	"mote/init/core"
)

// watchdog is the machine's: once opened it restarts the machine unless it is
// written to in time; a V stops it with the close that follows. See the kernel's
// Documentation/watchdog/watchdog-api.rst.
type watchdog struct {
	world      *world
	open       bool
	magic      bool
	running    bool
	fedAt      int64
	timeoutSec int32
}

// bite restarts the machine when nobody fed it. That breaks the rule, unless the
// kernel refused to end the machine.
func (d *watchdog) bite() {
	if d.running && d.world.now-d.fedAt > int64(d.timeoutSec)*sec {
		if w := d.world; w.refused {
			w.trace.line(w.now, "= the watchdog restarts the machine")
			w.rebooted = true
			w.loop.Leave()
			return
		}
		d.world.check.broken(ruleFed, "nobody fed the watchdog for "+itoa((d.world.now-d.fedAt)/sec)+" s")
	}
}

func (*watchdog) ready() uint32            { return 0 }
func (*watchdog) read([]byte) (int, errno) { return 0, eINVAL }

func (d *watchdog) write(b []byte) (int, errno) {
	d.bite()
	d.fedAt, d.magic = d.world.now, len(b) > 0 && b[len(b)-1] == 'V'
	return len(b), 0
}

func (d *watchdog) closed() {
	d.open = false
	if !d.magic {
		return // the kernel: "watchdog did not stop!"
	}
	d.running = false
	if d.world.loop.Counts().Goal != "power off" || d.world.refused {
		d.world.check.broken(ruleFed, "the watchdog is stopped, and the machine goes on")
	}
}

func (w *world) openWatchdog() (*file, errno) {
	d := &w.watchdog
	if d.open {
		return nil, unix.EBUSY
	}
	*d = watchdog{world: w, open: true, running: true, fedAt: w.now, timeoutSec: 60}
	return &file{name: "watchdog", ops: d}, 0
}

// WatchdogTimeout is Sys.WatchdogTimeout.
func (w *world) WatchdogTimeout(fd, timeoutSec int32) (int32, errno) {
	if e := w.enter("ioctl watchdog", callNsec); e != 0 {
		return 0, e
	}
	f := w.file(fd)
	if f == nil {
		return 0, eBADF
	}
	d, ok := f.ops.(*watchdog)
	if !ok {
		return 0, unix.ENOTTY
	}
	d.timeoutSec = timeoutSec
	return timeoutSec, 0
}

// ReserveCPU is Sys.ReserveCPU; the model has no scheduler.
func (w *world) ReserveCPU() errno { return w.enter("sched_setattr", callNsec) }

// Room is Sys.Room; what else a child has of PID 1's memory is not modelled.
func (w *world) Room() (*core.Program, errno) {
	if e := w.enter("mmap", 0); e != 0 {
		return nil, e
	}
	return new(core.Program), 0
}

// LockMemory is Sys.LockMemory; the model has no memory.
func (w *world) LockMemory() errno { return w.enter("mlock", callNsec) }
