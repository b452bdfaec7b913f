// Package tidy keeps the house rules that a program can check: sizes of files
// and functions, names, comments, what PID 1's packages may not do, and that
// the documents tell of what there is.
//
// Always true here: each rule gives findings with a place; how many a rule may
// have stands in ratchets.txt, and may only fall.
package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Finding is one breach of a rule.
type Finding struct {
	// Rule is its name in ratchets.txt.
	Rule string
	// Path is below the top, with slashes; Line 0 means the whole file.
	Path string
	Line int
	// Text says what is wrong, and where it isn't obvious what to do.
	Text string
}

// String is the finding as compilers write them.
func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s [%s]", f.Path, f.Text, f.Rule)
	}
	return fmt.Sprintf("%s:%d: %s [%s]", f.Path, f.Line, f.Text, f.Rule)
}

// file is one file of the house; the syntax is nil unless it is Go.
type file struct {
	path   string
	text   []byte
	set    *token.FileSet
	syntax *ast.File
}

// house is everything that is looked at.
type house struct {
	files []file
	found []Finding
}

// Check looks at the tree below top: all of it but build/, hidden folders other
// than .ci, and testdata, where broken things may lie on purpose.
func Check(top string) ([]Finding, error) {
	h := &house{}
	if err := h.read(top); err != nil {
		return nil, err
	}
	for i := range h.files {
		f := &h.files[i]
		h.checkText(f)
		if f.syntax != nil {
			h.checkGo(f)
		}
	}
	h.checkMutable()
	h.checkTop()
	h.checkPackages()
	slices.SortStableFunc(h.found, func(a, b Finding) int { return strings.Compare(a.Rule+a.Path, b.Rule+b.Path) })
	return h.found, nil
}

// read takes in the tree.
func (h *house) read(top string) error {
	return filepath.WalkDir(top, func(full string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, full)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && rel != "." && rel != ".ci"
			if hidden || rel == "build" || entry.Name() == "testdata" {
				return filepath.SkipDir
			}
			return nil
		}
		// In a linked work tree .git is a file, with a path of this machine in it.
		if !entry.Type().IsRegular() || rel == ".git" {
			return nil
		}
		return h.readFile(full, rel)
	})
}

func (h *house) readFile(full, rel string) error {
	text, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	f := file{path: rel, text: text}
	if path.Ext(rel) == ".go" {
		f.set = token.NewFileSet()
		f.syntax, err = parser.ParseFile(f.set, rel, text, parser.ParseComments)
		if err != nil {
			return fmt.Errorf("tidy: %w", err)
		}
	}
	h.files = append(h.files, f)
	return nil
}

func (h *house) add(rule string, f *file, line int, format string, args ...any) {
	h.found = append(h.found, Finding{Rule: rule, Path: f.path, Line: line, Text: fmt.Sprintf(format, args...)})
}

// line is a node's.
func (f *file) line(node ast.Node) int { return f.set.Position(node.Pos()).Line }

// isTest says whether the file belongs to a test.
func (f *file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// inPID1 says whether the file is linked into PID 1.
func (f *file) inPID1() bool {
	return !f.isTest() && f.syntax != nil && slices.Contains(pid1Folders, path.Dir(f.path))
}

// lines counts line ends.
func (f *file) lines() int { return bytes.Count(f.text, []byte("\n")) }
