// What each object of a kernel weighs. It is written down while the objects are
// there: the next configuration is built over them.

package kconfig

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// ObjectsFile stands in a kernel's cache entry: a line an object that was linked
// whole, with its bytes of code, of data, and of zeroed memory.
const ObjectsFile = "objects.txt"

// weigh writes ObjectsFile beside the objects. A tree without the archive of
// all objects, as of another kernel version, gets none.
func (t tree) weigh(ctx context.Context) error {
	path := filepath.Join(t.objects, ObjectsFile)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // that of the last configuration would be taken for this one's
	}
	if _, err := os.Stat(filepath.Join(t.objects, "vmlinux.a")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	// The archive is thin: it names the objects and does not hold them. Source:
	// scripts/Makefile.vmlinux, and ar(1), option t.
	cmd := exec.CommandContext(ctx, "ar", "t", "vmlinux.a")
	cmd.Dir = t.objects
	list, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("kconfig: listing the objects: %w", err)
	}
	var out bytes.Buffer
	for _, name := range bytes.Fields(list) {
		code, data, zeroed, err := weighObject(filepath.Join(t.objects, string(name)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%d %d %d %s\n", code, data, zeroed, name)
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// weighObject adds up the sections of an object that are loaded.
func weighObject(path string) (code, data, zeroed uint64, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("kconfig: weighing %s: %w", path, err)
	}
	defer f.Close()
	for _, s := range f.Sections {
		switch {
		case s.Flags&elf.SHF_ALLOC == 0:
		case s.Type == elf.SHT_NOBITS:
			zeroed += s.Size
		case s.Flags&elf.SHF_EXECINSTR != 0:
			code += s.Size
		default:
			data += s.Size
		}
	}
	return code, data, zeroed, nil
}
