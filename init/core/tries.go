package core

import (
	"mote/fs"
	"mote/hw"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The loader's count of tries, given back once the node is ready. The loader takes
// one from the boot entry's name before it starts it, on every boot; so a slot that
// does not get ready three times in a row is left for the other, were it good for
// years before. Nothing of it is needed for ready.
//
//	jobFirmware ──the loader counted──▶ jobEntry ──renamed──▶ done
//	     │                                 └──no such entry──▶ jobEntryLook ──▶ done
//	     └──no firmware, not counted──▶ done
//
// Each worker has mounts of its own, which go with it, and which it finds whatever lies
// over the kernel's directories. The boot partition is that of
// the disk with the root. A machine that booted without the loader is not counted,
// and no disk is touched.
// A crash of PID 1 begins anew: an entry that has its tries already is found by
// jobEntryLook. What fails is tried again with the slow tick.
type tries struct {
	due    job // the worker that comes next; jobNone: nothing is left to do
	failed int
	memfd  int32 // where jobFirmware puts what it reads
	entry  fs.Entry
	secure secureBoot
}

const (
	variablesFolder = "/sys/firmware/efi/efivars"
	// loaderGUID is systemd-boot's: systemd.io/BOOT_LOADER_INTERFACE.
	loaderGUID = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
	// globalGUID is UEFI's own, EFI_GLOBAL_VARIABLE.
	globalGUID = "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	// ownFolder is where a worker mounts what only it shall see: an empty folder of any
	// root. A place below /sys would be another one where somebody mounted over that.
	ownFolder = "/var"
)

// restoreTries starts the worker that is due. Where there is no place for it the
// slow tick tries again.
func (l *Loop) restoreTries() {
	t := &l.tries
	switch t.due {
	case jobFirmware:
		l.readFirmware()
	case jobEntry, jobEntryLook:
		l.renameEntry()
	}
}

// readFirmware has a worker copy the firmware's variables into a memfd: reading
// them is a call of firmware, which may take long.
func (l *Loop) readFirmware() {
	t := &l.tries
	fd, errno := l.sys.Open(variablesFolder, unix.O_PATH, 0)
	if errno == unix.ENOENT {
		t.due = jobNone // no EFI
		l.firmwareKnown(false)
	}
	if errno != 0 {
		return
	}
	l.sys.Close(fd)
	if t.memfd, errno = l.sys.Memfd(); errno != 0 {
		t.memfd = -1
		return
	}
	_, errno = l.work(jobFirmware, workerNsec, func(p *Program) {
		p.private()
		p.mount("mount efivarfs", "efivarfs", ownFolder, "efivarfs", unix.MS_RDONLY|quietMount, "")
		buffer := p.room(fs.FirmwareVariableMax)
		p.add("open", MayFail|KeepResult|unix.SYS_OPENAT, 0, p.str(ownFolder+"/LoaderBootCountPath"+loaderGUID), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0)
		p.add("read", MayFail|UseResult|unix.SYS_READ, 0, buffer, fs.FirmwareVariableMax, 0, 0)
		p.add("pass on", WholeResult|unix.SYS_PWRITE64, uintptr(t.memfd), buffer, fs.FirmwareVariableMax, 0, 0)
		second := p.room(secureBootBytes)
		p.add("open", MayFail|KeepResult|unix.SYS_OPENAT, 0, p.str(ownFolder+"/SecureBoot"+globalGUID), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0)
		p.add("read", MayFail|UseResult|unix.SYS_READ, 0, second, secureBootBytes, 0, 0)
		p.add("pass on", WholeResult|unix.SYS_PWRITE64, uintptr(t.memfd), second, secureBootBytes, fs.FirmwareVariableMax, 0)
	})
	if errno != 0 {
		l.sys.Close(t.memfd)
		t.memfd = -1
		return
	}
	t.due = jobNone
}

// firmwareRead: the variables are in the memfd, or there are none.
func (l *Loop) firmwareRead(w *worker) {
	t := &l.tries
	read, counted := 0, false
	if w.errno == 0 {
		insist(func() (errno Errno) {
			read, errno = l.sys.ReadAt(t.memfd, l.scratch[:fs.FirmwareVariableMax+secureBootBytes], 0)
			return errno
		})
		path := min(read, fs.FirmwareVariableMax)
		t.entry, counted = fs.DecodeEntry(l.scratch[:path])
		t.secure = decodeSecureBoot(l.scratch[path:read])
		l.firmwareKnown(counted)
	}
	l.sys.Close(t.memfd)
	t.memfd = -1
	if w.errno != 0 {
		l.triesFailed(jobFirmware, "read the firmware's variables", w.errno)
	} else if counted && l.machine.isReady {
		t.due = jobEntry
		l.restoreTries()
	}
}

// firmwareKnown: the firmware's variables were read, for a node that is ready or for
// one whose trial is over.
func (l *Loop) firmwareKnown(counted bool) {
	if l.machine.isReady {
		l.saySecurity()
	} else {
		l.endTrial(counted)
	}
}

// renameEntry has a worker rename the entry, or see that it was. Both names stand in
// one sector (fs/image/assemble sees to that), and both changes reach it in one
// write, when the file system is written; so power may fail at any time. A name that
// is there already is never replaced: that would free the kernel's own blocks.
func (l *Loop) renameEntry() {
	t := &l.tries
	device, err := hw.FindBeside(l.rooms.HW, fs.RootBlock, fs.ESPLabel)
	if device == "" {
		errno := Errno(unix.ENODEV)
		if trouble, ok := err.(hw.Trouble); ok {
			errno = trouble.Errno
		}
		l.triesFailed(t.due, "find the boot partition on the root's disk", errno)
		return
	}
	restored := t.entry.Restored()
	_, errno := l.work(t.due, workerNsec, func(p *Program) {
		p.private()
		source := p.enter(l.sys.At("/dev/" + device))
		p.mount("mount", source, ownFolder, "vfat", quietMount, "")
		to := p.str(ownFolder + restored.Path())
		if t.due == jobEntry {
			p.add("rename", unix.SYS_RENAMEAT2, 0, p.str(ownFolder+t.entry.Path()), 0, to, unix.RENAME_NOREPLACE)
		}
		p.add("open", KeepResult|unix.SYS_OPENAT, 0, to, unix.O_RDONLY|unix.O_CLOEXEC, 0, 0)
		p.add("flush", UseResult|unix.SYS_SYNCFS, 0, 0, 0, 0, 0)
		p.add("close", UseResult|unix.SYS_CLOSE, 0, 0, 0, 0, 0)
		p.add("unmount", unix.SYS_UMOUNT2, p.str(ownFolder), 0, 0, 0, 0)
	})
	if errno == 0 {
		t.due = jobNone
	}
}

// entryRenamed: the entry has its tries again, or not.
func (l *Loop) entryRenamed(w *worker) {
	t := &l.tries
	switch {
	case w.errno == 0:
		l.console.say(l.now, "boot entry ", t.entry.Name(), ": its ", string(wire.AppendInt(nil, int64(t.entry.Tries()))), " tries are restored")
	case w.errno == unix.ENOENT && w.job == jobEntry:
		t.due = jobEntryLook
		l.restoreTries()
	default:
		l.triesFailed(jobEntry, "restore the tries of boot entry "+t.entry.Name(), w.errno)
	}
}

// triesFailed leaves it to the slow tick as long as there is hope. The first failure
// and the last are said.
func (l *Loop) triesFailed(again job, what string, errno Errno) {
	t := &l.tries
	t.due = again
	t.failed++
	if t.failed == 1 || t.failed == triesFailedMax {
		l.console.trouble(l.now, what, errno)
	}
	if t.failed == triesFailedMax {
		t.due = jobNone
		l.console.more("given up: this boot counts as one that failed")
	}
}
