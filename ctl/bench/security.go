package bench

import (
	"strings"

	"mote/ctl/vm"
)

// securityOf finds what a node says on its console about what is protected and what
// is not: two lines, the second without a time.
func securityOf(lines []vm.Line) []string {
	for i, line := range lines {
		if _, said, is := strings.Cut(line.Text, " ms] security: "); is {
			list := []string{said}
			if i+1 < len(lines) && strings.HasPrefix(lines[i+1].Text, " ") {
				list = append(list, strings.TrimSpace(lines[i+1].Text))
			}
			return list
		}
	}
	return nil
}
