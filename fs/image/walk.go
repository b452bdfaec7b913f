package image

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// Found is a path as it stands in a finished image.
type Found struct {
	Path string
	Kind Kind
	// Mode has the nine permission bits and, above them, the setuid (0o4000),
	// setgid (0o2000) and sticky (0o1000) bits, as in stat(2).
	Mode         uint32
	UID, GID     uint32
	SizeBytes    int64
	Target       string
	Major, Minor uint32
	// Content is a file's bytes.
	Content []byte
}

// Walk reads every path of a finished image by unsquashfs, the root folder
// itself left out. It needs neither root nor a mount.
func Walk(ctx context.Context, image string) ([]Found, error) {
	list, err := unsquashfs(ctx, "-lln", image)
	if err != nil {
		return nil, err
	}
	var all []Found
	// The list is sorted by path, as mksquashfs sorts folders.
	for line := range strings.Lines(string(list)) {
		found, err := parseListed(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		if found.Path == "" {
			continue // the root itself
		}
		if found.Kind == KindFile {
			if found.Content, err = unsquashfs(ctx, "-cat", image, found.Path); err != nil {
				return nil, err
			}
		}
		all = append(all, found)
	}
	return all, nil
}

// unsquashfs runs the tool with a fixed environment and returns its output.
func unsquashfs(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "unsquashfs", args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("image: unsquashfs %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return out, nil
}

// listedRoot is the folder that unsquashfs puts before every path.
const listedRoot = "squashfs-root"

// parseListed reads a line of `unsquashfs -lln`:
//
//	-rwxr-xr-x 0/0                 1400000 2026-01-01 00:00 squashfs-root/init
//	crw------- 0/0                   5,  1 2026-01-01 00:00 squashfs-root/dev/console
//	lrwxrwxrwx 0/0                      18 2026-01-01 00:00 squashfs-root/etc/x -> ../run/x
//
// No path has a blank, see [Table.Check]; an image that has one is refused here.
func parseListed(line string) (Found, error) {
	bad := fmt.Errorf("image: unsquashfs -lln printed %q, which is not a line of squashfs-tools 4.5", line)
	line, target, _ := strings.Cut(line, " -> ")
	words := strings.Fields(strings.Replace(line, ",", " ", 1))
	// Devices have two numbers where all others have a size. unsquashfs separates
	// them by a comma and pads each to three columns, so there may be a blank.
	numbersCount := 1
	if strings.HasPrefix(line, "c") || strings.HasPrefix(line, "b") {
		numbersCount = 2
	}
	if len(words) != 5+numbersCount || len(words[0]) != 10 {
		return Found{}, bad
	}
	f := Found{Target: target}
	uid, gid, _ := strings.Cut(words[1], "/")
	var errs [4]error
	f.UID, errs[0] = parseID(uid)
	f.GID, errs[1] = parseID(gid)
	if numbersCount == 2 {
		f.Major, errs[2] = parseID(words[2])
		f.Minor, errs[3] = parseID(words[3])
	} else {
		f.SizeBytes, errs[2] = strconv.ParseInt(words[2], 10, 64)
	}
	path, below := strings.CutPrefix(words[len(words)-1], listedRoot)
	if errors.Join(errs[:]...) != nil || !below {
		return Found{}, bad
	}
	f.Path = path
	f.Kind = map[byte]Kind{'d': KindFolder, '-': KindFile, 'l': KindLink, 'c': KindChar}[words[0][0]]
	f.Mode = parseMode(words[0][1:])
	return f, nil
}

// parseID reads a decimal number of 32 bits.
func parseID(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}

// parseMode reads nine letters as ls(1) prints them.
func parseMode(letters string) uint32 {
	var mode uint32
	for i, c := range []byte(letters) {
		// Three letters for each of user, group and others; the third of them also
		// tells setuid, setgid or sticky, in lower case when x is set as well.
		bit := uint32(0o400) >> i
		special := uint32(0o4000) >> (i / 3)
		switch c {
		case 'r', 'w', 'x':
			mode |= bit
		case 's', 't':
			mode |= bit | special
		case 'S', 'T':
			mode |= special
		}
	}
	return mode
}

// Inspect compares a walked image with what was declared, and returns all that
// must not be, joined, or nil: a path without a reason, or otherwise than
// declared, or missing; setuid and setgid bits; what everybody may write;
// programs that are not static ELF of PID 1's architecture.
func Inspect(found []Found, declared Table) error {
	var faults []error
	fault := func(path, what string) { faults = append(faults, fmt.Errorf("image: %s: %s", path, what)) }
	rows := map[string]Entry{}
	for _, e := range declared {
		rows[e.Path] = e
	}
	// PID 1 says what the image is for: a program for another machine would only
	// fail on the node.
	machine := elf.EM_NONE
	for _, f := range found {
		if f.Path == InitPath {
			machine = machineOf(f.Content)
		}
	}
	for _, f := range found {
		e, known := rows[f.Path]
		delete(rows, f.Path)
		switch {
		case !known || strings.TrimSpace(e.Reason) == "":
			fault(f.Path, "nobody declared it with a reason")
		case f.Kind != e.Kind || f.UID != e.UID || f.GID != e.GID || f.Target != e.Target ||
			f.Major != e.Major || f.Minor != e.Minor || (f.Kind != KindLink && f.Mode != e.Mode):
			fault(f.Path, fmt.Sprintf("is %s %o %d:%d, declared as %s %o %d:%d",
				f.Kind, f.Mode, f.UID, f.GID, e.Kind, e.Mode, e.UID, e.GID))
		}
		if f.Mode&0o6000 != 0 {
			fault(f.Path, "has a setuid or setgid bit")
		}
		if f.Mode&0o002 != 0 && (f.Kind == KindFile || f.Kind == KindFolder) {
			fault(f.Path, "is writable for everybody")
		}
		if what := notStatic(f, machine); what != "" {
			fault(f.Path, what)
		}
	}
	// What is left was declared and not found.
	for path := range rows {
		fault(path, "is declared, but not in the image")
	}
	return errors.Join(faults...)
}

// machineOf returns the architecture of an ELF, EM_NONE when it is none.
func machineOf(content []byte) elf.Machine {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return elf.EM_NONE
	}
	return f.Machine
}

// notStatic says what is wrong with a file as a program, or nothing. What is an
// ELF or may be executed has to be a static ELF for the machine.
func notStatic(f Found, machine elf.Machine) string {
	// By content and not by mode: what can't be run can still be loaded.
	isELF := bytes.HasPrefix(f.Content, []byte(elf.ELFMAG))
	switch {
	case f.Kind != KindFile:
		return ""
	case bytes.HasPrefix(f.Content, []byte("#!")):
		return "is a script for an interpreter, and there is none"
	case !isELF && f.Mode&0o111 != 0:
		return "may be executed, but is no ELF"
	case !isELF:
		return ""
	}
	program, err := elf.NewFile(bytes.NewReader(f.Content))
	if err != nil {
		return "is a damaged ELF: " + err.Error()
	}
	if program.Machine != machine {
		return "is for " + program.Machine.String() + ", PID 1 for " + machine.String()
	}
	// PT_INTERP names a loader; PT_DYNAMIC without one is a static PIE or a shared
	// object, and neither is made here.
	for _, p := range program.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			return "is dynamic, and there is no loader and no libc"
		}
	}
	return ""
}
