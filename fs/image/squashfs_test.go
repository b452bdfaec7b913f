package image

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// noise returns bytes that compress well, but not to nothing.
func noise(n int) []byte {
	b := make([]byte, n)
	state := uint32(1)
	for i := range b {
		state = state*1664525 + 1013904223
		b[i] = byte(state>>24) & 0x3f
	}
	return b
}

// fullTable has an entry of each kind, with owners, modes and a raw file.
func fullTable(source string) Table {
	const why = "a test"
	return Table{
		{Path: "/dev", Kind: KindFolder, Mode: 0o755, Reason: why},
		{Path: "/dev/console", Kind: KindChar, Mode: 0o600, Major: 5, Minor: 1, Reason: why},
		{Path: "/dev/odd", Kind: KindChar, Mode: 0o640, UID: 3, GID: 4, Major: 240, Minor: 255, Reason: why},
		{Path: "/etc", Kind: KindFolder, Mode: 0o750, UID: 5, GID: 6, Reason: why},
		{Path: "/etc/empty", Kind: KindFile, Mode: 0o400, Reason: why},
		{Path: "/etc/hosts", Kind: KindFile, Mode: 0o644, UID: 1000, GID: 2000, Content: []byte("x\n"), Reason: why},
		{Path: "/etc/link", Kind: KindLink, UID: 7, GID: 8, Target: "../run/there", Reason: why},
		{Path: "/init", Kind: KindFile, Mode: 0o755, Source: source, Raw: true, Reason: why},
		{Path: "/packed", Kind: KindFile, Mode: 0o000, Content: noise(300_001), Reason: why},
	}
}

// writeTable makes an image in a folder of its own and returns its bytes.
func writeTable(t *testing.T, p Packing, table Table) []byte {
	t.Helper()
	needPacker(t)
	out := filepath.Join(t.TempDir(), "x.squashfs")
	if err := p.write(t.Context(), table, out); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(out))
	if err != nil || len(left) != 1 {
		t.Errorf("staging was left behind: %v, %v", left, err)
	}
	return b
}

// sourceFile writes a file for an entry's Source.
func sourceFile(t *testing.T, content []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "source")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestSameTableGivesSameBytes(t *testing.T) {
	content := noise(400_003)
	was := bytesSum(writeTable(t, quick(), fullTable(sourceFile(t, content))))
	same := func(name string, p Packing, table Table) {
		t.Run(name, func(t *testing.T) {
			if got := bytesSum(writeTable(t, p, table)); got != was {
				t.Errorf("sha256 is %s, was %s", got, was)
			}
		})
	}
	one, three := quick(), quick()
	one.Processors, three.Processors = 1, 3
	same("another folder", quick(), fullTable(sourceFile(t, content)))
	same("one processor", one, fullTable(sourceFile(t, content)))
	same("three processors", three, fullTable(sourceFile(t, content)))

	old := sourceFile(t, content)
	if err := os.Chtimes(old, time.Unix(86_400, 0), time.Unix(86_400, 0)); err != nil {
		t.Fatal(err)
	}
	same("another time of the source", quick(), fullTable(old))

	shared := sourceFile(t, content)
	if err := os.Chmod(shared, 0o777); err != nil {
		t.Fatal(err)
	}
	same("another mode of the source", quick(), fullTable(shared))

	backwards := fullTable(sourceFile(t, content))
	slices.Reverse(backwards)
	same("another order of declaration", quick(), backwards)

	defer syscall.Umask(syscall.Umask(0o077))
	same("umask 077", quick(), fullTable(sourceFile(t, content)))
	syscall.Umask(0)
	same("umask 000", quick(), fullTable(sourceFile(t, content)))

	t.Setenv("TZ", "Pacific/Kiritimati")
	t.Setenv("SOURCE_DATE_EPOCH", "1")
	t.Setenv("LC_ALL", "C.UTF-8")
	same("another environment", quick(), fullTable(sourceFile(t, content)))
}

func TestAnotherTimeOrBlockGivesOtherBytes(t *testing.T) {
	source := sourceFile(t, noise(400_003))
	seen := map[string]string{}
	for name, p := range map[string]Packing{
		"as is":         {Level: 1},
		"another time":  {Level: 1, TimeSec: 1},
		"another block": {Level: 1, BlockBytes: 65536},
		"another level": {Level: 19},
	} {
		sum := bytesSum(writeTable(t, p, fullTable(source)))
		if other, twice := seen[sum]; twice {
			t.Errorf("%s gives the same bytes as %s", name, other)
		}
		seen[sum] = name
	}
}

func TestRawFileStandsInOnePiece(t *testing.T) {
	for _, size := range []int{1, 5_000, 131_072, 131_073, 400_003} {
		content := noise(size)
		table := fullTable(sourceFile(t, content))
		if !bytes.Contains(writeTable(t, quick(), table), content) {
			t.Errorf("%d raw bytes are not in the image in one piece", size)
		}
		for i := range table {
			table[i].Raw = false
		}
		if size > 1 && bytes.Contains(writeTable(t, quick(), table), content) {
			t.Errorf("%d bytes that are not raw stand in the image as they are", size)
		}
	}
}

func TestWriteIsWhatWalkReads(t *testing.T) {
	needPacker(t)
	content := noise(400_003)
	table := fullTable(sourceFile(t, content))
	out := filepath.Join(t.TempDir(), "x.squashfs")
	if err := quick().write(t.Context(), table, out); err != nil {
		t.Fatal(err)
	}
	found, err := Walk(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != len(table) {
		t.Fatalf("%d paths in the image, %d declared", len(found), len(table))
	}
	for i, e := range table.sorted() {
		f := found[slices.IndexFunc(found, func(f Found) bool { return f.Path == e.Path })]
		want, err := e.bytes()
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == KindLink {
			e.Mode = 0o777
		}
		if f.Kind != e.Kind || f.Mode != e.Mode || f.UID != e.UID || f.GID != e.GID || f.Target != e.Target ||
			f.Major != e.Major || f.Minor != e.Minor || !bytes.Equal(f.Content, want) {
			t.Errorf("entry %d: declared %+v, found %s %o %d:%d %q %d,%d with %d bytes",
				i, e, f.Kind, f.Mode, f.UID, f.GID, f.Target, f.Major, f.Minor, len(f.Content))
		}
	}
}

func TestFailedWriteLeavesTheOldImage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "x.squashfs")
	mustWrite(t, out, "the old one")
	for name, c := range map[string]struct {
		packing Packing
		table   Table
		want    string
	}{
		"no source":  {quick(), fullTable("/nonexistent/source"), "/init"},
		"odd block":  {Packing{BlockBytes: 12345}, fullTable(sourceFile(t, nil)), "mksquashfs"},
		"high level": {Packing{Level: 99}, fullTable(sourceFile(t, nil)), "mksquashfs"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.packing.write(t.Context(), c.table, out)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if b, err := os.ReadFile(out); err != nil || string(b) != "the old one" {
				t.Errorf("the old image is %q, %v", b, err)
			}
			if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
				t.Errorf("staging was left behind: %v, %v", left, err)
			}
		})
	}
}

func TestMissingToolSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := squashfsTool(t.Context(), "mksquashfs", nil)
	if err == nil || !strings.Contains(err.Error(), "install squashfs-tools") {
		t.Errorf("got %v", err)
	}
}
