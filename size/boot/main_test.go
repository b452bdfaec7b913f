package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/ctl/bench"
	"mote/size/installed"
	"mote/wire"
)

// observed is a run as a bench machine told of it.
func observed(t *testing.T) bench.Run {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "ctl", "bench", "testdata", "observe-three-services.txt"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bench.ParseObserve(strings.TrimPrefix(string(text), "observe: "))
	if err != nil {
		t.Fatal(err)
	}
	return bench.Run{Boot: b}
}

// boot.json is read by others: these keys, and no others.
func TestWrittenFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	if err := write(folder, bench.Report{Runs: []bench.Run{observed(t)}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "boot.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"marks", "ready_ns", "init_ns", "kernel_ns", "pid1_rss_bytes", "mem_used_bytes"} {
		if got[key] == nil {
			t.Errorf("no key %s", key)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("further keys: %v", got)
	}
	if drawing, err := os.ReadFile(filepath.Join(folder, "boot.svg")); err != nil || !bytes.HasPrefix(drawing, []byte("<svg ")) {
		t.Errorf("boot.svg: %v", err)
	}
}

// The needs stand in the image; one that has none is another system's.
func TestNeedsAreRead(t *testing.T) {
	folder := t.TempDir()
	packed := func(name, file string, content []byte) string {
		t.Helper()
		stage, out := filepath.Join(folder, name), filepath.Join(folder, name+".squashfs")
		if err := os.Mkdir(stage, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(stage, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
		installed.Run(t, "mksquashfs", stage, out, "-quiet", "-no-progress")
		return out
	}
	text, err := wire.AppendManifest(nil, &wire.Manifest{Node: "n", Services: []wire.Service{{Name: "a", Exec: []string{"/a"}}, {Name: "b", Exec: []string{"/b"}, Needs: []string{"a", wire.StageNetwork}}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := needs(t.Context(), packed("whole", "manifest.cbor", text))
	if err != nil || len(got) != 2 || got[1].Name != "b" || !slices.Equal(got[1].Needs, []string{"a", "network"}) || len(got[0].Needs) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := needs(t.Context(), packed("foreign", "init", []byte("a program"))); err != nil || got != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := needs(t.Context(), packed("torn", "manifest.cbor", []byte{0xff})); err == nil || !strings.Contains(err.Error(), "/manifest.cbor in ") {
		t.Errorf("got %v", err)
	}
	if _, err := needs(t.Context(), filepath.Join(folder, "none.squashfs")); err == nil {
		t.Error("an image that is not there has needs")
	}
}

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-machine", "q35", "-exact"})
	if err != nil || o.kernel != filepath.Join("build", "bzImage") || !o.config().NICs[0].NoPeer {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = parseOptions([]string{"-initcalls"})
	if words := strings.Join(o.config().Append, " "); err != nil || o.kernel != filepath.Join("build", "measure", "vmlinux") || !strings.Contains(words, " initcall_debug ") {
		t.Errorf("%+v, %v: %s", o, err, words)
	}
	for _, bad := range [][]string{{"-runs", "0"}, {"extra"}} {
		if _, err := parseOptions(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"HEAD"}, {"-pairs", "-1", "a.squashfs", "b.squashfs"}, {"-offsets", "-1", "a.squashfs", "b.squashfs"}} {
		if err := compare(t.Context(), args, io.Discard); err == nil || !strings.Contains(err.Error(), "BASE and HEAD") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := compare(t.Context(), []string{"no-such-revision", "HEAD"}, io.Discard); err == nil || !strings.Contains(err.Error(), "no revision") {
		t.Errorf("got %v", err)
	}
	if err := compare(t.Context(), []string{"none.squashfs", "none.squashfs"}, io.Discard); err == nil || !strings.Contains(err.Error(), "none.squashfs") {
		t.Errorf("got %v", err)
	}
}
