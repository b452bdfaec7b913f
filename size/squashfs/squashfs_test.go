package squashfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/size/installed"
)

// pack makes an image of files; more are words for mksquashfs.
func pack(t testing.TB, files map[string]string, more ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	root, out := filepath.Join(dir, "root"), filepath.Join(dir, "image")
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("big", filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	args := append([]string{root, out, "-noappend", "-quiet", "-no-progress", "-all-root", "-processors", "1"}, more...)
	installed.Run(t, "mksquashfs", args...)
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// noise can't be compressed, and is the same for a seed.
func noise(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, 0))
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(r.Uint32())
	}
	return string(out)
}

// tree has a file for each way to be stored.
func tree() map[string]string {
	files := map[string]string{
		"big": strings.Repeat("compress me well ", 30000), "noise": noise(1, 300_000), "same/noise": noise(1, 300_000),
		"deep/er/est/x": "tail", "deep/er/y": noise(2, 5000), "empty": "", "block": noise(3, 131072),
		"holes": strings.Repeat("\x00", 400_000) + "end",
	}
	for i := range 300 { // more than one head holds, and more than one table block
		files[fmt.Sprintf("many/file-with-a-long-name-%03d", i)] = fmt.Sprintf("content %d", i*i)
	}
	return files
}

var packings = map[string][]string{
	"zstd": {"-comp", "zstd", "-Xcompression-level", "1"}, "gzip": {"-comp", "gzip"}, "4 KiB blocks": {"-comp", "zstd", "-Xcompression-level", "1", "-b", "4096"},
	"nothing compressed": {"-comp", "zstd", "-Xcompression-level", "1", "-noI", "-noD", "-noF"}, "all tails together": {"-comp", "zstd", "-Xcompression-level", "1", "-tailends", "-no-exports"},
	"no tails together": {"-comp", "zstd", "-Xcompression-level", "1", "-no-fragments", "-no-xattrs"},
}

// TestEveryByteIsCounted packs a tree in several ways and holds the answer
// against the image's size and against what unsquashfs reads.
func TestEveryByteIsCounted(t *testing.T) {
	files := tree()
	for name, words := range packings {
		t.Run(name, func(t *testing.T) {
			raw := pack(t, files, words...)
			m, err := Read(raw)
			if err != nil {
				t.Fatal(err)
			}
			sum := uint64(0)
			for _, f := range m.Files {
				sum += f.Stored
				if content := files[strings.TrimPrefix(f.Path, "/")]; f.Bytes != uint64(len(content)) {
					t.Errorf("%s: %d bytes, it has %d", f.Path, f.Bytes, len(content))
				}
				if f.SameAs != "" && f.Path != "/same/noise" {
					t.Errorf("%s is said to be as %s", f.Path, f.SameAs)
				}
			}
			for _, p := range m.Parts {
				sum += p.Stored
				if strings.Contains(p.Name, "no file refers") && p.Stored > 16 {
					t.Errorf("%d bytes before the tables are nobody's", p.Stored)
				}
			}
			if sum != uint64(len(raw)) || len(m.Files) != len(files) {
				t.Errorf("%d bytes of %d, %d files of %d", sum, len(raw), len(m.Files), len(files))
			}
			againstUnsquashfs(t, raw, m)
		})
	}
}

// againstUnsquashfs compares paths and lengths.
func againstUnsquashfs(t *testing.T, raw []byte, m Image) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(file, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(installed.Program(t, "unsquashfs"), "-lln", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for line := range strings.Lines(string(said)) {
		words := strings.Fields(line)
		if len(words) == 6 && strings.HasPrefix(words[0], "-") {
			want[strings.TrimPrefix(words[5], "squashfs-root")] = words[2]
		}
	}
	for _, f := range m.Files {
		if want[f.Path] != fmt.Sprint(f.Bytes) {
			t.Errorf("%s: %d bytes, unsquashfs says %q", f.Path, f.Bytes, want[f.Path])
		}
	}
	if len(want) != len(m.Files) {
		t.Errorf("%d files, unsquashfs lists %d", len(m.Files), len(want))
	}
}

// TestStoredIsWhatAFileCosts compares with the image that lacks the file: the
// tables differ by some bytes, the file by all of its own.
func TestStoredIsWhatAFileCosts(t *testing.T) {
	files := tree()
	with := pack(t, files, "-comp", "zstd", "-Xcompression-level", "1", "-nopad")
	m, err := Read(with)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"big", "block"} {
		less := tree()
		delete(less, name)
		cost := len(with) - len(pack(t, less, "-comp", "zstd", "-Xcompression-level", "1", "-nopad"))
		for _, f := range m.Files {
			if f.Path == "/"+name && (cost < int(f.Stored)-1000 || cost > int(f.Stored)+1000) {
				t.Errorf("%s is stored in %d bytes, without it the image is %d smaller", name, f.Stored, cost)
			}
		}
	}
}

func TestBrokenIsRefused(t *testing.T) {
	good := pack(t, tree(), "-comp", "zstd", "-Xcompression-level", "1")
	change := func(at int, to ...byte) []byte {
		raw := bytes.Clone(good)
		copy(raw[at:], to)
		return raw
	}
	for name, raw := range map[string][]byte{
		"nothing": nil, "another form": change(0, 'x'), "version 3": change(28, 3), "an unknown compressor": change(20, 9),
		"cut": good[:len(good)/2], "a table outside": change(72, 0, 0, 0, 0, 1), "too many inodes": change(4, 255, 255, 255, 255),
		"a root elsewhere": change(32, 1, 2, 3), "fragments elsewhere": change(80, 1, 0, 0, 0),
	} {
		if _, err := Read(raw); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestReportGolden(t *testing.T) {
	m := Image{Bytes: 1000, Inodes: 7, Files: []File{
		{Path: "/a", Bytes: 300, Stored: 100}, {Path: "/b", Bytes: 300, SameAs: "/a"}, {Path: "/c", Bytes: 40, Stored: 20, Tail: 20},
		{Path: "/init", Bytes: 700, Stored: 700}, {Path: "/none"},
	}, Parts: []Part{{"(superblock)", 96}, {"(padding)", 84}}}
	path, got := filepath.Join("testdata", "report.txt"), m.Report()
	golden.Check(t, path, got)
}

// FuzzRead reads any bytes; what it counts is never more than there are.
func FuzzRead(f *testing.F) {
	f.Add(pack(f, map[string]string{"big": "x", "d/y": "z"}, "-comp", "gzip", "-nopad"))
	f.Add(pack(f, map[string]string{"big": "x", "d/y": "z"}, "-comp", "zstd", "-Xcompression-level", "1", "-noI", "-noF", "-nopad"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Read(raw)
		if err != nil {
			return
		}
		sum := uint64(0)
		for _, file := range m.Files {
			sum += file.Stored
		}
		for _, part := range m.Parts {
			sum += part.Stored
		}
		if sum != uint64(len(raw)) {
			t.Fatalf("%d bytes are counted of %d", sum, len(raw))
		}
	})
}
