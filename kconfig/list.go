package kconfig

import (
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// List reads the fragments of an architecture from a folder, in the order in
// which they are joined:
//
//	*.config             what every architecture has
//	ARCH/*.config        what only this one has
//	with/NAME.config     for each name asked for, in the given order
//	with/ARCH/NAME.config
//
// An unknown name is an error that lists the known ones; one of the two files
// of a name is enough.
func List(fsys fs.FS, arch string, with []string) ([]Fragment, error) {
	var names []string
	// An empty folder is a wrong path or an architecture that isn't there, and
	// would give a kernel that builds and does nothing.
	for _, dir := range []string{".", arch} {
		found, err := fs.Glob(fsys, path.Join(dir, "*.config"))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("kconfig: no *.config in fragments folder %q; is the architecture %q laid out?", dir, arch)
		}
		sort.Strings(found)
		names = append(names, found...)
	}
	// In the order given, which is a part of the key: it costs a build to write
	// them in another order, and sorting them would hide which replaces which.
	for _, name := range with {
		found := false
		for _, file := range []string{path.Join("with", name+".config"), path.Join("with", arch, name+".config")} {
			if _, err := fs.Stat(fsys, file); err == nil && validName(name) {
				names, found = append(names, file), true
			}
		}
		if !found {
			return nil, fmt.Errorf("kconfig: no optional fragment %q; known are: %s", name, strings.Join(optional(fsys, arch), ", "))
		}
	}
	var out []Fragment
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		out = append(out, Fragment{name, text})
	}
	return out, nil
}

// validName keeps a flag's value from leaving the folder, and from being one of
// the names that the cache gives to folders of its own.
func validName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "/\\+. ")
}

// optional lists the names that may be asked for, sorted.
func optional(fsys fs.FS, arch string) []string {
	seen := map[string]bool{}
	for _, dir := range []string{"with", path.Join("with", arch)} {
		found, err := fs.Glob(fsys, path.Join(dir, "*.config"))
		if err != nil {
			continue // Glob fails on a bad pattern only, and these are ours.
		}
		for _, f := range found {
			seen[strings.TrimSuffix(path.Base(f), ".config")] = true
		}
	}
	var names []string
	for n := range seen {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
