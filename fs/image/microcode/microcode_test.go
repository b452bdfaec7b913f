package microcode

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
)

// intel composes an update for no processor.
func intel(revision uint32, bytesCount int) []byte {
	b := make([]byte, bytesCount)
	for at, value := range map[int]uint32{0: 1, 4: revision, 12: 0xfffffff0, 20: 1, 28: uint32(bytesCount - 48), 32: uint32(bytesCount)} {
		binary.LittleEndian.PutUint32(b[at:], value)
	}
	sum := uint32(0)
	for at := 0; at < len(b); at += 4 {
		sum -= binary.LittleEndian.Uint32(b[at:])
	}
	binary.LittleEndian.PutUint32(b[16:], sum)
	return b
}

// amd composes a container with patches for no processor.
func amd(patches ...int) []byte {
	section := func(b []byte, kind uint32, size int) []byte {
		b = binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, kind), uint32(size))
		return append(b, make([]byte, size)...)
	}
	b := section([]byte("DMA\x00"), 0, 32)
	for _, size := range patches {
		b = section(b, 1, size)
	}
	return b
}

func put(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// read takes an archive apart as it says itself, and holds where contents begin.
func read(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	from := bytes.NewReader(archive)
	for r := cpio.NewReader(from); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimRight(h.Name, "\x00")
		if at := bytes.Index(archive, append([]byte(h.Name), 0)) + len(h.Name) + 1; h.Mode.IsRegular() && at%16 != 0 {
			t.Errorf("%s begins at byte %d", name, at)
		}
		files[name] = b
	}
	return files
}

// TestArchive: what is given in any order, twice, in folders or as files, is in the
// two files that the kernel looks for, once.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	one, two, container := intel(7, 2048), append(intel(8, 3072), intel(9, 1024)...), amd(64, 3200)
	put(t, dir, map[string][]byte{"06-8e-0a": one, "06-9e-0d": two, "microcode_amd.bin": container, ".hidden": []byte("x")})
	s, err := Read([]string{dir})
	if err != nil || s.IntelCount != 3 || s.AMDCount != 2 {
		t.Fatalf("%d, %d, %v", s.IntelCount, s.AMDCount, err)
	}
	archive, err := s.Archive()
	if err != nil || len(archive)%BlockBytes != 0 {
		t.Fatalf("%d bytes, %v", len(archive), err)
	}
	files := read(t, archive)
	if len(files[IntelPath]) != len(one)+len(two) || !bytes.Contains(files[IntelPath], one) || !bytes.Contains(files[IntelPath], two) ||
		!bytes.Equal(files[AMDPath], container) || len(files) != 5 {
		t.Errorf("%d files, %d and %d bytes", len(files), len(files[IntelPath]), len(files[AMDPath]))
	}
	again, err := Read([]string{filepath.Join(dir, "microcode_amd.bin"), filepath.Join(dir, "06-9e-0d"), dir})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := again.Archive(); err != nil || !bytes.Equal(b, archive) {
		t.Errorf("in another order it has other bytes (%v)", err)
	}
	onlyAMD, err := Read([]string{filepath.Join(dir, "microcode_amd.bin")})
	if err != nil {
		t.Fatal(err)
	}
	if archive, err = onlyAMD.Archive(); err != nil || read(t, archive)[IntelPath] != nil {
		t.Errorf("a file for Intel without an update: %v", err)
	}
}

// TestRefused: every way in which a file can be damaged is found, with its name.
func TestRefused(t *testing.T) {
	whole, container := append(intel(7, 2048), intel(8, 1024)...), amd(64, 128)
	flipped := bytes.Clone(whole)
	flipped[2100] ^= 1
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"a text":         {[]byte("These are not the updates that you are looking for, as they are text."), "no update of Intel's or AMD's"},
		"cut":            {whole[:2048+512], "update 2 should have 1024 bytes, and 512 are left"},
		"flipped":        {flipped, "update 2 is damaged"},
		"odd tail":       {append(bytes.Clone(whole), 1), "no update of"},
		"AMD, cut":       {container[:len(container)-1], "after 1 updates comes a section of type 1 with 128 bytes"},
		"AMD, no patch":  {amd(), "without an update"},
		"AMD, tail":      {append(bytes.Clone(container), 0, 0, 0), "cut after 2 updates"},
		"AMD, no table":  {append([]byte("DMA\x00"), container[44:]...), "a section of type 1"},
		"AMD, two in it": {append(bytes.Clone(container), container[:40]...), "after 2 updates comes a section of type 0"},
	} {
		dir := t.TempDir()
		put(t, dir, map[string][]byte{"file": c.b})
		if _, err := Read([]string{dir}); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "file: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "nowhere")} {
		if _, err := Read([]string{path}); err == nil {
			t.Errorf("%s: taken", path)
		}
	}
	if n, err := countAMD(append(amd(64), amd(64, 64)...)); n != 3 || err != nil {
		t.Errorf("two containers in a row: %d, %v", n, err)
	}
}

// FuzzCount: no bytes make it panic, and what it takes it has seen to the end.
func FuzzCount(f *testing.F) {
	f.Add(intel(1, 1024))
	f.Add(append(amd(64), amd(80, 96)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Set
		if s.add(b) == nil && (s.IntelCount+s.AMDCount == 0) != (len(b) == 0) {
			t.Errorf("%d and %d updates in %d bytes", s.IntelCount, s.AMDCount, len(b))
		}
	})
}
