package core

import (
	"mote/hw"

	"golang.org/x/sys/unix"
)

// Hardware as far as the loop itself uses it: uevents, and the keys that turn
// the machine off. What there is besides belongs to the inventory of room hw.

// devices is what the loop holds of them.
type devices struct {
	reader hw.UeventReader
	event  hw.Uevent
	found  [hw.PowerButtonsMax]uint32
	// buttons are the numbers of the input devices that are open, by their
	// place in rankKey.
	buttons [powerKeysMax]uint32
	// missed: a power key may be there that could not be opened; the tick looks again.
	missed bool
}

// openUevents listens to the kernel's devices and looks for power keys. Nothing
// that ready needs depends on it, so it comes after, but on a node whose state
// area may come late.
func (l *Loop) openUevents() {
	fd, err := hw.OpenUevents(l.rooms.HW)
	if err != nil {
		l.console.say(l.now, "trouble: ", err.Error())
	} else if errno := l.sources.add(rankUevent, 0, int32(fd), unix.EPOLLIN); errno != 0 {
		l.rooms.HW.Close(fd)
		l.console.trouble(l.now, "watch uevents", errno)
	}
	l.findButtons()
}

// takeUevents reads what the kernel tells. An event only says "look again":
// after any that is about input devices, and after a loss, the buttons are
// looked for in /sys; after one about disks, the state area. False means that the
// socket failed for good.
func (l *Loop) takeUevents(fd int32) bool {
	inputs, disks, ok := l.readUevents(fd)
	if inputs && ok {
		l.findButtons()
	}
	if disks {
		l.lookArea()
	}
	return ok
}

// readUevents drains the socket, within its budget.
func (l *Loop) readUevents(fd int32) (inputs, disks, ok bool) {
	for range drainReadsMax {
		switch l.devices.reader.Next(l.rooms.HW, int(fd), &l.devices.event) {
		case hw.OutcomeEvent:
			inputs = inputs || string(l.devices.event.Subsystem) == "input"
			disks = disks || string(l.devices.event.Subsystem) == "block"
		case hw.OutcomeRescan:
			inputs, disks = true, true
			l.turns.ranks[rankUevent].dropped++
		case hw.OutcomeDropped:
			l.turns.ranks[rankUevent].dropped++
		case hw.OutcomeBroken:
			l.console.trouble(l.now, "read uevents", l.devices.reader.Errno)
			return inputs, disks, false
		case hw.OutcomeDrained:
			return inputs, disks, true
		}
	}
	return inputs, disks, true
}

// findButtons opens each power key that is not open yet. One that went away has
// left through its own source.
func (l *Loop) findButtons() {
	d := &l.devices
	count, err := hw.FindPowerButtons(l.rooms.HW, &d.found)
	if err != nil && !d.missed {
		l.console.say(l.now, "trouble: ", err.Error())
	}
	d.missed = err != nil
	for _, number := range d.found[:count] {
		free := -1
		for at := range d.buttons {
			if l.sources.fd(rankKey, at) < 0 {
				free = at
			} else if d.buttons[at] == number {
				free = -1
				break
			}
		}
		if free < 0 {
			continue
		}
		fd, err := hw.OpenPowerButton(l.rooms.HW, number)
		if err != nil {
			d.missed = true // unless it went away meanwhile
			continue
		}
		if l.sources.add(rankKey, free, int32(fd), unix.EPOLLIN) != 0 {
			l.rooms.HW.Close(fd)
			d.missed = true
			continue
		}
		d.buttons[free] = number
	}
}

// takeKey: somebody pressed a key of a device that has a power key. False means
// that the device is gone.
func (l *Loop) takeKey(fd int32) bool {
	pressed, gone := hw.ReadPowerButton(l.rooms.HW, int(fd))
	if pressed {
		l.push(evShutdown, -1, 0, int64(goalPowerOff))
	}
	return !gone
}
