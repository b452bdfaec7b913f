package attribute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// symbolsNamedMax is how many symbols a reason names; the rest are counted.
const symbolsNamedMax = 3

// sharedWords tell what is of several modules, or of the file's form.
var sharedWords = map[string]string{
	severalSymbols:      "strings, types and masks that several modules refer to",
	"(function index)":  "the end of the index of functions",
	"(file numbers)":    "the numbers of source files",
	"(alignment)":       "alignment between symbols",
	"(page alignment)":  "padding to whole pages between segments",
	Unattributed:        "constants without a symbol",
	"(section headers)": "the table of sections",
	"(table header)":    "the header of the functions' table",
}

// reason is one cause of a change: a package, or something of the linker's.
type reason struct {
	bytes int64
	text  string
}

// Diff tells in words the rowsMax largest reasons for growth from one
// attribution to another, and the totals. Reasons are packages, with the
// symbols that changed most; why says how a new package is reached, or "".
func Diff(before, after []Piece, rowsMax int, why func(pkg string) string) string {
	was, is := Sum(before, ByPackage), Sum(after, ByPackage)
	var reasons []reason
	for pkg := range union(was, is) {
		switch {
		case pkg == Shared:
			reasons = append(reasons, sharedReasons(before, after)...)
		case was[pkg] == 0:
			text := "package " + pkg + " came in"
			if chain := why(pkg); chain != "" {
				text += ", by " + chain
			}
			reasons = append(reasons, reason{is[pkg], text})
		case is[pkg] == 0:
			reasons = append(reasons, reason{-was[pkg], "package " + pkg + " is gone"})
		default:
			reasons = append(reasons, reason{is[pkg] - was[pkg], "package " + pkg + ": " + symbols(before, after, pkg)})
		}
	}
	return tell(reasons, rowsMax, Sum(before, all)[""], Sum(after, all)[""])
}

// tell prints the growing reasons and sums up the rest.
func tell(reasons []reason, rowsMax int, was, is int64) string {
	slices.SortFunc(reasons, func(a, b reason) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.text, b.text))
	})
	var b strings.Builder
	fmt.Fprintf(&b, "PID 1: %d bytes, %+d (it was %d)\n", is, is-was, was)
	more, less, told := int64(0), int64(0), 0
	for _, r := range reasons {
		switch {
		case r.bytes > 0 && told < rowsMax:
			fmt.Fprintf(&b, "%+9d  %s\n", r.bytes, r.text)
			told++
		case r.bytes > 0:
			more += r.bytes
		default:
			less += r.bytes
		}
	}
	if told == 0 {
		b.WriteString("nothing grew\n")
	}
	if more > 0 {
		fmt.Fprintf(&b, "%+9d  smaller reasons\n", more)
	}
	if less < 0 {
		fmt.Fprintf(&b, "%+9d  what shrank, of it the most:\n", less)
		for i := len(reasons) - 1; i >= max(0, len(reasons)-symbolsNamedMax) && reasons[i].bytes < 0; i-- {
			fmt.Fprintf(&b, "%9s  %+d %s\n", "", reasons[i].bytes, reasons[i].text)
		}
	}
	return b.String()
}

// all adds everything up.
func all(Piece) string { return "" }

// union has the names of both.
func union(a, b map[string]int64) map[string]bool {
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	return names
}

// of are the pieces of a package.
func of(pieces []Piece, pkg string) []Piece {
	return slices.DeleteFunc(slices.Clone(pieces), func(p Piece) bool { return p.Package != pkg })
}

func sharedReasons(before, after []Piece) []reason {
	was, is := Sum(of(before, Shared), BySymbol), Sum(of(after, Shared), BySymbol)
	var reasons []reason
	for name := range union(was, is) {
		if was[name] == is[name] {
			continue
		}
		words, known := sharedWords[name]
		if !known {
			words = name
		}
		reasons = append(reasons, reason{is[name] - was[name], "all modules together: " + words})
	}
	return reasons
}

// symbols names what changed most in a package: "Run grew by 300, take is new
// (200), 12 more changed".
func symbols(before, after []Piece, pkg string) string {
	was, is := Sum(of(before, pkg), BySymbol), Sum(of(after, pkg), BySymbol)
	change := map[string]int64{}
	for name := range union(was, is) {
		if n := is[name] - was[name]; n != 0 {
			change[name] = n
		}
	}
	names := slices.Collect(func(yield func(string) bool) {
		for name := range change {
			if !yield(name) {
				return
			}
		}
	})
	size := func(name string) int64 { return max(change[name], -change[name]) }
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(size(b), size(a)), cmp.Compare(a, b))
	})
	var words []string
	for i, name := range names {
		if i == symbolsNamedMax {
			words = append(words, fmt.Sprintf("%d more changed", len(names)-i))
			break
		}
		short := strings.TrimPrefix(name, pkg+".")
		switch {
		case was[name] == 0:
			words = append(words, fmt.Sprintf("%s is new (%d)", short, is[name]))
		case is[name] == 0:
			words = append(words, fmt.Sprintf("%s is gone (%d)", short, was[name]))
		default:
			words = append(words, fmt.Sprintf("%s %+d", short, change[name]))
		}
	}
	return strings.Join(words, ", ")
}
