package size

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Table is the report for people: a line an artifact, with its change against
// each reference, what the references are, and a last line that says whether
// all is well.
func Table(artifacts []Artifact, budgets []Budget, references []Reference) string {
	goals := map[string]int64{}
	for _, b := range budgets {
		goals[b.Name] = b.GoalBytes
	}
	rows := [][]string{{"artifact", "bytes", "budget", "headroom", "", "goal"}}
	notes := ""
	for _, r := range references {
		rows[0] = append(rows[0], r.Name)
		notes += r.Name + ": " + r.Note + "\n"
	}
	for _, a := range artifacts {
		row := []string{a.Name, Grouped(a.Bytes), Grouped(a.BudgetBytes), Grouped(a.HeadroomBytes()),
			fmt.Sprintf("%.1f %%", 100*float64(a.HeadroomBytes())/float64(a.BudgetBytes)), Grouped(goals[a.Name])}
		for _, r := range references {
			row = append(row, change(a.Bytes, r.Bytes[a.Name]))
		}
		rows = append(rows, row)
	}
	return align(rows) + "\n" + notes + verdict(artifacts, len(budgets)-len(artifacts)) + "\n"
}

// change is the difference to what an artifact weighed; "-" where nobody knows.
func change(nowBytes, beforeBytes int64) string {
	switch {
	case beforeBytes == 0:
		return "-"
	case nowBytes > beforeBytes:
		return "+" + Grouped(nowBytes-beforeBytes)
	}
	return Grouped(nowBytes - beforeBytes)
}

// verdict names every broken budget, in bytes, and never says that all is well
// where something was not there to be weighed.
func verdict(artifacts []Artifact, missing int) string {
	var broken []string
	for _, a := range artifacts {
		if over := -a.HeadroomBytes(); over > 0 {
			broken = append(broken, fmt.Sprintf("%s is %s bytes past its budget", a.Name, Grouped(over)))
		}
	}
	switch {
	case len(broken) == 0 && missing > 0:
		return fmt.Sprintf("%d artifacts are missing; those above are within their budgets", missing)
	case len(broken) == 0:
		return "every artifact is within its budget"
	}
	return strings.Join(broken, "\n") + "\nmake it smaller, or argue for a change of size/budgets.txt"
}

// Broken says whether an artifact is past its budget.
func Broken(artifacts []Artifact) bool {
	for _, a := range artifacts {
		if a.HeadroomBytes() < 0 {
			return true
		}
	}
	return false
}

// JSON is the report for machines, see Artifact.
func JSON(artifacts []Artifact) ([]byte, error) {
	text, err := json.MarshalIndent(struct {
		Artifacts []Artifact `json:"artifacts"`
	}{artifacts}, "", "  ")
	return append(text, '\n'), err
}

// align sets the first column left and the others right, two spaces apart.
func align(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := fmt.Sprintf("%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			line += fmt.Sprintf("  %*s", widths[i+1], cell)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// Grouped writes a number in groups of three digits: 1,900,000.
func Grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
