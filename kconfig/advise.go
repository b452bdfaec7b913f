// Advice on lost wishes. Nothing here decides: Compare has found what is lost,
// and these words only save a person the search through 1,800 Kconfig files.
//
// The files are read line by line and not parsed as the language they are: an
// advice that misses a rare form is still right about the place.

package kconfig

import (
	"bufio"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// definition is where an option stands in the kernel's Kconfig files, and what
// that place asks of others. An option may have several.
type definition struct {
	file string
	line int
	// needs are the conditions of "depends on" and of enclosing "if" blocks.
	needs []string
}

// trail is what the Kconfig files say about one option.
type trail struct {
	defs []definition
	// selectors are the options that select it, in the order of reading.
	selectors []string
}

// kconfigEntry begins an option; kconfigName finds options in a condition, which
// is made of upper-case names, operators and parentheses.
var (
	kconfigEntry = regexp.MustCompile(`^(?:menu)?config\s+([A-Za-z0-9_]+)\s*$`)
	kconfigName  = regexp.MustCompile(`\b[A-Z][A-Z0-9_]*\b`)
)

// Advise fills in each finding's Next from the source tree: where the option is
// defined, and which of its dependencies are off in got. The expressions are
// not solved; naming what is off is enough for a person to see the cause.
func Advise(findings []Finding, tree fs.FS, got Config) error {
	if len(findings) == 0 {
		return nil
	}
	// One walk for all findings: reading the files takes a second, and a change
	// of kernel version may lose dozens of wishes at once.
	asked := map[string]*trail{}
	for _, f := range findings {
		asked[strings.TrimPrefix(f.Symbol, "CONFIG_")] = &trail{}
	}
	if err := scanTree(tree, asked); err != nil {
		return err
	}
	for i := range findings {
		f := &findings[i]
		f.Next = advice(f.Want, asked[strings.TrimPrefix(f.Symbol, "CONFIG_")], got)
	}
	return nil
}

// scanTree adds what all the Kconfig files say about the asked options. All names
// count (Kconfig.debug, Kconfig.cputype), and all architectures: which of them are
// sourced isn't worked out.
func scanTree(tree fs.FS, asked map[string]*trail) error {
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() || !strings.HasPrefix(path.Base(name), "Kconfig") {
			return nil
		}
		return scanKconfig(tree, name, asked)
	})
	if err != nil {
		return fmt.Errorf("kconfig: reading the Kconfig files: %w", err)
	}
	return nil
}

// scanKconfig adds what a file says about the asked options.
// The language: Documentation/kbuild/kconfig-language.rst.
func scanKconfig(tree fs.FS, name string, asked map[string]*trail) error {
	f, err := tree.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var (
		ifs   []string // conditions of the open "if" blocks
		entry string   // the option being read, or ""
		line  int
	)
	s := bufio.NewScanner(f)
	for s.Scan() {
		line++
		text := s.Text()
		if m := kconfigEntry.FindStringSubmatch(text); m != nil {
			entry = m[1]
			if t := asked[entry]; t != nil {
				t.defs = append(t.defs, definition{name, line, append([]string(nil), ifs...)})
			}
			continue
		}
		// A statement at the left margin ends an entry; its attributes are indented.
		if text != "" && text[0] != ' ' && text[0] != '\t' && text[0] != '#' {
			entry = ""
		}
		word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		switch {
		// Inside an entry, "if" at the margin can't stand; indented it belongs to
		// a default or a select.
		case word == "if" && entry == "":
			ifs = append(ifs, rest)
		case word == "endif" && len(ifs) > 0:
			ifs = ifs[:len(ifs)-1]
		case word == "depends" && asked[entry] != nil:
			d := asked[entry].defs
			d[len(d)-1].needs = append(d[len(d)-1].needs, strings.TrimPrefix(rest, "on "))
		// Anything may select, also what no fragment names; "imply" can't force.
		case word == "select" && entry != "":
			target, _, _ := strings.Cut(rest, " ")
			if t := asked[target]; t != nil {
				t.selectors = append(t.selectors, entry)
			}
		}
	}
	return s.Err()
}

// advice words what is known about one finding.
func advice(w Want, t *trail, got Config) string {
	// Options are renamed and dropped between versions; that comes first, as no
	// dependency explains it.
	if len(t.defs) == 0 {
		return "this kernel has no such option; remove the line or correct the name"
	}
	d := t.defs[0]
	at := fmt.Sprintf("it is defined at %s:%d", d.file, d.line)
	// Unwanted but on: something selects it, or it has no prompt to say no at.
	if w.Value == Off {
		by := onNames(t.selectors, got)
		if len(by) == 0 {
			return at + "; it can't be switched off here: remove the line, with the reason"
		}
		return at + " and selected by " + strings.Join(by, ", ") + "; turn that off or remove the line"
	}
	off := offNames(d.needs, got)
	if len(off) == 0 {
		return at + "; its dependencies are on, so the value was refused: check its type, range or choice"
	}
	return at + " and depends on " + strings.Join(off, ", ") + ", not set here; add what it needs or remove the line"
}

// onNames keeps those options that are set, each once.
func onNames(names []string, got Config) []string {
	var out []string
	seen := map[string]bool{}
	for _, name := range names {
		if !seen[name] && got.Get("CONFIG_"+name) != Off {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// offNames lists the options in conditions that are not set, each once.
// Negated ones stand as they are written: being off is what they ask for.
func offNames(needs []string, got Config) []string {
	var out []string
	seen := map[string]bool{}
	for _, cond := range needs {
		for _, loc := range kconfigName.FindAllStringIndex(cond, -1) {
			name := cond[loc[0]:loc[1]]
			negated := loc[0] > 0 && cond[loc[0]-1] == '!'
			if !negated && !seen[name] && got.Get("CONFIG_"+name) == Off {
				seen[name] = true
				out = append(out, name)
			}
		}
	}
	return out
}
