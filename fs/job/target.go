package job

import (
	"fmt"
	"io"
	"strings"

	"mote/wire/inventory"
)

// AutoTarget is the wish for the one disk that is empty.
const AutoTarget = "auto"

// emptyBytes at both ends of a disk are zero where nobody has written one: tables of
// partitions and the magic of every common file system stand there.
const emptyBytes = 1 << 20

// Candidate is a disk that could be installed to.
type Candidate struct {
	inventory.Disk
	// Used says what stands on it; "" is an empty disk.
	Used string
}

// Choose finds the disk to install to among those that a machine has. wish is a
// disk's name, as "nvme0n1" or "/dev/nvme0n1", which may be one in use if overwrite
// says so; or AutoTarget, which is the one that is empty, fixed and large enough. What
// can't be chosen is told with all disks there are.
func Choose(disks []Candidate, wish string, overwrite bool, leastBytes int64) (Candidate, error) {
	name := strings.TrimPrefix(wish, "/dev/")
	var fit []Candidate
	for _, d := range disks {
		switch {
		case wish != AutoTarget && d.Name != name:
		case d.ReadOnly || d.SizeBytes < uint64(leastBytes):
			if wish != AutoTarget {
				return d, fmt.Errorf("install: %s is read-only or has fewer than %d bytes; %s", d.Name, leastBytes, told(disks))
			}
		case wish == AutoTarget && (d.Removable || d.Transport == "usb" || d.Used != ""):
		case d.Used != "" && !overwrite:
			return d, fmt.Errorf("install: %s has %s on it; build the installer with --install-overwrite to lose that, or name another disk; %s", d.Name, d.Used, told(disks))
		default:
			fit = append(fit, d)
		}
	}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case wish != AutoTarget:
		return Candidate{}, fmt.Errorf("install: there is no disk %s; %s", name, told(disks))
	case len(fit) == 0:
		return Candidate{}, fmt.Errorf("install: no fixed disk of %d bytes or more is empty; build the installer with --install-to and, to lose what is there, --install-overwrite; %s", leastBytes, told(disks))
	}
	return Candidate{}, fmt.Errorf("install: %d disks are empty; build the installer with --install-to and the name of one; %s", len(fit), told(disks))
}

// told lists disks in a sentence.
func told(disks []Candidate) string {
	if len(disks) == 0 {
		return "this machine has no disk"
	}
	var all []string
	for _, d := range disks {
		use := d.Used
		if use == "" {
			use = "empty"
		}
		if d.Removable {
			use += ", removable"
		}
		all = append(all, fmt.Sprintf("%s (%s, %d bytes, %s)", d.Name, strings.TrimSpace(d.Transport+" "+d.Model), d.SizeBytes, use))
	}
	return "there are " + strings.Join(all, ", ")
}

// Use tells what is on a disk: its partitions, or that it is not empty.
func Use(d inventory.Disk, disk io.ReaderAt) (string, error) {
	if n := len(d.Partitions); n > 0 {
		names := make([]string, n)
		for i, p := range d.Partitions {
			names[i] = p.Name
			if p.Label != "" {
				names[i] = p.Label
			}
		}
		return "the partitions " + strings.Join(names, " "), nil
	}
	for _, at := range []int64{0, max(0, int64(d.SizeBytes)-emptyBytes)} {
		b := make([]byte, min(emptyBytes, int64(d.SizeBytes)))
		if _, err := disk.ReadAt(b, at); err != nil {
			return "", fmt.Errorf("install: read %s: %w", d.Name, err)
		}
		for _, c := range b {
			if c != 0 {
				return "data without partitions", nil
			}
		}
	}
	return "", nil
}
