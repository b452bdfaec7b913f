package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/hw"
)

// LookAtCards reads what sysfs says of cards that are new, into b, finds which rules
// they fit, and decides on their names once all are known. What can't be read now is
// looked at in another turn.
func (n *Net) LookAtCards(sys Sys, b []byte) {
	if len(n.rules) == 0 || n.stage != synced {
		return
	}
	open := false
	for i := range n.have.links {
		e := &n.have.links[i]
		if e.fact.OfCard && !e.card.decided {
			if !e.card.looked && !n.look(sys, e, b) {
				return
			}
			open = true
		}
	}
	if open {
		n.assign()
	}
}

// look reads one card's lines: its address, and the uevents of it and of what it stands
// on, which for a virtio card is its PCI function. Source: dev_uevent and pci_uevent of
// the kernel.
func (n *Net) look(sys Sys, e *linkEntry, b []byte) bool {
	said := appendMAC(text(b[:0], "MAC="), e.fact.PermanentMAC)
	for _, file := range [...]string{"/device/uevent", "/device/../uevent"} {
		said = text(said, "\n")
		path := text(appendName(text(said, "/sys/class/net/"), &e.fact.Name), file)
		fd, errno := sys.Open(string(path[len(said):]), unix.O_RDONLY|unix.O_CLOEXEC)
		if errno == 0 {
			var size int
			size, errno = sys.Read(fd, b[len(said):])
			sys.Close(fd)
			said = b[:len(said)+size]
		}
		if errno != 0 && errno != unix.ENOENT { // what it stands on may tell nothing
			return false
		}
	}
	said = text(said, "\n")
	for r := range n.rules {
		fits := uint16(1) << r
		for _, line := range n.rules[r].Match {
			if !hw.HasLine(said, line) {
				fits = 0
			}
		}
		e.card.fits |= fits
	}
	e.card.looked = true
	return true
}
