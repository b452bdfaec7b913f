package goobj

import (
	"fmt"
	"strconv"
	"strings"
)

// The archive's own form. Source: ar(5).
const (
	archiveMagic = "!<arch>\n"
	memberBytes  = 60
	sizeAt       = 48
	sizeEnd      = 58
)

// Archive reads the objects of one package, as `go list -export` names them.
// Members that are no Go objects (the export data, a C object) are left out. An
// error names the package.
func Archive(pkg, raw string) ([]*Object, error) {
	rest, is := strings.CutPrefix(raw, archiveMagic)
	if !is {
		return nil, fmt.Errorf("goobj: %s: its export file is no archive", pkg)
	}
	var objects []*Object
	for len(rest) >= memberBytes {
		head := rest[:memberBytes]
		rest = rest[memberBytes:]
		size, err := strconv.ParseUint(strings.TrimSpace(head[sizeAt:sizeEnd]), 10, 32)
		if err != nil || size > uint64(len(rest)) {
			return nil, fmt.Errorf("goobj: %s: a broken member in its archive", pkg)
		}
		body := rest[:size]
		rest = rest[min(size+size%2, uint64(len(rest))):]
		// A line says for which machine, then what the compiler adds, then "!".
		_, object, is := strings.Cut(body, "\n!\n")
		if !is || strings.HasPrefix(head, "__.PKGDEF") || !strings.HasPrefix(body, "go object ") {
			continue
		}
		o, err := Parse(pkg, object)
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}
