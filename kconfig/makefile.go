// Which option an object of the kernel is built for, as its makefiles say.
//
// They are read line by line and not run: a variable that is put together of
// others is not followed, and then the folder's option counts.

package kconfig

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// listing is one object or folder on the right side of a makefile's line.
type listing struct {
	// of is the object that it is a part of, or "" where it stands for itself.
	of string
	// symbol is the option, with its prefix; "" for one that is always built.
	symbol string
	// item is the path from the top of the tree; a folder ends with a slash.
	item string
}

// makeLine is a list: obj-y, lib-$(CONFIG_X), NAME-objs, drivers-$(CONFIG_X) and
// so on. Source: Documentation/kbuild/makefiles.rst.
var (
	makeLine   = regexp.MustCompile(`^\s*([A-Za-z0-9_.-]+)-(y|m|objs|\$\(.+\))\s*[:+?]?=\s*(.*)$`)
	makeSymbol = regexp.MustCompile(`CONFIG_[A-Za-z0-9_]+`)
)

// wholes are the lists whose items stand for themselves.
var wholes = map[string]bool{"obj": true, "lib": true, "core": true, "drivers": true, "libs": true, "head": true}

// readMakefile reads the lists of a folder's makefile. A folder without one has
// none.
func readMakefile(tree fs.FS, folder string) []listing {
	var text []byte
	for _, name := range []string{"Kbuild", "Makefile"} {
		// A folder may have both: x86's own lists its parts in one, and what is
		// linked late in the other.
		if some, err := fs.ReadFile(tree, path.Join(folder, name)); err == nil {
			text = append(append(text, some...), '\n')
		}
	}
	var out []listing
	var blocks []string
	for _, line := range strings.Split(strings.ReplaceAll(string(text), "\\\n", " "), "\n") {
		line, _, _ = strings.Cut(line, "#")
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "ifdef", "ifeq":
			blocks = append(blocks, makeSymbol.FindString(rest))
			continue
		case "ifndef", "ifneq":
			// "ifneq ($(CONFIG_X),)" asks for one, "ifneq ($(CONFIG_X),y)" for none.
			symbol := ""
			if word == "ifneq" && strings.HasSuffix(strings.TrimSpace(rest), ",)") {
				symbol = makeSymbol.FindString(rest)
			}
			blocks = append(blocks, symbol)
			continue
		case "else":
			if len(blocks) > 0 {
				blocks[len(blocks)-1] = ""
			}
			continue
		case "endif":
			blocks = blocks[:max(0, len(blocks)-1)]
			continue
		}
		if m := makeLine.FindStringSubmatch(line); m != nil {
			out = append(out, listings(folder, m, blocks)...)
		}
	}
	return out
}

// listings are the items of one line; blocks are the conditions around it.
func listings(folder string, m, blocks []string) []listing {
	l := listing{symbol: makeSymbol.FindString(m[2])}
	for i := len(blocks) - 1; i >= 0 && l.symbol == ""; i-- {
		l.symbol = blocks[i]
	}
	if !wholes[m[1]] {
		l.of = path.Join(folder, m[1]+".o")
	}
	var out []listing
	for _, word := range strings.Fields(m[3]) {
		if !strings.HasSuffix(word, ".o") && !strings.HasSuffix(word, "/") || strings.Contains(word, "$") {
			continue
		}
		l.item = path.Join(folder, word)
		if strings.HasPrefix(word, "arch/") {
			l.item = path.Clean(word) // these are from the top
		}
		if strings.HasSuffix(word, "/") {
			l.item += "/"
		}
		out = append(out, l)
	}
	return out
}

// makefiles are those of a tree, read when they are asked for.
type makefiles struct {
	tree fs.FS
	got  Config
	read map[string][]listing
}

// option is the innermost option for which an object is built, or "" for one
// that every kernel has.
func (m *makefiles) option(object string) string {
	item := object
	// An object may be a part of another, and that of a third; then come its
	// folder, and the folders around that one.
	for range 16 {
		found, is := m.find(item)
		switch {
		case is && found.symbol != "":
			return found.symbol
		case is && found.of != "" && found.of != item:
			item = found.of
		default:
			folder := path.Dir(strings.TrimSuffix(item, "/"))
			if folder == "." {
				return ""
			}
			item = folder + "/"
		}
	}
	return ""
}

// find is the line that lists an item: in its folder's makefile or in one
// further out. Of several, one whose option is on.
func (m *makefiles) find(item string) (listing, bool) {
	var best listing
	found := false
	for folder := path.Dir(strings.TrimSuffix(item, "/")); ; folder = path.Dir(folder) {
		if _, known := m.read[folder]; !known {
			m.read[folder] = readMakefile(m.tree, folder)
		}
		for _, l := range m.read[folder] {
			if l.item == item && (!found || m.off(best) && !m.off(l)) {
				best, found = l, true
			}
		}
		if found || folder == "." {
			return best, found
		}
	}
}

func (m *makefiles) off(l listing) bool {
	return l.symbol != "" && m.got.Get(l.symbol) == Off
}
