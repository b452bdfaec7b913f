// The hardening score. It informs and never fails a build: a recommendation that
// isn't followed has its reason in README.md, and the fragments' own lines are
// held by the checker.

package kconfig

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// HardeningCheck is one recommendation of the list in checks/.
type HardeningCheck struct {
	// Symbol is the option with its CONFIG_ prefix.
	Symbol string
	// Want is y, Off, a number, "MAX" for the most that the architecture allows,
	// or *word* for a string that must hold the word.
	Want string
	// Instead holds what meets the check as well: each SYMBOL=VALUE, or the word
	// "always" where this kernel has it without an option.
	Instead []string
}

// ParseChecks reads a list: a check a line, "SYMBOL WANT [INSTEAD...]", without
// the CONFIG_ prefix; # begins a comment line.
func ParseChecks(name string, text []byte) ([]HardeningCheck, error) {
	var out []HardeningCheck
	s := bufio.NewScanner(bytes.NewReader(text))
	for line := 1; s.Scan(); line++ {
		f := strings.Fields(s.Text())
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		// A list that is read half would give a better score than it deserves.
		if len(f) < 2 {
			return nil, fmt.Errorf("%s:%d: %q has no wanted value; write SYMBOL WANT", name, line, s.Text())
		}
		for _, alt := range f[2:] {
			if alt != "always" && !strings.Contains(alt, "=") {
				return nil, fmt.Errorf("%s:%d: %q is no other way to meet %s; write SYMBOL=VALUE or always", name, line, alt, f[0])
			}
		}
		out = append(out, HardeningCheck{"CONFIG_" + f[0], f[1], f[2:]})
	}
	return out, s.Err()
}

// Met says whether a configuration follows the recommendation.
func (c HardeningCheck) Met(got Config) bool {
	if meets(got, c.Symbol, c.Want) {
		return true
	}
	for _, alt := range c.Instead {
		symbol, want, _ := strings.Cut(alt, "=")
		if alt == "always" || meets(got, "CONFIG_"+symbol, want) {
			return true
		}
	}
	return false
}

// meets compares one option with one wanted value.
func meets(got Config, symbol, want string) bool {
	value := got.Get(symbol)
	switch {
	case want == "MAX":
		// The bounds are options themselves: see arch/Kconfig, ARCH_MMAP_RND_BITS.
		limit := got.Get(symbol + "_MAX")
		_, err := strconv.Atoi(limit)
		return err == nil && value == limit
	case len(want) > 2 && strings.HasPrefix(want, "*") && strings.HasSuffix(want, "*"):
		return strings.Contains(value, strings.Trim(want, "*"))
	default:
		// Off meets an option that this kernel doesn't have: it can't be on.
		return value == want
	}
}

// Score is how a configuration stands against a list.
type Score struct {
	// Plain counts the checks met by the very option and value of the list.
	Plain int
	// Met counts those and the ones met in another way.
	Met int
	// Total is the length of the list.
	Total int
	// Missed are the checks that aren't met, in the list's order.
	Missed []HardeningCheck
}

// missed lists the checks that aren't met, a line each.
func (s Score) missed() string {
	var b strings.Builder
	for _, c := range s.Missed {
		b.WriteString("  " + c.Symbol + "\n")
	}
	return b.String()
}

// Rate counts.
func Rate(checks []HardeningCheck, got Config) Score {
	s := Score{Total: len(checks)}
	for _, c := range checks {
		if meets(got, c.Symbol, c.Want) {
			s.Plain++
		}
		if c.Met(got) {
			s.Met++
		} else {
			s.Missed = append(s.Missed, c)
		}
	}
	return s
}
