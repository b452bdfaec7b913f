package fat

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestReadsWhatWasWritten(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		s := sample(sector)
		file, err := os.Open(write(t, s))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		v, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range s.Files {
			f, err := v.Find(want.Path)
			if err != nil {
				t.Fatal(err)
			}
			got, err := v.Read(f, 1<<30)
			if err != nil || !bytes.Equal(got, want.Data) || want.Path[strings.LastIndex(want.Path, "/")+1:] != f.Name {
				t.Errorf("%s: %s, %d bytes, %v", want.Path, f.Name, len(got), err)
			}
		}
		if _, err := v.Find("/loader/nothing"); err == nil || errors.Is(err, ErrDamaged) {
			t.Errorf("a file that is not there: %v", err)
		}
		if f, _ := v.Find("/thirteen.text"); f.Bytes != 1 {
			t.Errorf("%+v", f)
		} else if _, err := v.Read(f, 0); err == nil {
			t.Error("a file larger than was allowed was read")
		}
	}
}

// zeroes is a disk that has a beginning, and zeros behind it.
type zeroes []byte

func (z zeroes) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	if at < 0 || at > 1<<40 {
		return 0, io.EOF
	}
	if at < int64(len(z)) {
		copy(b, z[at:])
	}
	return len(b), nil
}

// FuzzRead: whatever stands on a disk, reading it ends, and gives files that are no
// larger than was allowed.
func FuzzRead(f *testing.F) {
	s := Spec{SectorBytes: 512, SizeBytes: 34 << 20, Label: "MOTE", Files: []File{{"/EFI/Linux/mote-a-1.0-edge+3-0.efi", []byte("kernel")}}}
	name := f.TempDir() + "/esp"
	file, err := os.Create(name)
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	if err := Write(file, s); err != nil {
		f.Fatal(err)
	}
	whole, err := io.ReadAll(io.NewSectionReader(file, 0, 600<<10))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:512], whole[32*512:33*512], whole[len(whole)-60<<10:])
	f.Fuzz(func(t *testing.T, boot, table, data []byte) {
		disk := make(zeroes, 600<<10)
		copy(disk, boot)
		copy(disk[32*512:], table)
		if len(data) < 60<<10 {
			copy(disk[len(disk)-60<<10:], data)
		}
		v, err := Open(disk)
		if err != nil {
			return
		}
		list, err := v.List(Found{Folder: true, first: v.root})
		if err != nil {
			return
		}
		for _, found := range list[:min(len(list), 8)] {
			if b, err := v.Read(found, 4096); err == nil && len(b) > 4096 {
				t.Errorf("%d bytes", len(b))
			}
		}
	})
}
