package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folderDepthMax is how deep the kernel's folders are told apart: two names the
// subsystem, as in drivers/nvme.
const folderDepthMax = 2

// objectBytes is what objects weigh, and how many they are.
type objectBytes struct {
	code, data, zeroed int64
	count              int
}

// printKernel tells the kernel's bytes by folder, as the builder wrote them down
// when it had the objects. They are bytes in memory, before compression.
func printKernel(top string, rows int, out io.Writer) error {
	vmlinux, err := filepath.EvalSymlinks(filepath.Join(top, "build", "vmlinux"))
	if err != nil {
		return fmt.Errorf("weigh: %w; make kernel builds it", err)
	}
	f, err := os.Open(filepath.Join(filepath.Dir(vmlinux), "objects.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("weigh: this kernel was cached before its objects were weighed; go run ./kconfig/kbuild -clean builds it again, in ten to twenty minutes")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	folders, all, err := readObjects(f)
	if err != nil {
		return err
	}
	names := slices.SortedFunc(maps.Keys(folders), func(a, b string) int {
		x, y := folders[a], folders[b]
		return cmp.Or(cmp.Compare(y.code+y.data, x.code+x.data), cmp.Compare(a, b))
	})
	fmt.Fprintf(out, "%10s %10s %10s %10s %8s  folder\n", "bytes", "code", "data", "zeroed", "objects")
	for i, name := range names {
		if i == rows {
			fmt.Fprintf(out, "%10s and %d more\n", "", len(names)-rows)
			break
		}
		line(out, folders[name], name)
	}
	line(out, all, "all")
	_, err = fmt.Fprintln(out, "loaded bytes of the objects, before the link and before compression")
	return err
}

func line(out io.Writer, o objectBytes, name string) {
	fmt.Fprintf(out, "%10d %10d %10d %10d %8d  %s\n", o.code+o.data, o.code, o.data, o.zeroed, o.count, name)
}

// readObjects adds objects up by folder; an error shows the line.
func readObjects(r io.Reader) (folders map[string]objectBytes, all objectBytes, err error) {
	folders = map[string]objectBytes{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var one objectBytes
		var path string
		if n, err := fmt.Sscan(lines.Text(), &one.code, &one.data, &one.zeroed, &path); n != 4 {
			return nil, all, fmt.Errorf("weigh: objects.txt: %q: %w", lines.Text(), err)
		}
		parts := strings.Split(filepath.Dir(path), "/")
		folder := strings.Join(parts[:min(len(parts), folderDepthMax)], "/")
		folders[folder] = sum(folders[folder], one)
		all = sum(all, one)
	}
	return folders, all, lines.Err()
}

func sum(a, b objectBytes) objectBytes {
	return objectBytes{a.code + b.code, a.data + b.data, a.zeroed + b.zeroed, a.count + 1}
}
