package size

import (
	"strings"
	"testing"
)

func TestMarkBudgets(t *testing.T) {
	all, err := MarkBudgets()
	if err != nil || len(all) == 0 || all[len(all)-1].Name != "ready" {
		t.Errorf("%+v, %v", all, err)
	}
	for text, want := range map[string]string{
		"ready 5":                 "want: mark",
		"ready five it is late":   "not a number",
		"ready 0 it is late":      "not a number",
		"ready 5 a\nready 6 b":    "line 2",
		"# said\n\nready 5 a b c": "",
	} {
		all, err := parseMarks(text)
		if want == "" && (err != nil || len(all) != 1 || all[0] != (MarkBudget{"ready", 5, "a b c"})) {
			t.Errorf("%q: %+v, %v", text, all, err)
		}
		if want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCheckMarks(t *testing.T) {
	budgets := []MarkBudget{{"loop", 100, "why"}, {"ready", 1000, "people wait"}}
	if err := CheckMarks(map[string]int64{"loop": 100, "ready": 999, "up web": 5000}, budgets); err != nil {
		t.Error(err)
	}
	err := CheckMarks(map[string]int64{"ready": 2500}, budgets)
	if err == nil || !strings.Contains(err.Error(), "no mark loop") || !strings.Contains(err.Error(), "ready comes 1,500 µs past its budget of 1,000 µs (people wait)") {
		t.Error(err)
	}
}
