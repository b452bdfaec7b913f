package kconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
)

func TestTreeVersion(t *testing.T) {
	for _, c := range []struct{ makefile, want string }{
		{"# SPDX\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\nEXTRAVERSION =\nNAME = X\n", "6.12.117"},
		{"VERSION = 6\nPATCHLEVEL = 13\nSUBLEVEL = 0\nEXTRAVERSION = -rc1\n", "6.13.0-rc1"},
		{"all:\n\techo VERSION = 6\n", ""},
		{"", ""},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "Makefile"), []byte(c.makefile), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := treeVersion(dir)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: got %q, %v, want %q", c.makefile, got, err, c.want)
		}
	}
}

func TestFindSourceInAFolder(t *testing.T) {
	s, err := FindSource("testdata/tree")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(s.Dir) || s.Tarball != "" || !strings.HasPrefix(s.ID, "6.12.0-toy at /") {
		t.Errorf("got %+v", s)
	}
	if err := s.Unpack(t.Context(), t.TempDir()); err != nil {
		t.Errorf("a folder needs no unpacking, yet: %v", err)
	}
	if _, err := FindSource(t.TempDir()); err == nil || !strings.Contains(err.Error(), "the folder with the top Makefile") {
		t.Errorf("an empty folder: %v", err)
	}
}

// pack makes a tarball of the toy tree as the distribution packs its own.
func pack(t *testing.T, from string) string {
	t.Helper()
	installed.Program(t, "xz")
	tarball := filepath.Join(t.TempDir(), "linux-source.tar.xz")
	installed.Run(t, "tar", "-cJf", tarball, "-C", filepath.Dir(from), filepath.Base(from))
	return tarball
}

// TestUnpackOnce: a left-over of an interrupted unpacking is dropped, a whole
// tree is used again.
func TestUnpackOnce(t *testing.T) {
	root := t.TempDir()
	s := Source{Tarball: pack(t, "testdata/tree"), ID: "toy"}
	part := filepath.Join(root, "source-"+s.Tag()+".part")
	if err := os.MkdirAll(filepath.Join(part, "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Unpack(t.Context(), root); err != nil {
		t.Fatal(err)
	}
	if v, err := treeVersion(s.Dir); err != nil || v != "6.12.0-toy" {
		t.Errorf("unpacked %q, %v", v, err)
	}
	if _, err := os.Stat(filepath.Join(s.Dir, "half")); err == nil {
		t.Error("the left-over is in the tree")
	}
	again := Source{Tarball: filepath.Join(root, "gone.tar.xz"), ID: "toy"}
	if err := again.Unpack(t.Context(), root); err != nil || again.Dir != s.Dir {
		t.Errorf("the second time: %q, %v", again.Dir, err)
	}
}

func TestUnpackRefusals(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.tar.xz")
	if err := os.WriteFile(broken, []byte("not xz"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ tarball, want string }{
		"broken":        {broken, "unpacking " + broken},
		"not a kernel":  {pack(t, "testdata/join"), "holds no kernel tree"},
		"not there yet": {filepath.Join(t.TempDir(), "none"), "unpacking"},
	} {
		root := t.TempDir()
		s := Source{Tarball: c.tarball, ID: name}
		if err := s.Unpack(t.Context(), root); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if s.Dir != "" {
			t.Errorf("%s: a failed source has a folder", name)
		}
	}
}
