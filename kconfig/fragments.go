// Package kconfig builds Mote's kernel: it joins fragments to one list of
// wanted options, lets the kernel's own solver make a .config of them, refuses
// every difference, and compiles into a cache outside the checkout.
//
// Always true here: no option is on that no fragment asks for or that one of
// the asked does not select, and no asked option is lost in silence.
package kconfig

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Off is the value of an option that is not set, in wishes and in results.
const Off = "n"

// Fragment is one file of wishes, of one concern.
type Fragment struct {
	// Name is the path below the fragments folder, with slashes.
	Name string
	// Text is the file as it was read. It belongs to the fragment.
	Text []byte
}

// Want is one line of a fragment.
type Want struct {
	// Symbol is the option with its CONFIG_ prefix.
	Symbol string
	// Value is as in a .config: y, a number, a quoted string, or Off.
	Value string
	// File and Line say where it stands; lines count from 1.
	File string
	Line int
}

// Problem is something wrong with the fragments themselves.
type Problem struct {
	File string
	Line int
	Text string
}

// String is what a person reads: file, line, what is wrong, what to do.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// The three kinds of line that mean something; all others are comments or wrong.
var (
	lineSet      = regexp.MustCompile(`^(CONFIG_[A-Za-z0-9_]+)=(.+)$`)
	lineUnset    = regexp.MustCompile(`^# (CONFIG_[A-Za-z0-9_]+) is not set$`)
	lineReplaces = regexp.MustCompile(`^# replaces: (CONFIG_[A-Za-z0-9_]+) of (\S+)$`)
	valueOK      = regexp.MustCompile(`^(y|-?[0-9]+|0x[0-9a-fA-F]+|"[^"\\]*")$`)
)

// A replacement is said by the later fragment and not by the order alone, as an
// order says nothing about intent: most second lines are mistakes.

// replacement is a fragment's leave to differ from an earlier one.
type replacement struct {
	symbol, of, file string
	line             int
}

// parse reads one fragment. Its wishes and replacements come in file order.
func parse(f Fragment) (wants []Want, repl []replacement, problems []Problem) {
	// All problems of a file are found at once; nobody likes to be told one a run.
	for i, raw := range bytes.Split(f.Text, []byte("\n")) {
		line, text := i+1, string(raw)
		bad := func(format string, args ...any) {
			problems = append(problems, Problem{f.Name, line, fmt.Sprintf(format, args...)})
		}
		if m := lineUnset.FindStringSubmatch(text); m != nil {
			wants = append(wants, Want{m[1], Off, f.Name, line})
			continue
		}
		if m := lineReplaces.FindStringSubmatch(text); m != nil {
			repl = append(repl, replacement{m[1], m[2], f.Name, line})
			continue
		}
		m := lineSet.FindStringSubmatch(text)
		switch {
		case m != nil && m[2] == "m":
			bad("%s=m asks for a module, but modules are off; write =y or leave it out", m[1])
		case m != nil && m[2] == Off:
			bad("%s=n is not how a .config says it; write \"# %s is not set\"", m[1], m[1])
		case m != nil && !valueOK.MatchString(m[2]):
			bad("%s has the value %s; it must be y, a number or a quoted string, alone on its line", m[1], m[2])
		case m != nil:
			wants = append(wants, Want{m[1], m[2], f.Name, line})
		// A comment that almost unsets an option would be a wish that nobody hears.
		case strings.HasPrefix(text, "# CONFIG_"), strings.HasPrefix(text, "# replaces"):
			bad("%q is nearly an instruction; write \"# CONFIG_X is not set\", \"# replaces: CONFIG_X of FILE\", or reword the comment", text)
		case text != "" && !strings.HasPrefix(text, "#"):
			bad("%q is neither an option nor a comment; write CONFIG_X=y or begin it with #", text)
		}
	}
	return wants, repl, problems
}

// Join makes one list of the fragments' wishes, in their order, each symbol
// once. Two lines for one symbol are a problem, whether they agree or not: the
// second would hide the first. A fragment may differ from an earlier one only
// where a "# replaces:" line says so, and then the earlier wish is dropped.
func Join(fragments []Fragment) ([]Want, []Problem) {
	var (
		order    []Want
		problems []Problem
		at       = map[string]int{} // symbol → index in order
	)
	for _, f := range fragments {
		wants, repl, bad := parse(f)
		problems = append(problems, bad...)
		leave := map[string]replacement{}
		// A leave that names the wrong file is refused even if the symbol is
		// elsewhere: the line it was meant for has moved, and its reason with it.
		for _, r := range repl {
			if i, ok := at[r.symbol]; !ok || order[i].File != r.of {
				problems = append(problems, Problem{r.file, r.line, fmt.Sprintf(
					"%s does not set %s, so nothing is replaced; remove this line or name the right file", r.of, r.symbol)})
				continue
			}
			leave[r.symbol] = r
		}
		for _, w := range wants {
			i, seen := at[w.Symbol]
			_, may := leave[w.Symbol]
			switch {
			case seen && may:
				// In the old one's place: the list's order tells nothing to the
				// solver, but a stable one makes two lists comparable.
				order[i] = w
				delete(leave, w.Symbol)
			case seen:
				problems = append(problems, clash(order[i], w))
			default:
				at[w.Symbol] = len(order)
				order = append(order, w)
			}
		}
		for _, r := range repl {
			if _, left := leave[r.symbol]; left {
				problems = append(problems, Problem{r.file, r.line, fmt.Sprintf(
					"%s is replaced but not set in this file; add the new line for it", r.symbol)})
			}
		}
	}
	return order, problems
}

// clash words the problem of two lines for one symbol.
func clash(first, second Want) Problem {
	where := fmt.Sprintf("%s:%d", first.File, first.Line)
	if first.Value == second.Value {
		return Problem{second.File, second.Line, fmt.Sprintf(
			"%s=%s is asked for at %s already; keep one of the two lines", second.Symbol, second.Value, where)}
	}
	return Problem{second.File, second.Line, fmt.Sprintf(
		"%s=%s contradicts %s at %s; keep one, or say \"# replaces: %s of %s\"",
		second.Symbol, second.Value, first.Value, where, second.Symbol, path.Clean(first.File))}
}

// AllConfig is the list as the kernel's allnoconfig takes it by KCONFIG_ALLCONFIG:
// what is not in it is off, unless another option selects it.
// Source: Documentation/kbuild/kconfig.rst.
func AllConfig(wants []Want) []byte {
	var b bytes.Buffer
	for _, w := range wants {
		if w.Value == Off {
			fmt.Fprintf(&b, "# %s is not set\n", w.Symbol)
		} else {
			fmt.Fprintf(&b, "%s=%s\n", w.Symbol, w.Value)
		}
	}
	return b.Bytes()
}
