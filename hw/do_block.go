package hw

import "golang.org/x/sys/unix"

// blockFolder is where the kernel lists disks and their partitions.
const blockFolder = "/sys/class/block"

// FindPartition gives the kernel's name of the partition with a GPT label ("vda3",
// its node is below /dev), "" when there is none now. Where several have the label,
// the first one listed is given. A partition that goes away on the way is skipped.
// Source: PARTNAME in a partition's uevent, block/partitions/core.c.
func FindPartition(sys Sys, label string) (name string, err error) {
	fd, errno := openAgain(sys, blockFolder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	switch errno {
	case 0:
	case unix.ENOENT: // no disk, or no sysfs
		return "", nil
	default:
		return "", Trouble{"open " + blockFolder, "its partitions go unseen", errno}
	}
	defer sys.Close(fd)
	list := entries{fd: fd}
	for {
		entry, errno := list.next(sys)
		switch {
		case errno != 0:
			return "", Trouble{"read " + blockFolder, "partitions may go unseen", errno}
		case entry == nil:
			return "", nil
		case entry[0] != '.' && hasLabel(sys, string(entry), "\nPARTNAME="+label+"\n"):
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
	for at := 0; errno == 0 && at+len(line) <= n && n <= len(text); at++ {
		if string(text[at:at+len(line)]) == line {
			return true
		}
	}
	return false
}
