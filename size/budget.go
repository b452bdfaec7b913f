// Package size holds what the artifacts may weigh, and measures them.
//
// Always true here: a number is bytes of the file as stored, and a budget comes
// from budgets.txt only, the one reviewed place.
package size

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

//go:embed budgets.txt
var budgetsText string

// Budget is a line of budgets.txt.
type Budget struct {
	// Name is what reports call the artifact.
	Name string
	// Path is where the build leaves it, below the repository's top.
	Path string
	// Bytes is what it may weigh today, GoalBytes with every feature in.
	Bytes, GoalBytes int64
	// Reason says why it is counted.
	Reason string
}

// Artifact is a measured file, as in size.json.
type Artifact struct {
	Name        string `json:"name"`
	Bytes       int64  `json:"bytes"`
	BudgetBytes int64  `json:"budget"`
}

// HeadroomBytes is what is left of the budget; below zero it is broken.
func (a Artifact) HeadroomBytes() int64 { return a.BudgetBytes - a.Bytes }

// Budgets are the lines of budgets.txt, in its order.
func Budgets() ([]Budget, error) { return parse(strings.NewReader(budgetsText)) }

// parse reads budget lines; an error names the line.
func parse(r io.Reader) ([]Budget, error) {
	var budgets []Budget
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		b, err := parseLine(line)
		if err == nil && seen[b.Name] {
			err = fmt.Errorf("%s stands there twice", b.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("size: budgets.txt, line %d: %w", number, err)
		}
		seen[b.Name] = true
		budgets = append(budgets, b)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("size: budgets.txt: %w", err)
	}
	if len(budgets) == 0 {
		return nil, errors.New("size: budgets.txt has no line")
	}
	return budgets, nil
}

func parseLine(line string) (Budget, error) {
	words := strings.Fields(line)
	if len(words) < 5 {
		return Budget{}, errors.New("want: name path budget goal reason")
	}
	b := Budget{Name: words[0], Path: words[1], Reason: strings.Join(words[4:], " ")}
	var err error
	if b.Bytes, err = strconv.ParseInt(words[2], 10, 64); err != nil || b.Bytes <= 0 {
		return Budget{}, fmt.Errorf("budget %q is not a number of bytes", words[2])
	}
	if b.GoalBytes, err = strconv.ParseInt(words[3], 10, 64); err != nil || b.GoalBytes <= 0 {
		return Budget{}, fmt.Errorf("goal %q is not a number of bytes", words[3])
	}
	if b.Bytes > b.GoalBytes {
		return Budget{}, fmt.Errorf("the budget of %s is past its goal", b.Name)
	}
	if filepath.IsAbs(b.Path) {
		return Budget{}, fmt.Errorf("path %s must stand below the repository's top", b.Path)
	}
	return b, nil
}

// Measure weighs each artifact below top. A missing one is an error, as a
// budget that nothing is held against says nothing.
func Measure(top string, budgets []Budget) ([]Artifact, error) {
	artifacts := make([]Artifact, 0, len(budgets))
	var missing error
	for _, b := range budgets {
		info, err := os.Stat(filepath.Join(top, b.Path))
		if err != nil {
			missing = errors.Join(missing, fmt.Errorf("size: %s: %w; build it first", b.Name, err))
			continue
		}
		artifacts = append(artifacts, Artifact{Name: b.Name, Bytes: info.Size(), BudgetBytes: b.Bytes})
	}
	return artifacts, missing
}
