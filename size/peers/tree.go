package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tree is what is in a peer's root.
type tree struct {
	nodes []node
}

// node is a file, a link or a folder; the zero of Source and Content is an empty
// file, and Mode 0 a folder.
type node struct {
	path    string
	mode    uint32
	source  string
	content string
	target  string
}

func (t *tree) has(path string) bool {
	for _, n := range t.nodes {
		if n.path == path {
			return true
		}
	}
	return false
}

func (t *tree) file(path, source string, mode uint32) {
	t.nodes = append(t.nodes, node{path: path, source: source, mode: mode})
}

func (t *tree) text(path, content string, mode uint32) {
	t.nodes = append(t.nodes, node{path: path, content: content, mode: mode})
}

func (t *tree) link(path, target string) {
	t.nodes = append(t.nodes, node{path: path, target: target})
}

func (t *tree) folder(paths ...string) {
	for _, path := range paths {
		t.nodes = append(t.nodes, node{path: path})
	}
}

// write makes the SquashFS as Mote's own images are made, with every program
// stored uncompressed as Mote's is: the figures shall tell the inits apart, not
// who was compressed. It gives the image's bytes.
func (t *tree) write(ctx context.Context, out string) (bytes int64, err error) {
	stage, err := os.MkdirTemp(filepath.Dir(out), "stage-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(stage)
	t.folder("/dev", "/proc", "/run", "/sys", "/tmp", "/var", "/etc", "/bin")
	args := []string{stage, out, "-comp", "zstd", "-Xcompression-level", "19", "-b", "131072", "-all-root", "-root-mode", "755",
		"-all-time", "1767225600", "-mkfs-time", "1767225600",
		"-no-exports", "-no-xattrs", "-noappend", "-no-recovery", "-exit-on-error", "-no-progress", "-quiet",
		"-p", "/dev/console c 600 0 0 5 1", "-p", "/dev/null c 666 0 0 1 3"}
	for _, n := range t.nodes {
		if err := n.stage(stage); err != nil {
			return 0, fmt.Errorf("peers: stage %s: %w", n.path, err)
		}
		if n.mode&0o111 != 0 {
			args = append(args, "-action", "uncompressed@pathname("+n.path+")")
		}
	}
	if _, err := command(ctx, stage, "mksquashfs", args...); err != nil {
		return 0, err
	}
	info, err := os.Stat(out)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (n node) stage(stage string) error {
	full := filepath.Join(stage, n.path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return err
	}
	switch {
	case n.target != "":
		return os.Symlink(n.target, full)
	case n.mode == 0:
		return os.MkdirAll(full, 0o755)
	case n.source == "":
		return os.WriteFile(full, []byte(n.content), os.FileMode(n.mode))
	}
	text, err := os.ReadFile(n.source)
	if err != nil {
		return err
	}
	return os.WriteFile(full, text, os.FileMode(n.mode))
}

// lines joins lines to a text.
func lines(list ...string) string { return strings.Join(list, "\n") + "\n" }
