package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"mote/size/attribute"
)

// reasonsMax is how many reasons a comparison tells.
const reasonsMax = 10

// printDiff builds PID 1 and the base image of two revisions in worktrees that
// are removed again, and tells what grew.
func printDiff(ctx context.Context, top, dir, before, after string, out io.Writer) error {
	old, err := revision(ctx, top, filepath.Join(dir, "before"), before)
	if err != nil {
		return err
	}
	now, err := revision(ctx, top, filepath.Join(dir, "after"), after)
	if err != nil {
		return err
	}
	why := func(pkg string) string {
		text, err := now.graph.Why(pkg)
		if err != nil {
			return ""
		}
		lines := strings.Split(strings.TrimSpace(text), "\n  ")
		return strings.Join(lines[1:], " ")
	}
	fmt.Fprintf(out, "from %s to %s\n", before, after)
	fmt.Fprintf(out, "base image: %d bytes, %+d\n", now.baseBytes, now.baseBytes-old.baseBytes)
	fragments := "the same fragments, so the same kernel from one compiler"
	if changed, err := git(ctx, top, "diff", "--shortstat", before, after, "--", "kconfig/fragments"); err != nil {
		return err
	} else if changed != "" {
		fragments = "not built here; its fragments:" + " " + changed
	}
	fmt.Fprintf(out, "kernel: %s\n", fragments)
	_, err = io.WriteString(out, attribute.Diff(old.pieces, now.pieces, reasonsMax, why))
	return err
}

// built is what is measured of a revision.
type built struct {
	pieces    []attribute.Piece
	graph     *attribute.Graph
	baseBytes int64
}

// revision builds one in a worktree at dir.
func revision(ctx context.Context, top, dir, rev string) (b built, err error) {
	if _, err := git(ctx, top, "worktree", "add", "--detach", dir, rev); err != nil {
		return b, err
	}
	defer func() {
		// Also when the build was interrupted, so with a context of its own.
		if _, gone := git(context.Background(), top, "worktree", "remove", "--force", dir); err == nil {
			err = gone
		}
	}()
	bin := filepath.Join(dir, "build")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return b, err
	}
	if b.pieces, err = attribute.Init(dir).Attribute(ctx, bin); err != nil {
		return b, err
	}
	if b.graph, err = attribute.Init(dir).Graph(ctx, bin); err != nil {
		return b, err
	}
	// By the revision's own builder: what it would have released.
	image := exec.CommandContext(ctx, "go", "run", "./fs/image/mkimage", "base")
	image.Dir = dir
	if said, err := image.CombinedOutput(); err != nil {
		return b, fmt.Errorf("weigh: the base image of %s: %w\n%s", rev, err, said)
	}
	info, err := os.Stat(filepath.Join(bin, "base.squashfs"))
	if err != nil {
		return b, err
	}
	b.baseBytes = info.Size()
	return b, nil
}

// git runs git in the checkout at top; an error carries what it said.
func git(ctx context.Context, top string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", top}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("weigh: git %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return strings.TrimSpace(string(out)), nil
}
