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
	// Methods made for a type and its equality belong to the type's package.
	name := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(symbol, "type:.eq."), "type:.hash."), "*")
	if itab, is := strings.CutPrefix(name, "go:itab."); is {
		itab, _, _ = strings.Cut(itab, ",")
		name = strings.TrimLeft(itab, "*")
	}
	if strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "runtime.gcbits.") {
		return Shared
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
		// A name without a package: the entry points, written in assembly.
		return "runtime"
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
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
