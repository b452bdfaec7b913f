package size

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

func TestBudgetsAreRead(t *testing.T) {
	budgets, err := Budgets()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Budget{}
	for _, b := range budgets {
		got[b.Name] = b
	}
	// The names that others read in size.json, and the design's goals.
	for name, goal := range map[string]int64{"pid1": 2_500_000, "base": 2_500_000, "kernel": 5_600_000} {
		if b := got[name]; b.GoalBytes != goal || b.Reason == "" {
			t.Errorf("%s: %+v, want the goal %d and a reason", name, b, goal)
		}
	}
}

func TestBudgetRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "no line",
		"pid1 build/init 1 2":          "want: name path",
		"pid1 build/init x 2 why":      `"x"`,
		"pid1 build/init 0 2 why":      `"0"`,
		"pid1 build/init 1 -2 why":     `"-2"`,
		"pid1 build/init 3 2 why":      "past its goal",
		"# one\npid1 /init 1 2 why":    "line 2",
		"a b 1 2 why\na c 1 2 why":     "twice",
		"a b 99999999999999999999 1 x": "not a number",
	} {
		if _, err := parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestMeasure(t *testing.T) {
	top := t.TempDir()
	if err := os.WriteFile(filepath.Join(top, "a"), make([]byte, 123), 0o600); err != nil {
		t.Fatal(err)
	}
	budgets := []Budget{{Name: "a", Path: "a", Bytes: 200, GoalBytes: 300}, {Name: "b", Path: "b", Bytes: 1, GoalBytes: 1}}
	artifacts, err := Measure(top, budgets)
	if err == nil || !strings.Contains(err.Error(), "b: ") {
		t.Errorf("a missing artifact: %v", err)
	}
	if table := Table(artifacts, budgets, nil); !strings.Contains(table, "1 artifacts are missing") {
		t.Errorf("all seems well in:\n%s", table)
	}
	if len(artifacts) != 1 || artifacts[0] != (Artifact{Name: "a", Bytes: 123, BudgetBytes: 200}) {
		t.Errorf("got %+v", artifacts)
	}
}

func TestTableGolden(t *testing.T) {
	budgets := []Budget{{Name: "pid1", Bytes: 1_900_000, GoalBytes: 2_500_000}, {Name: "a-longer-name", Bytes: 5_600_000, GoalBytes: 5_600_000}}
	within := []Artifact{{"pid1", 1_412_345, 1_900_000}, {"a-longer-name", 5_149_696, 5_600_000}}
	past := []Artifact{{"pid1", 1_900_001, 1_900_000}, {"a-longer-name", 5_600_000, 5_600_000}}
	if Broken(within) || !Broken(past) {
		t.Error("Broken is wrong")
	}
	references := []Reference{
		{Name: "merge base", Note: "7421cb6aaaaa", Bytes: map[string]int64{"pid1": 1_412_000, "a-longer-name": 5_149_700}},
		{Name: "last release", Note: "no release yet"},
	}
	got := Table(within, budgets, references) + "\n" + Table(past, budgets, nil)
	text, err := JSON(within)
	if err != nil {
		t.Fatal(err)
	}
	got += "\n" + string(text)
	path := filepath.Join("testdata", "table.txt")
	golden.Check(t, path, got)
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -123: "-123"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d: got %s", n, got)
		}
	}
}
