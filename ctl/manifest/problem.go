package manifest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Problem is one thing that is wrong with a document: where, what, and what
// would be right.
type Problem struct {
	At Position
	// Path is the field's, as "services.mqtt.limits.memory-max"; empty where the
	// document could not be read as YAML.
	Path string
	What string
	Next string
}

// Error is one line, which editors and compilers' users know how to read:
//
//	edge.yaml:12:17: services.mqtt.user: no user "mosquitto"; declare it under users
func (p Problem) Error() string {
	var b strings.Builder
	if p.At.File != nil {
		fmt.Fprintf(&b, "%s:%d:%d: ", p.At.File.Name, p.At.Line, p.At.Column)
	}
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.What + "; " + p.Next)
	return b.String()
}

// Problems are all that is wrong with a document, as an error. Nil is none.
type Problems []Problem

// Error is a line for each.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// And are the problems of both, in the order of the document.
func (ps Problems) And(more Problems) Problems {
	return append(slices.Clone(ps), more...).sorted()
}

// sorted orders them by place, and drops those that are told twice.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(fileName(a.At), fileName(b.At)), cmp.Compare(a.At.Line, b.At.Line),
			cmp.Compare(a.At.Column, b.At.Column), cmp.Compare(a.Path, b.Path), cmp.Compare(a.What, b.What))
	})
	return slices.Compact(ps)
}

func fileName(p Position) string {
	if p.File == nil {
		return ""
	}
	return p.File.Name
}

// Print writes each problem with its line of the document and carets below it:
//
//	edge.yaml:3:7: node: ...
//	   3 | node: edge_7
//	     |       ^^^^^^
//
// colour is for terminals.
func (ps Problems) Print(w io.Writer, colour bool) {
	red, plain := "", ""
	if colour {
		red, plain = "\x1b[31m", "\x1b[0m"
	}
	for _, p := range ps {
		fmt.Fprintln(w, p.Error())
		if p.At.File == nil || p.At.Line < 1 || p.At.Line > len(p.At.File.Lines) {
			continue
		}
		line := printable(p.At.File.Lines[p.At.Line-1])
		before := []rune(line)[:min(max(p.At.Column-1, 0), len([]rune(line)))]
		// The same tabs below, so that the carets stand under what they mean.
		space := strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return ' '
		}, string(before))
		fmt.Fprintf(w, "%5d | %s\n      | %s%s%s%s\n", p.At.Line, line, space, red, strings.Repeat("^", max(p.At.Width, 1)), plain)
	}
}

// printable is a line without what could draw on a terminal.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, line)
}

// quote puts a text in quotes, cut where it is long.
func quote(s string) string {
	const most = 60
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return strconv.Quote(s)
}

func decimal(n int) string { return strconv.Itoa(n) }

// nearest is the name closest to word, or "" where none is near: a third of its
// letters, and one in a short one, may be wrong.
func nearest(word string, names []string) string {
	best, least := "", max(len(word)/3, 1)+1
	for _, name := range names {
		if d := distance(word, name, least); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		// One is a part of the other: "memory" for "memory-max".
		for _, name := range names {
			if len(word) > 2 && (strings.HasPrefix(name, word) || strings.HasPrefix(word, name)) {
				return name
			}
		}
	}
	return best
}

// distance counts the letters to insert, drop, change or swap; it stops counting
// at most.
func distance(a, b string, most int) int {
	if abs(len(a)-len(b)) >= most || len(a) > 64 || len(b) > 64 {
		return most
	}
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		now, last, beforeLast := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		now[0] = i
		for j := 1; j <= len(b); j++ {
			change := last[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			now[j] = min(change, last[j]+1, now[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], beforeLast[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}

func abs(n int) int { return max(n, -n) }
