package fs

// The loader's count of tries, as it stands in the name of a boot entry:
// "mote-a-1.0-edge+2-1.efi" has two tries left and one done. The loader renames an
// entry before it starts it; a node that got ready renames it back. So also an entry
// that was good for years is left after as many failures in a row as it had tries.
//
// Always true here: what the loader says of itself is read as a stranger's bytes;
// the sum of both numbers is what the entry began with, so nothing has to be
// remembered; old and new name have the same length, so a rename needs no more room
// than it frees.
//
// Source: the Boot Loader Specification, "Boot counting"; systemd-boot(7).

const (
	// EntryPathMax bytes of an entry's path on the boot partition: a name that a
	// directory of one sector of 512 bytes has room for twice over (entryNameMax of
	// fs/image/assemble), and its folder.
	EntryPathMax = 64
	// FirmwareVariableMax bytes of a variable are read: its attributes, and a path
	// in UTF-16 with a NUL. A longer one is none of ours.
	FirmwareVariableMax = 4 + 2*(EntryPathMax+1)
	// triesOnEntryMax is the largest number of one digit.
	triesOnEntryMax = 9
	// attributesBytes stand before a variable's value in efivarfs.
	attributesBytes = 4
)

// Entry is a boot entry with its count.
type Entry struct {
	path  [EntryPathMax]byte
	size  int
	count int // where the number of tries left stands in path
}

// DecodeEntry reads the loader's variable LoaderBootCountPath, as efivarfs gives it:
// the entry that was started, under the name that it has now. False: it is none that
// is counted as Mote's are. Bytes behind the NUL are ignored.
func DecodeEntry(variable []byte) (e Entry, ok bool) {
	for at := attributesBytes; ; at += 2 {
		if at+2 > len(variable) || e.size == len(e.path) {
			return Entry{}, false
		}
		c, high := variable[at], variable[at+1]
		if c == 0 && high == 0 {
			break
		}
		if c == '\\' {
			c = '/'
		}
		if high != 0 || c <= ' ' || c > '~' {
			return Entry{}, false
		}
		e.path[e.size] = c
		e.size++
	}
	const folder, counted = "/EFI/Linux/", "+0-0.efi"
	e.count = e.size - len(counted) + 1
	if e.size <= len(folder)+len(counted) || string(e.path[:len(folder)]) != folder {
		return Entry{}, false
	}
	for _, c := range e.path[len(folder):e.size] {
		if c == '/' {
			return Entry{}, false
		}
	}
	left, done := e.path[e.count], e.path[e.count+2]
	digits := left >= '0' && left <= '9' && done >= '0' && done <= '9'
	if !digits || e.path[e.count-1] != '+' || e.path[e.count+1] != '-' ||
		string(e.path[e.count+3:e.size]) != ".efi" || e.Tries() < 1 || e.Tries() > triesOnEntryMax {
		return Entry{}, false
	}
	return e, true
}

// Tries is how many the entry began with; 0 of none.
func (e *Entry) Tries() int {
	if e.size == 0 {
		return 0
	}
	return int(e.path[e.count]-'0') + int(e.path[e.count+2]-'0')
}

// Path is the entry's, from the root of the boot partition: "/EFI/Linux/…". It
// allocates.
func (e *Entry) Path() string { return string(e.path[:e.size]) }

// Name is the entry's without folder and count. It allocates.
func (e *Entry) Name() string { return string(e.path[len("/EFI/Linux/") : e.count-1]) }

// Restored is the entry with all its tries left and none done.
func (e *Entry) Restored() Entry {
	r := *e
	r.path[r.count], r.path[r.count+2] = byte('0'+e.Tries()), '0'
	return r
}
