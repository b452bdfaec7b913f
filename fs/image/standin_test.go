package image

import (
	"os"
	"path/filepath"
	"testing"

	"mote/size/installed"
	"mote/wire"
)

// quick is a packing for tests: how well zstd compresses isn't what they ask.
func quick() Packing { return Packing{Level: 1} }

// needPacker ends a test that can't write images here.
func needPacker(t *testing.T) {
	t.Helper()
	installed.Program(t, "mksquashfs")
}

// standin returns the path of testdata/standin, a module of its own, so that
// tests of images don't depend on PID 1's sources.
func standin(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/standin")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// standinCopy returns a copy of the module that a test may change.
func standinCopy(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(dir, os.DirFS("testdata/standin")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// standinInit stands in for PID 1.
func standinInit(module string) Program {
	p := Init(module, "amd64")
	p.Flags = ProgramFlags() // PID 1's own name its entry, which this one hasn't
	return p
}

// standinService stands in for a service's program.
func standinService(module string) Program {
	return Program{Path: "/bin/service", Package: "./service", Module: module, Flags: ProgramFlags(), Reason: "a test"}
}

// standinSpec is a whole image of both, in a folder of its own.
func standinSpec(t *testing.T, module string) Spec {
	t.Helper()
	needPacker(t)
	dir := t.TempDir()
	return Spec{
		Manifest: &wire.Manifest{Node: "standin", Services: []wire.Service{{
			Name: "service", Kind: wire.KindDaemon, Exec: []string{"/bin/service"},
			Ready: wire.ReadyExec, Restart: wire.RestartAlways,
		}}},
		Init:     standinInit(module),
		Programs: []Program{standinService(module)},
		Out:      filepath.Join(dir, "x.squashfs"),
		Keep:     filepath.Join(dir, "programs"),
		GOARCH:   "amd64",
		Packing:  quick(),
	}
}

// mustWrite replaces a file's content.
func mustWrite(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
