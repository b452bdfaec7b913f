package size

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/size/installed"
)

const recorded = `# said
aaaaaaaaaaaa 2026-11-01 kernel=4000000 pid1=1000000

bbbbbbbbbbbb 2026-11-02 kernel=4100000 pid1=1200000 boot: init=220000 main=6200 start_web=9000 ready=31000
cccccccccccc 2026-11-03 pid1=1210000 boot: init=221000 main=6100 start_web=9100 device=9200 ready=32500
`

func TestHistoryIsReadAsWritten(t *testing.T) {
	history, err := ParseHistory(strings.NewReader(recorded))
	if err != nil || len(history) != 3 {
		t.Fatal(history, err)
	}
	again, err := ParseHistory(strings.NewReader(HistoryText(history)))
	if err != nil || HistoryText(again) != HistoryText(history) {
		t.Errorf("%v: got\n%s", err, HistoryText(again))
	}
	if again[1].Usec["start web"] != 9000 || again[2].String() != "cccccccccccc 2026-11-03 pid1=1210000 boot: init=221000 main=6100 start_web=9100 device=9200 ready=32500" {
		t.Errorf("marks: %+v", again[1:])
	}
	changed := Recorded{Commit: "aaaaaaaaaaaa", Date: "2026-11-01", Bytes: map[string]int64{"pid1": 1}}
	if got := Append(history, changed); len(got) != 3 || got[0].Bytes["pid1"] != 1 {
		t.Errorf("the same commit again: %+v", got)
	}
	for _, bad := range []string{"abc 2026-11-01 a=1", "aaaaaaaaaaaa 2026-11-01", "aaaaaaaaaaaa 2026-11-01 a=x", "aaaaaaaaaaaa 2026-11-01 a=0"} {
		if _, err := ParseHistory(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestCurveGolden(t *testing.T) {
	history, err := ParseHistory(strings.NewReader(recorded))
	if err != nil {
		t.Fatal(err)
	}
	got := Curve(history, []Budget{{Name: "pid1", Bytes: 1_300_000}, {Name: "new", Bytes: 5}}, []MarkBudget{{Name: "ready", Usec: 33_000}})
	path := filepath.Join("testdata", "curve.svg")
	golden.Check(t, path, got)
}

// TestTheRepositorysHistory reads the file that is kept.
func TestTheRepositorysHistory(t *testing.T) {
	f, err := os.Open("history.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if history, err := ParseHistory(f); err != nil || len(history) == 0 {
		t.Errorf("%d lines, %v", len(history), err)
	}
}

// TestReferences goes through a repository's life: no figures, figures some
// commits back, a release, and a checkout that was changed.
func TestReferences(t *testing.T) {
	top := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(installed.Program(t, "git"), append([]string{"-C", top, "-c", "user.name=t", "-c", "user.email=t@t"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("init", "-q", "-b", "main")
	run("commit", "-q", "--allow-empty", "-m", "one")
	check := func(history []Recorded, at int, want string) {
		t.Helper()
		if r := References(top, history)[at]; !strings.Contains(r.Note, want) {
			t.Errorf("%s: %q, want %q in it", r.Name, r.Note, want)
		}
	}
	check(nil, 0, "make history records")
	check(nil, 1, "no release yet")
	one, err := Record(top, []Artifact{{"pid1", 7, 9}}, map[string]int64{"ready": 5})
	if err != nil || one.Bytes["pid1"] != 7 || one.Usec["ready"] != 5 {
		t.Fatal(one, err)
	}
	history := []Recorded{one}
	check(history, 0, one.Commit)
	run("tag", "v1")
	run("commit", "-q", "--allow-empty", "-m", "two")
	check(history, 0, "the last commit with figures, 1 before it")
	check(history, 1, "v1: "+one.Commit)
	if got := References(top, history)[0].Bytes["pid1"]; got != 7 {
		t.Errorf("got %d bytes", got)
	}
	if err := os.WriteFile(filepath.Join(top, "new"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Record(top, nil, nil); err == nil || !strings.Contains(err.Error(), "commit first") {
		t.Errorf("a changed checkout: %v", err)
	}
}
