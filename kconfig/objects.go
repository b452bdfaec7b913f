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
	"slices"
	"strings"
)

// ObjectsFile stands in a kernel's cache entry: a first line that names the form,
// then a line an object that was linked whole, with its bytes of code, of data,
// and of zeroed memory.
const ObjectsFile = "objects.txt"

// objectsForm is the first line. Files without it counted what the link drops.
const objectsForm = "# code data zeroed object, of what the link keeps"

// dropped are sections that are marked to be loaded, and that the link leaves out
// once it or a tool has read them. Source: DISCARDS in
// include/asm-generic/vmlinux.lds.h, and arch/x86/kernel/vmlinux.lds.S.
var dropped = []string{".discard", ".export_symbol", ".modinfo", ".note.gnu.property", "__patchable_function_entries"}

// Object is what one weighs.
type Object struct {
	// Path is from the top of the tree.
	Path               string
	Code, Data, Zeroed uint64
}

// ParseObjects reads ObjectsFile; kept is false for one of before the form, which
// counts what the link drops, too. An error shows the line.
func ParseObjects(text []byte) (objects []Object, kept bool, err error) {
	rest, kept := strings.CutPrefix(string(text), objectsForm+"\n")
	for line := range strings.Lines(rest) {
		var o Object
		if n, err := fmt.Sscan(line, &o.Code, &o.Data, &o.Zeroed, &o.Path); n != 4 {
			return nil, kept, fmt.Errorf("kconfig: %s: %q: %w", ObjectsFile, line, err)
		}
		objects = append(objects, o)
	}
	return objects, kept, nil
}

// again weighs the objects of a kernel that is in the cache without the weights,
// when they are still there: the last that was built in this tree. A tree that
// has gone on to another kernel is left alone, and so is one that is being built
// in: who only wants the kernel from the cache doesn't wait for that.
func (t tree) again(ctx context.Context, root, key string) error {
	entry := filepath.Join(root, key)
	if text, err := os.ReadFile(filepath.Join(entry, ObjectsFile)); err == nil && strings.HasPrefix(string(text), objectsForm) {
		return nil
	}
	release, err := lock(ctx, t.objects+".lock", func() error { return errHeld })
	if errors.Is(err, errHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = release() }()
	for ours, theirs := range map[string]string{".config": "kernel.config", "vmlinux": "vmlinux"} {
		a, err := os.ReadFile(filepath.Join(t.objects, ours))
		if err != nil {
			return nil // never built here, or cleaned
		}
		if b, err := os.ReadFile(filepath.Join(entry, theirs)); err != nil || !bytes.Equal(a, b) {
			return err
		}
	}
	if err := t.weigh(ctx); err != nil {
		return err
	}
	from := filepath.Join(t.objects, ObjectsFile)
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	part := filepath.Join(entry, ObjectsFile+".part")
	if err := copyFile(part, from); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(entry, ObjectsFile))
}

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
	fmt.Fprintln(&out, objectsForm)
	for _, name := range bytes.Fields(list) {
		code, data, zeroed, err := weighObject(filepath.Join(t.objects, string(name)))
		if err != nil {
			return err
		}
		fmt.Fprintf(&out, "%d %d %d %s\n", code, data, zeroed, name)
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}

// weighObject adds up the sections of an object that are loaded and kept.
func weighObject(path string) (code, data, zeroed uint64, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("kconfig: weighing %s: %w", path, err)
	}
	defer f.Close()
	for _, s := range f.Sections {
		switch {
		case s.Flags&elf.SHF_ALLOC == 0 || isDropped(s.Name):
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

func isDropped(section string) bool {
	return slices.ContainsFunc(dropped, func(prefix string) bool { return strings.HasPrefix(section, prefix) })
}
