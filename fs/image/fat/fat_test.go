package fat

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mote/size/installed"
)

// sample has each kind of name, an empty file, one of a whole cluster, and a
// folder that needs several.
func sample(sector int) Spec {
	s := Spec{SectorBytes: sector, SizeBytes: 34 << 20, Label: "MOTE", Serial: 0x4d6f7465, TimeSec: 1767225600 + 3601}
	if sector == 4096 {
		s.SizeBytes = 272 << 20
	}
	s.Files = []File{
		{"/EFI/BOOT/BOOTX64.EFI", bytes.Repeat([]byte("loader"), 20_000)},
		{"/EFI/Linux/mote-1.2.3-edge-a+3.efi", bytes.Repeat([]byte("kernel"), 500_000)},
		{"/EFI/Linux/mote-1.2.3-edge-b+3.efi", []byte("another")},
		{"/loader/loader.conf", []byte("timeout 0\n")},
		{"/empty", nil},
		{"/A.B", bytes.Repeat([]byte{1}, sector)},
		{"/thirteen.text", []byte{1}},
	}
	for i := range 40 {
		s.Files = append(s.Files, File{fmt.Sprintf("/many/a file's long name.%d", i), []byte{byte(i)}})
	}
	for i := range s.Files {
		s.Files[i].Path = strings.ReplaceAll(s.Files[i].Path, " ", "_")
	}
	return s
}

func write(t *testing.T, s Spec) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "esp")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Truncate(s.SizeBytes); err != nil {
		t.Fatal(err)
	}
	if err := Write(f, s); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestFsckTakesIt, and mtools read every file.
func TestFsckTakesIt(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		t.Run(strconv.Itoa(sector), func(t *testing.T) {
			s := sample(sector)
			name := write(t, s)
			said := installed.Run(t, "fsck.vfat", "-n", "-v", name)
			if !strings.Contains(said, "32 bit entries") || strings.Contains(said, "ixing") || strings.Contains(said, "summary") &&
				strings.Contains(said, "should be") {
				t.Error(said)
			}
			for _, f := range s.Files[:7] {
				if got := installed.Run(t, "mtype", "-i", name, "::"+f.Path); got != string(f.Data) {
					t.Errorf("%s: %d other bytes", f.Path, len(got))
				}
			}
			if list := installed.Run(t, "mdir", "-/", "-i", name, "::"); strings.Count(list, "2026-01-01   1:00") != len(s.Files)+15 { // and five folders, each with two dots
				t.Errorf("files of another time, or missing:\n%s", list)
			}
		})
	}
}

func TestSameFilesSameBytes(t *testing.T) {
	s := sample(512)
	first, _ := os.ReadFile(write(t, s))
	s.Files[0], s.Files[3] = s.Files[3], s.Files[0]
	second, _ := os.ReadFile(write(t, s))
	if !bytes.Equal(first, second) {
		t.Error("the order in which files are given changes the bytes")
	}
}

func TestBadSpecs(t *testing.T) {
	for name, spoil := range map[string]func(*Spec){
		"sectors of 300":  func(s *Spec) { s.SectorBytes = 300 },
		"a small one":     func(s *Spec) { s.SizeBytes = 30 << 20 },
		"a long label":    func(s *Spec) { s.Label = "MOTEMOTEMOTE" },
		"a relative path": func(s *Spec) { s.Files[0].Path = "a" },
		"a folder":        func(s *Spec) { s.Files[0].Path = "/a/" },
		"twice":           func(s *Spec) { s.Files[0].Path = "/LOADER/loader.conf" },
		"file as folder":  func(s *Spec) { s.Files[0].Path = "/A.B/c" },
		"a colon":         func(s *Spec) { s.Files[0].Path = "/a:b" },
		"too much":        func(s *Spec) { s.Files[0].Data = make([]byte, 35<<20) },
	} {
		s := sample(512)
		spoil(&s)
		if err := Write(nothing{}, s); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
}

// nothing takes what is written.
type nothing struct{}

func (nothing) WriteAt(b []byte, _ int64) (int, error) { return len(b), nil }
