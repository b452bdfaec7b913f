// Package microcode makes what the kernel looks for, before anything else, at the
// beginning of its initrd: updates for the processors, in an archive of at most two
// files. The makers' files are not free and not Mote's: whoever builds an image
// gives them (kconfig/firmware.txt has licences and sizes).
//
// Always true here: nothing is taken that is not whole by the maker's own format;
// the same files give the same bytes, in whatever order they are named. Whether an
// update is genuine the processor decides, by the maker's signature.
//
// Sources: the kernel's Documentation/arch/x86/microcode.rst and
// arch/x86/kernel/cpu/microcode; Intel's Software Developer's Manual, volume 3A,
// "Microcode Update Facilities".
package microcode

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/cavaliergopher/cpio"
)

const (
	// BlockBytes is what an archive is padded to, so that what follows it begins in
	// a block of its own: the unit of the kernel's word ramdisk_start.
	BlockBytes = 1024
	// bytesMax bounds all files together: Intel's for every processor were 21 MB in
	// 2025.
	bytesMax = 32 << 20
	// dataAlign is where processors want an update to begin in memory; the kernel
	// passes it on where it lies, and an initrd begins on a page.
	dataAlign = 16
	// headBytes of an entry stand before its name. Source: the kernel's
	// Documentation/driver-api/early-userspace/buffer-format.rst, "newc".
	headBytes = 110
)

// The files that the kernel looks for, each with the updates of one maker in a row.
const (
	IntelPath = "kernel/x86/microcode/GenuineIntel.bin"
	AMDPath   = "kernel/x86/microcode/AuthenticAMD.bin"
)

// Set is what was given, by maker.
type Set struct {
	Intel, AMD []byte
	// IntelCount and AMDCount are how many updates they have.
	IntelCount, AMDCount int
}

// Read takes files of updates, and folders of them: those of Intel's that Linux
// distributions have in intel-ucode, and AMD's containers. Any other file is
// refused, but for what a folder has beside them under a name with a dot in front.
func Read(paths []string) (Set, error) {
	var files []string
	for _, path := range paths {
		err := filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
			if err == nil && !entry.IsDir() && entry.Name()[0] != '.' {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return Set{}, fmt.Errorf("microcode: %w", err)
		}
	}
	var parts [][]byte
	total := 0
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			return Set{}, fmt.Errorf("microcode: %w", err)
		}
		if total += len(b); total > bytesMax {
			return Set{}, fmt.Errorf("microcode: more than %d bytes; name only what the machines have", bytesMax)
		}
		parts = append(parts, b)
	}
	// By content: neither the order of the paths nor their names change the image.
	order := make([]int, len(parts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(parts[a], parts[b]) })
	var s Set
	for at, i := range order {
		if at > 0 && bytes.Equal(parts[i], parts[order[at-1]]) {
			continue // named twice
		}
		if err := s.add(parts[i]); err != nil {
			return Set{}, fmt.Errorf("microcode: %s: %w", files[i], err)
		}
	}
	if s.IntelCount+s.AMDCount == 0 {
		return Set{}, errors.New("microcode: no updates there; name a folder such as /lib/firmware/intel-ucode or /lib/firmware/amd-ucode, or files of it")
	}
	return s, nil
}

// add takes one file.
func (s *Set) add(b []byte) error {
	if isAMD(b) {
		n, err := countAMD(b)
		s.AMD, s.AMDCount = append(s.AMD, b...), s.AMDCount+n
		return err
	}
	n, err := countIntel(b)
	s.Intel, s.IntelCount = append(s.Intel, b...), s.IntelCount+n
	return err
}

// Archive is the beginning of an initrd, a multiple of BlockBytes long.
func (s Set) Archive() ([]byte, error) {
	var out bytes.Buffer
	w := cpio.NewWriter(&out)
	for _, folder := range []string{"kernel", "kernel/x86", "kernel/x86/microcode"} {
		if err := w.WriteHeader(&cpio.Header{Name: folder, Mode: cpio.TypeDir | 0o755, Links: 2, ModTime: time.Unix(0, 0)}); err != nil {
			return nil, fmt.Errorf("microcode: %w", err)
		}
	}
	for _, file := range []struct {
		path string
		data []byte
	}{{IntelPath, s.Intel}, {AMDPath, s.AMD}} {
		if len(file.data) == 0 {
			continue
		}
		if err := w.Flush(); err != nil {
			return nil, fmt.Errorf("microcode: %w", err)
		}
		// A name may end in several NULs, which is how the content comes to its place.
		name := []byte(file.path)
		for (out.Len()+headBytes+len(name)+1)%dataAlign != 0 {
			name = append(name, 0)
		}
		err := w.WriteHeader(&cpio.Header{Name: string(name), Mode: cpio.TypeReg | 0o644, Size: int64(len(file.data)), ModTime: time.Unix(0, 0)})
		if err == nil {
			_, err = w.Write(file.data)
		}
		if err != nil {
			return nil, fmt.Errorf("microcode: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("microcode: %w", err)
	}
	return append(out.Bytes(), make([]byte, -out.Len()&(BlockBytes-1))...), nil
}
