//go:build qemu

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestQEMUBuildsBase runs the command as `make size` does, with PID 1's sources.
func TestQEMUBuildsBase(t *testing.T) {
	target := filepath.Join(t.TempDir(), "x.squashfs")
	build := func(args ...string) string {
		t.Helper()
		var out, usage bytes.Buffer
		args = append([]string{"-o", target, "-level", "1", "-inspect"}, args...)
		if err := run(t.Context(), append(args, "base"), &out, &usage); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(target)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	if said := build("-list"); !strings.Contains(said, "built in") || !strings.Contains(said, "/init ") {
		t.Errorf("said:\n%s", said)
	}
	raw := size()
	if said := build("-compress-init"); !strings.Contains(said, "built in") || strings.Contains(said, "/init ") {
		t.Errorf("said:\n%s", said)
	}
	if size() >= raw {
		t.Errorf("PID 1 compressed makes %d bytes, raw %d", size(), raw)
	}
	if said := build("-block", "4096"); !strings.Contains(said, "built in") {
		t.Errorf("said:\n%s", said)
	}
}
