package hw

import (
	"golang.org/x/sys/unix"

	"mote/wire"
)

// inputFolder is where the kernel lists input devices; inputNodes is where
// devtmpfs has their nodes.
const (
	inputFolder = "/sys/class/input"
	inputNodes  = "/dev/input/event"
)

// FindPowerButtons lists the numbers N of the input devices eventN that have a
// power key into out, and returns their count. A device that goes away on the
// way is skipped. No folder means no input devices: 0, and no error. After an
// error there may be more than were found: look again later.
func FindPowerButtons(sys Sys, out *[PowerButtonsMax]uint32) (count int, err error) {
	fd, errno := openAgain(sys, inputFolder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	switch errno {
	case 0:
	case unix.ENOENT: // no CONFIG_INPUT, or no sysfs
		return 0, nil
	default:
		return 0, Trouble{"open " + inputFolder, "power buttons go unseen", errno}
	}
	defer sys.Close(fd)
	list := entries{fd: fd}
	for {
		name, errno := list.next(sys)
		if errno != 0 {
			return count, Trouble{"read " + inputFolder, "some power buttons go unseen", errno}
		}
		if name == nil || count == len(out) {
			return count, err
		}
		event, isEvent := eventNumber(name)
		if !isEvent {
			continue
		}
		has, errno := hasPowerKey(sys, event)
		if errno != 0 {
			err = Trouble{"read the keys of /dev/input/event" + wire.Decimal(uint64(event)), "it may go unseen", errno}
		}
		if has {
			out[count] = event
			count++
		}
	}
}

// eventNumber reads "event12".
func eventNumber(name []byte) (uint32, bool) {
	const prefix = "event"
	if len(name) <= len(prefix) || string(name[:len(prefix)]) != prefix {
		return 0, false
	}
	return number32(name[len(prefix):])
}

// hasPowerKey reads the device's bitmap. One that went away (ENOENT, ENODEV) has
// no key, and that is no error.
func hasPowerKey(sys Sys, event uint32) (bool, unix.Errno) {
	path := inputFolder + "/event" + wire.Decimal(uint64(event)) + "/device/capabilities/key"
	fd, errno := openAgain(sys, path, unix.O_RDONLY|unix.O_CLOEXEC)
	var text [sysfsSizeMax]byte
	n := 0
	if errno == 0 {
		n, errno = readAgain(sys, fd, text[:])
		sys.Close(fd)
	}
	if errno == unix.ENOENT || errno == unix.ENODEV {
		return false, 0
	}
	return errno == 0 && n <= len(text) && HasPowerKey(text[:n]), errno
}

// OpenPowerButton opens /dev/input/eventN without waiting, closed on exec.
func OpenPowerButton(sys Sys, event uint32) (fd int, err error) {
	path := inputNodes + wire.Decimal(uint64(event))
	fd, errno := openAgain(sys, path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, Trouble{"open " + path, "this power button goes unseen", errno}
	}
	return fd, nil
}

// ReadPowerButton reads what waits on a button, at most 16 events, and tells
// whether it was pressed. gone means that the device left (ENODEV) or failed:
// close it.
func ReadPowerButton(sys Sys, fd int) (pressed, gone bool) {
	var events [16 * InputEventSize]byte
	n, errno := sys.Read(fd, events[:])
	switch errno {
	case 0:
		return PowerPressed(events[:n]), n == 0
	case unix.EAGAIN, unix.EINTR:
		return false, false
	default:
		return false, true
	}
}

// openAgain opens path, once more for each signal that interrupts it.
//
//go:noinline
func openAgain(sys Sys, path string, flags int) (fd int, errno unix.Errno) {
	for range interruptsMax {
		if fd, errno = sys.Open(path, flags); errno != unix.EINTR {
			break
		}
	}
	return fd, errno
}

// readAgain reads once, once more for each signal that interrupts it.
func readAgain(sys Sys, fd int, b []byte) (n int, errno unix.Errno) {
	for range interruptsMax {
		if n, errno = sys.Read(fd, b); errno != unix.EINTR {
			break
		}
	}
	return n, errno
}
