// Package installed is how tests ask for programs and files of the
// distribution. What is not there skips the test, in a sentence that names the
// package to install; with MOTE_INSTALLED=1 in the environment, which the
// Makefile sets after it has installed all that is wanted, it fails it. So a
// test never goes away unseen where everything should run.
//
// What a test may ask for stands in .ci/needs, which names the package too:
// asking for anything else fails, also where it happens to be installed.
package installed

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Strict is the variable of the environment that makes a missing program a
// failure when it is "1".
const Strict = "MOTE_INSTALLED"

// Program returns where a program of the distribution is.
func Program(t testing.TB, name string) (path string) {
	t.Helper()
	path, err := exec.LookPath(name)
	found(t, name, err)
	return path
}

// File returns path, which is a file or folder of the distribution.
func File(t testing.TB, path string) string {
	t.Helper()
	_, err := os.Stat(path)
	found(t, path, err)
	return path
}

// Read returns the content of a file of the distribution.
func Read(t testing.TB, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(File(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Run returns what a program of the distribution printed, errors too. The test
// fails where it ends with another status than 0.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), Program(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
	return string(said)
}

// found goes on where thing was found, or else ends the test.
func found(t testing.TB, thing string, missing error) {
	t.Helper()
	table, err := readTable()
	if err != nil {
		t.Fatal(err)
	}
	end, said := decide(table, thing, missing != nil, os.Getenv(Strict) == "1")
	switch end {
	case ends:
		t.Fatal(said)
	case skips:
		t.Skip(said)
	case goesOn:
	}
}

// ending is what becomes of a test.
type ending int

const (
	goesOn ending = iota
	skips
	ends
)

// decide tells what becomes of a test that wants a thing, and why.
func decide(table, thing string, missing, strict bool) (end ending, said string) {
	task, pkg := row(table, thing)
	switch {
	case pkg == "":
		return ends, fmt.Sprintf("installed: .ci/needs has no row for %s under %s; add one", thing, strings.Join(tasks, ", "))
	case !missing:
		return goesOn, ""
	case strict:
		return ends, fmt.Sprintf("installed: %s is missing although %s=1 says that all is there; install the package %s (.ci/needs %s)", thing, Strict, pkg, task)
	default:
		return skips, fmt.Sprintf("%s is not installed; the package %s brings it (.ci/needs %s)", thing, pkg, task)
	}
}

// row finds a thing's package among the tasks that are done before such tests.
func row(table, thing string) (task, pkg string) {
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) == 4 && cells[1] == thing && slices.Contains(tasks, cells[0]) {
			return cells[0], cells[2]
		}
	}
	return "", ""
}

// readTable returns .ci/needs of the checkout that the test runs in.
func readTable() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, none := os.Stat(filepath.Join(dir, "go.mod")); none == nil {
			var table []byte
			table, err = os.ReadFile(filepath.Join(dir, ".ci", "needs"))
			return string(table), err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("installed: no go.mod above the working directory; run tests inside of the checkout")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
