package tidy

import (
	"bufio"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

//go:embed ratchets.txt
var ratchetsText string

// Ratchets are how many findings each rule may have: one number a rule.
func Ratchets() (map[string]int, error) { return parseRatchets(ratchetsText) }

func parseRatchets(text string) (map[string]int, error) {
	ratchets := map[string]int{}
	lines := bufio.NewScanner(strings.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if len(words) < 2 {
			return nil, fmt.Errorf("tidy: ratchets line %d: want: rule count reason", number)
		}
		count, err := strconv.Atoi(words[1])
		if err != nil || count < 0 {
			return nil, fmt.Errorf("tidy: ratchets line %d: %q is not a count", number, words[1])
		}
		ratchets[words[0]] = count
	}
	return ratchets, lines.Err()
}

// Judge holds findings against the ratchets. A rule with more than it may have
// lists them all; one with fewer asks to be tightened, so that what was gained
// stays; one that no ratchet names is refused.
func Judge(found []Finding, ratchets map[string]int) []string {
	byRule := map[string][]Finding{}
	for _, f := range found {
		byRule[f.Rule] = append(byRule[f.Rule], f)
	}
	var wrong []string
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		limit, known := ratchets[rule]
		if !known {
			wrong = append(wrong, fmt.Sprintf("rule %s has no line in ratchets.txt", rule))
		}
		if len(byRule[rule]) <= limit {
			continue
		}
		for _, f := range byRule[rule] {
			wrong = append(wrong, f.String())
		}
		wrong = append(wrong, fmt.Sprintf("%s: %d findings, %d allowed", rule, len(byRule[rule]), limit))
	}
	for _, rule := range slices.Sorted(maps.Keys(ratchets)) {
		if count := len(byRule[rule]); count < ratchets[rule] {
			wrong = append(wrong, fmt.Sprintf("%s: %d findings, %d allowed: lower the ratchet to %d", rule, count, ratchets[rule], count))
		}
	}
	return wrong
}
