package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"x"}, {"why"}, {"diff", "a"}, {"reflect", "x"}} {
		if err := run(t.Context(), t.TempDir(), args, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "weigh: want") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), t.TempDir(), []string{"attribute", "x"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("rows: %v", err)
	}
}

// TestRevisionLeavesNoWorktree compares with a revision that can't be built.
func TestRevisionLeavesNoWorktree(t *testing.T) {
	top := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "x"}} {
		cmd := exec.Command("git", append([]string{"-C", top}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for rev, want := range map[string]string{"HEAD": "go build ./init", "no-such": "git worktree"} {
		err := run(t.Context(), top, []string{"diff", rev, rev}, new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", rev, err, want)
		}
	}
	left, err := os.ReadDir(filepath.Join(top, ".git", "worktrees"))
	if err == nil && len(left) > 0 {
		t.Errorf("%d worktrees are left", len(left))
	}
}
