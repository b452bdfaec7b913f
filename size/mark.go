package size

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

//go:embed marks.txt
var marksText string

// MarkBudget is a line of marks.txt.
type MarkBudget struct {
	// Name is the mark's.
	Name string
	// Usec is when it may come at the latest, in µs after PID 1's first
	// instruction, counted.
	Usec int64
	// Reason says why it is counted.
	Reason string
}

// MarkBudgets are the lines of marks.txt, in its order.
func MarkBudgets() ([]MarkBudget, error) { return parseMarks(marksText) }

func parseMarks(text string) ([]MarkBudget, error) {
	var all []MarkBudget
	seen := map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if len(words) < 3 {
			return nil, fmt.Errorf("size: marks.txt, line %d: want: mark budget reason", number)
		}
		n, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil || n <= 0 || seen[words[0]] {
			return nil, fmt.Errorf("size: marks.txt, line %d: budget %q is not a number of µs, or %s stands there twice", number, words[1], words[0])
		}
		seen[words[0]] = true
		all = append(all, MarkBudget{Name: words[0], Usec: n, Reason: strings.Join(words[2:], " ")})
	}
	return all, lines.Err()
}

// CheckMarks holds a counted boot's marks, in µs after PID 1's first
// instruction, against the budgets. The error names each that is past its own,
// and each that is not there, as a budget that nothing is held against says
// nothing.
func CheckMarks(marks map[string]int64, budgets []MarkBudget) error {
	var broken error
	for _, b := range budgets {
		at, is := marks[b.Name]
		switch {
		case !is:
			broken = errors.Join(broken, fmt.Errorf("size: no mark %s, which has a budget in marks.txt", b.Name))
		case at > b.Usec:
			broken = errors.Join(broken, fmt.Errorf("size: the mark %s comes %s µs past its budget of %s µs (%s); make it quicker, or argue for a change of size/marks.txt",
				b.Name, Grouped(at-b.Usec), Grouped(b.Usec), b.Reason))
		}
	}
	return broken
}
