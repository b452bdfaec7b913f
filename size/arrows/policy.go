// Package arrows keeps the house's import rules: which room may import which,
// what PID 1 must not link, and why. The rules are text, in policy.txt.
//
// Always true here: only imports of non-test files count, and a package that no
// rule speaks of is refused.
package arrows

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
)

//go:embed policy.txt
var policyText string

// modulePrefix begins the import paths of ours.
const modulePrefix = "mote/"

// Policy is a parsed policy.txt.
type Policy struct {
	// arrows is what each folder may import; "*" is everything.
	arrows map[string][]string
	// linked, own and symbols are bans, each with its reason: of packages in
	// the binary, of imports of PID 1's own packages, of symbols.
	linked, own, symbols map[string]string
}

// Package is what `go list -json` says of one, as far as needed here.
type Package struct {
	ImportPath string
	Imports    []string
}

// Read returns the house's policy.
func Read() (Policy, error) { return parse(policyText) }

// parse reads a policy; errors name the line.
func parse(text string) (Policy, error) {
	p := Policy{arrows: map[string][]string{}, linked: map[string]string{}, own: map[string]string{}, symbols: map[string]string{}}
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		if err := p.take(line); err != nil {
			return p, fmt.Errorf("arrows: policy line %d: %w", number, err)
		}
	}
	return p, lines.Err()
}

func (p Policy) take(line string) error {
	words := strings.Fields(line)
	bans := map[string]map[string]string{"!": p.linked, "!!": p.own, "symbol": p.symbols}
	if ban, is := bans[words[0]]; is {
		if len(words) < 3 {
			return errors.New("a ban needs a name and a reason")
		}
		ban[words[1]] = strings.Join(words[2:], " ")
		return nil
	}
	if len(words) < 2 || words[1] != "<" {
		return fmt.Errorf("%q is neither an arrow nor a ban", line)
	}
	if _, twice := p.arrows[words[0]]; twice {
		return fmt.Errorf("%s stands there twice", words[0])
	}
	p.arrows[words[0]] = words[2:]
	return nil
}

// folder is the line that speaks for a package: the longest that it lies below.
func (p Policy) folder(importPath string) string {
	path := strings.TrimPrefix(importPath, modulePrefix)
	for {
		if _, is := p.arrows[path]; is {
			return path
		}
		slash := strings.LastIndexByte(path, '/')
		if slash < 0 {
			return ""
		}
		path = path[:slash]
	}
}

// Arrows returns a line for each import of ours that no arrow allows.
func (p Policy) Arrows(packages []Package) []string {
	var wrong []string
	for _, pkg := range packages {
		if !strings.HasPrefix(pkg.ImportPath, modulePrefix) {
			continue
		}
		from := p.folder(pkg.ImportPath)
		if from == "" {
			wrong = append(wrong, pkg.ImportPath+" has no line in policy.txt")
			continue
		}
		for _, imported := range pkg.Imports {
			if strings.HasPrefix(imported, modulePrefix) && !p.allows(from, p.folder(imported)) {
				wrong = append(wrong, fmt.Sprintf("%s imports %s: %s may import only %q",
					pkg.ImportPath, imported, from, p.arrows[from]))
			}
		}
	}
	return wrong
}

func (p Policy) allows(from, to string) bool {
	return to == from || slices.Contains(p.arrows[from], to) || slices.Contains(p.arrows[from], "*")
}

// Linked returns a line for each banned package among those that a program is
// made of, and for each import that its packages of ours may not make.
func (p Policy) Linked(packages []Package) []string {
	var wrong []string
	for _, pkg := range packages {
		if reason, banned := p.linked[pkg.ImportPath]; banned {
			wrong = append(wrong, fmt.Sprintf("%s is linked (%s), by %s",
				pkg.ImportPath, reason, strings.Join(importers(packages, pkg.ImportPath), ", ")))
		}
		if !strings.HasPrefix(pkg.ImportPath, modulePrefix) {
			continue
		}
		for _, imported := range pkg.Imports {
			if reason, banned := p.own[imported]; banned {
				wrong = append(wrong, fmt.Sprintf("%s imports %s (%s)", pkg.ImportPath, imported, reason))
			}
		}
		if strings.HasSuffix(pkg.ImportPath, "/job") {
			wrong = append(wrong, pkg.ImportPath+" is linked: jobs block, they are the agent's")
		}
	}
	return wrong
}

// importers names those that import a package directly.
func importers(packages []Package, path string) []string {
	var names []string
	for _, pkg := range packages {
		if slices.Contains(pkg.Imports, path) {
			names = append(names, pkg.ImportPath)
		}
	}
	sort.Strings(names)
	return names
}

// Symbols returns a line for each banned symbol in the linker's -dumpdep, whose
// lines are "from -> to", with marks such as <ReflectMethod> behind a name.
func (p Policy) Symbols(dump string) []string {
	found := map[string]string{}
	for line := range strings.Lines(dump) {
		from, to, is := strings.Cut(strings.TrimSpace(line), " -> ")
		if !is {
			continue
		}
		for symbol := range p.symbols {
			marked := strings.Contains(from, "<"+symbol+">")
			if found[symbol] == "" && (marked || withoutMarks(to) == symbol) {
				found[symbol] = from
			}
		}
	}
	var wrong []string
	for symbol, from := range found {
		wrong = append(wrong, fmt.Sprintf("symbol %s is reached from %s (%s)", symbol, from, p.symbols[symbol]))
	}
	sort.Strings(wrong)
	return wrong
}

// withoutMarks drops " <UsedInIface>" and the like.
func withoutMarks(name string) string {
	bare, _, _ := strings.Cut(name, " <")
	return bare
}
