package main

import (
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mote/kconfig"
)

// folderDepthMax is how deep the kernel's folders are told apart: two names the
// subsystem, as in drivers/nvme.
const folderDepthMax = 2

// objectBytes is what objects weigh, and how many they are.
type objectBytes struct {
	code, data, zeroed uint64
	count              int
}

func (o objectBytes) loaded() uint64 { return o.code + o.data }

// printKernel tells the kernel's bytes by folder and by the line of a fragment
// that pulled them in. They are bytes in memory, before compression.
func printKernel(top string, rows int, out io.Writer) error {
	vmlinux, err := filepath.EvalSymlinks(filepath.Join(top, "build", "vmlinux"))
	if err != nil {
		return fmt.Errorf("weigh: %w; make kernel builds it", err)
	}
	entry := filepath.Dir(vmlinux)
	text, err := os.ReadFile(filepath.Join(entry, kconfig.ObjectsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("weigh: this kernel was cached before its objects were weighed; go run ./kconfig/kbuild -clean builds it again, in ten to twenty minutes")
	}
	if err != nil {
		return err
	}
	objects, kept, err := kconfig.ParseObjects(text)
	if err != nil {
		return fmt.Errorf("weigh: %w", err)
	}
	table(out, "folder", rows, sums(objects, folder))
	if err := printOrigins(top, entry, objects, rows, out); err != nil {
		return err
	}
	return printLink(vmlinux, objects, kept, out)
}

// folder is the subsystem of an object.
func folder(o kconfig.Object) string {
	parts := strings.Split(filepath.Dir(o.Path), "/")
	return strings.Join(parts[:min(len(parts), folderDepthMax)], "/")
}

// sums adds objects up by what of says of them.
func sums(objects []kconfig.Object, of func(kconfig.Object) string) map[string]objectBytes {
	out := map[string]objectBytes{}
	for _, o := range objects {
		s := out[of(o)]
		out[of(o)] = objectBytes{s.code + o.Code, s.data + o.Data, s.zeroed + o.Zeroed, s.count + 1}
	}
	return out
}

// table prints sums, the largest first, and all of them.
func table(out io.Writer, what string, rows int, by map[string]objectBytes) {
	names := slices.SortedFunc(maps.Keys(by), func(a, b string) int {
		return cmp.Or(cmp.Compare(by[b].loaded(), by[a].loaded()), cmp.Compare(a, b))
	})
	fmt.Fprintf(out, "%10s %10s %10s %10s %8s  %s\n", "bytes", "code", "data", "zeroed", "objects", what)
	var all objectBytes
	for i, name := range names {
		o := by[name]
		if i < rows {
			line(out, o, name)
		}
		all = objectBytes{all.code + o.code, all.data + o.data, all.zeroed + o.zeroed, all.count + o.count}
	}
	if len(names) > rows {
		fmt.Fprintf(out, "%10s and %d more\n", "", len(names)-rows)
	}
	line(out, all, "all")
}

func line(out io.Writer, o objectBytes, name string) {
	fmt.Fprintf(out, "%10d %10d %10d %10d %8d  %s\n", o.loaded(), o.code, o.data, o.zeroed, o.count, name)
}

// printOrigins leads the objects to lines of the fragments. It needs the source
// that the builder unpacked, and says so where it isn't there.
func printOrigins(top, entry string, objects []kconfig.Object, rows int, out io.Writer) error {
	source, err := sourceDir()
	if err != nil {
		_, err = fmt.Fprintf(out, "\nnot led to the lines of fragments: %v\n", err)
		return err
	}
	config, err := os.ReadFile(filepath.Join(entry, "kernel.config"))
	if err != nil {
		return err
	}
	fragments, err := kconfig.List(os.DirFS(filepath.Join(top, "kconfig", "fragments")), "x86_64", nil)
	if err != nil {
		return err
	}
	wants, problems := kconfig.Join(fragments)
	if len(problems) > 0 {
		return fmt.Errorf("weigh: %s", problems[0])
	}
	paths := make([]string, len(objects))
	for i, o := range objects {
		paths[i] = o.Path
	}
	origins, err := kconfig.Origins(os.DirFS(source), kconfig.ParseConfig(config), wants, paths)
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	table(out, "line that pulled it in", rows, sums(objects, func(o kconfig.Object) string { return origins[o.Path].String() }))
	return nil
}

// sourceDir is the kernel's source, as the builder takes it.
func sourceDir() (string, error) {
	source, err := kconfig.FindSource(os.Getenv("KERNEL_SRC"))
	if err != nil || source.Dir != "" {
		return source.Dir, err
	}
	root, err := kconfig.CacheRoot(os.Getenv)
	if err != nil {
		return "", err
	}
	dir := source.Unpacked(root)
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("no unpacked source at %s; a build of the kernel leaves it there", dir)
	}
	return dir, nil
}

// toolSections are tables that objtool makes of the whole kernel, so that no
// object has them. Source: tools/objtool/check.c.
var toolSections = []string{".call_sites", ".return_sites", ".retpoline_sites", ".ibt_endbr_seal"}

// printLink tells what the link made of the objects: all of vmlinux is their
// bytes, objtool's, and the rest.
func printLink(vmlinux string, objects []kconfig.Object, kept bool, out io.Writer) error {
	f, err := elf.Open(vmlinux)
	if err != nil {
		return fmt.Errorf("weigh: %s: %w", vmlinux, err)
	}
	defer f.Close()
	var code, data, tool int64
	for _, s := range f.Sections {
		switch size := int64(s.Size); {
		case s.Flags&elf.SHF_ALLOC == 0 || s.Type == elf.SHT_NOBITS:
		case slices.Contains(toolSections, s.Name):
			tool += size
		case s.Flags&elf.SHF_EXECINSTR != 0:
			code += size
		default:
			data += size
		}
	}
	own := sums(objects, func(kconfig.Object) string { return "" })[""]
	fmt.Fprintf(out, "\n%10d bytes of objects are linked, before compression\n", own.loaded())
	fmt.Fprintf(out, "%+10d holes in the code: page-table isolation and the SRSO twin want places of their own\n", code-int64(own.code))
	fmt.Fprintf(out, "%+10d objtool's tables of calls, returns and branches\n", tool)
	link := "data of the link: the symbol table, alignment, less strings that are merged"
	if !kept {
		link += "; and less what this kernel's older objects.txt counts and the link drops"
	}
	fmt.Fprintf(out, "%+10d %s\n", data-int64(own.data), link)
	_, err = fmt.Fprintf(out, "%10d bytes loaded of vmlinux\n", code+data+tool)
	return err
}
