// The program mksize weighs every artifact of size/budgets.txt: it prints the
// table, writes build/size.json, and ends with status 1 past a budget or where
// an artifact is missing.
//
//	go run ./size/mksize
//
// With -append it then writes the figures into size/history.txt as those of the
// checkout's commit, and draws size/history.svg; with -boot, a boot.json of
// `size/boot -exact`, the boot's marks too. With -of it weighs another
// checkout, that of an older commit, and appends its figures here.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mote/ctl/bench"
	"mote/size"
)

func main() {
	record := flag.Bool("append", false, "record the figures in "+size.HistoryPath)
	of := flag.String("of", ".", "the checkout that is weighed")
	boot := flag.String("boot", "", "with -append: the boot.json of a counted boot of this commit")
	flag.Parse()
	if err := report(*of, *record, *boot); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// report measures the checkout at top by the budgets and the history of this one.
func report(top string, record bool, boot string) error {
	budgets, err := size.Budgets()
	if err != nil {
		return err
	}
	history, err := readHistory()
	if err != nil {
		return err
	}
	broken := run(top, budgets, size.References(top, history), os.Stdout)
	if !record || broken != nil && !errors.Is(broken, errBudget) {
		return broken
	}
	// Past a budget most of all: the curve shows it beside its line.
	artifacts, err := size.Measure(top, budgets)
	if err != nil {
		return err
	}
	usec, err := readMarks(boot)
	if err != nil {
		return err
	}
	marks, err := size.MarkBudgets()
	if err != nil {
		return err
	}
	one, err := size.Record(top, artifacts, usec)
	if err != nil {
		return err
	}
	history = size.Append(history, one)
	if err := os.WriteFile(size.HistoryPath, []byte(size.HistoryText(history)), 0o644); err != nil {
		return err
	}
	return os.WriteFile(size.CurvePath, []byte(size.Curve(history, budgets, marks)), 0o644)
}

// readMarks reads the marks of a boot.json; none where there is no path.
func readMarks(path string) (map[string]int64, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var b bench.Boot
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("mksize: %s: %w", path, err)
	}
	if b.InitNsec <= 0 || b.ReadyNsec <= b.InitNsec {
		return nil, fmt.Errorf("mksize: %s is no boot that got ready", path)
	}
	if !b.Counted {
		return nil, fmt.Errorf("mksize: the boot of %s was not counted; a history compares what the host does not move: boot with -exact", path)
	}
	return b.Usec(), nil
}

// readHistory reads the figures of past commits; there may be none yet.
func readHistory() ([]size.Recorded, error) {
	f, err := os.Open(size.HistoryPath)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return size.ParseHistory(f)
}

var errBudget = errors.New("size: a budget is broken")

// run measures what lies below top. What could be measured is reported even
// when something is missing.
func run(top string, budgets []size.Budget, references []size.Reference, out io.Writer) error {
	artifacts, missing := size.Measure(top, budgets)
	if _, err := io.WriteString(out, size.Table(artifacts, budgets, references)); err != nil {
		return err
	}
	text, err := size.JSON(artifacts)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(top, "build"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(top, "build", "size.json"), text, 0o644); err != nil {
		return err
	}
	if missing == nil && size.Broken(artifacts) {
		return errBudget
	}
	return missing
}
