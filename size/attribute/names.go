package attribute

import (
	"debug/buildinfo"
	"strings"
)

// packageOf is the import path in a symbol's name; what the linker made of
// several packages' is Shared. Source: cmd/internal/objabi/path.go, in which
// dots of the last element are written %2e.
func packageOf(symbol string) string {
	if symbol == "" || symbol[0] == '(' || symbol[0] == '.' || symbol[0] == '$' {
		return Shared
	}
	name := strings.TrimPrefix(symbol, "type:")
	if itab, is := strings.CutPrefix(symbol, "go:itab."); is {
		name, _, _ = strings.Cut(itab, ",")
	}
	if strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "runtime.gcbits.") {
		return Shared
	}
	if name != symbol {
		// A type, its equality, an interface's table: the named type's package.
		for _, made := range []string{".eq.", ".hash.", "noalg."} {
			name = strings.TrimPrefix(name, made)
		}
		if name = element(name); name == "" || strings.ContainsAny(name[:1], ".*") {
			return Shared
		}
		for _, word := range []string{"func(", "map[", "chan ", "<-chan ", "chan<- ", "struct {", "interface {", "map.group[", "go.shape."} {
			if strings.HasPrefix(name, word) {
				return Shared
			}
		}
	}
	// Type arguments hold import paths of others.
	if at := strings.IndexAny(name, "[("); at > 0 {
		name = name[:at]
	}
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		if slash > 0 {
			return Shared
		}
		// A name without a package: the entry points, written in assembly, and
		// the types of the language, which the runtime describes.
		return "runtime"
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}

// element is what a pointer, a slice or an array is of.
func element(name string) string {
	for {
		switch {
		case strings.HasPrefix(name, "*"):
			name = name[1:]
		case strings.HasPrefix(name, "["):
			_, rest, is := strings.Cut(name, "]")
			if !is {
				return ""
			}
			name = rest
		default:
			return name
		}
	}
}

// modules finds the module of a package by the binary's own build information.
func modules(file string) func(string) string {
	info, err := buildinfo.ReadFile(file)
	var paths []string
	if err == nil {
		paths = append(paths, info.Main.Path)
		for _, dep := range info.Deps {
			paths = append(paths, dep.Path)
		}
	}
	return func(pkg string) string {
		if pkg == Shared {
			return Shared
		}
		best := ""
		for _, path := range paths {
			if path != "" && len(path) > len(best) && (pkg == path || strings.HasPrefix(pkg, path+"/")) {
				best = path
			}
		}
		switch {
		case best != "":
			return best
		case pkg == "main" && len(paths) > 0:
			return paths[0]
		}
		return "std"
	}
}
