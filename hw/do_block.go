package hw

import "golang.org/x/sys/unix"

// blockFolder is where the kernel lists disks and their partitions.
const blockFolder = "/sys/class/block"

// FindPartition gives the kernel's name of the partition with a GPT label ("vda3",
// its node is below /dev), "" when there is none now. Where several have the label,
// the first one listed is given. A partition that goes away on the way is skipped.
// Source: PARTNAME in a partition's uevent, block/partitions/core.c.
func FindPartition(sys Sys, label string) (name string, err error) {
	return find(sys, blockFolder, func(entry string) bool { return hasLabel(sys, entry, "PARTNAME="+label) })
}

// FindBeside gives the partition with a label on the disk that a block device of
// the device mapper ("dm-0") stands on, "" when there is none: of two disks that
// look alike it takes the right one.
// Source: slaves in Documentation/ABI/stable/sysfs-block.
func FindBeside(sys Sys, block, label string) (name string, err error) {
	below, err := find(sys, blockFolder+"/"+block+"/slaves", func(string) bool { return true })
	if err != nil || below == "" {
		return "", err
	}
	// A partition's folder lies in its disk's.
	return find(sys, blockFolder+"/"+below+"/..", func(entry string) bool {
		return hasLabel(sys, entry, "PARTNAME="+label)
	})
}

// find gives the first entry of a folder that is right, "" when none is or there
// is no such folder.
func find(sys Sys, folder string, right func(entry string) bool) (name string, err error) {
	fd, errno := openAgain(sys, folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	switch errno {
	case 0:
	case unix.ENOENT: // no disk, or no sysfs
		return "", nil
	default:
		return "", Trouble{"open " + folder, "its partitions go unseen", errno}
	}
	defer sys.Close(fd)
	list := entries{fd: fd}
	for {
		entry, errno := list.next(sys)
		switch {
		case errno != 0:
			return "", Trouble{"read " + folder, "partitions may go unseen", errno}
		case entry == nil:
			return "", nil
		case entry[0] != '.' && right(string(entry)):
			return string(entry), nil
		}
	}
}

// hasLabel looks for the line in a partition's uevent file. What cannot be read
// went away, or is of no use.
func hasLabel(sys Sys, name, line string) bool {
	fd, errno := openAgain(sys, blockFolder+"/"+name+"/uevent", unix.O_RDONLY|unix.O_CLOEXEC)
	if errno != 0 {
		return false
	}
	var text [sysfsSizeMax]byte
	n, errno := readAgain(sys, fd, text[:])
	sys.Close(fd)
	return errno == 0 && HasLine(text[:min(n, len(text))], line)
}

// HasLine tells whether a text has a line, which is given without its end.
//
//go:noinline
func HasLine(text []byte, line string) bool {
	for at := 0; at+len(line) < len(text); at++ {
		if (at == 0 || text[at-1] == '\n') && text[at+len(line)] == '\n' && string(text[at:at+len(line)]) == line {
			return true
		}
	}
	return false
}
