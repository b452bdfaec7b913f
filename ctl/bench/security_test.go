package bench

import (
	"slices"
	"testing"

	"mote/ctl/vm"
)

func TestSecurityLines(t *testing.T) {
	first, second := "protected: hangs of PID 1", "not protected: no TPM"
	for name, c := range map[string]struct{ lines, want []string }{
		"nothing":       {[]string{"[    1.000 ms] ready"}, nil},
		"both":          {[]string{"x", "[  412.345 ms] security: " + first, "                 " + second, "y"}, []string{first, second}},
		"the last line": {[]string{"[  412.345 ms] security: " + first}, []string{first}},
		"others' lines": {[]string{"[  412.345 ms] security: " + first, "[  413.000 ms] ready"}, []string{first}},
	} {
		var lines []vm.Line
		for _, text := range c.lines {
			lines = append(lines, vm.Line{Text: text})
		}
		if got := securityOf(lines); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
