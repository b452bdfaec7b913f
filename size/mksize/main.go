// The program mksize weighs every artifact of size/budgets.txt: it prints the
// table, writes build/size.json, and ends with status 1 past a budget or where
// an artifact is missing.
//
//	go run ./size/mksize
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"mote/size"
)

func main() {
	budgets, err := size.Budgets()
	if err == nil {
		err = run(".", budgets, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run measures what lies below top. What could be measured is reported even
// when something is missing.
func run(top string, budgets []size.Budget, out io.Writer) error {
	artifacts, missing := size.Measure(top, budgets)
	if _, err := io.WriteString(out, size.Table(artifacts, budgets)); err != nil {
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
		return errors.New("size: a budget is broken")
	}
	return missing
}
