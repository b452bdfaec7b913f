package disk

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
)

// dirty is a disk that somebody has used: no byte of it is zero.
func dirty(t *testing.T, sizeBytes int64) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	for at := int64(0); at < sizeBytes; at += alignBytes {
		if _, err := f.WriteAt(bytes.Repeat([]byte{0x55}, alignBytes), at); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// TestInstalledDiskIsTheImage: what was installed is what a raw disk has, on a disk of
// any size, and of what was there nothing is left where anybody looks.
func TestInstalledDiskIsTheImage(t *testing.T) {
	s := sample(512)
	least, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	size := least + 100<<20 + 512*7 // no whole number of MiB
	f := dirty(t, size)
	if err := f.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if err := Install(f, size, s); err != nil {
		t.Fatal(err)
	}
	if said := installed.Run(t, "sgdisk", "--verify", f.Name()); !strings.Contains(said, "No problems found") {
		t.Error(said)
	}
	said := installed.Run(t, "sfdisk", "--json", f.Name())
	raw, err := os.ReadFile(write(t, s))
	if err != nil {
		t.Fatal(err)
	}
	parts, _, err := s.layout()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts[:4] {
		got := make([]byte, p.bytes)
		if _, err := f.ReadAt(got, p.first); err != nil {
			t.Fatal(err)
		}
		want := raw[p.first : p.first+p.bytes]
		if p.name == nameSlotA {
			got, want = got[:len(s.Slots[0].Data)], want[:len(s.Slots[0].Data)]
		}
		if p.name == nameSlotB {
			got, want = got[:alignBytes], want[:alignBytes]
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is another one than in the image", p.name)
		}
		if !strings.Contains(said, `"`+p.name+`"`) {
			t.Errorf("sfdisk shows no %s:\n%s", p.name, said)
		}
	}
	if err := Install(f, least-1, s); err == nil || !strings.Contains(err.Error(), "too few") {
		t.Errorf("a disk that is too small: %v", err)
	}
}

// TestInstallPowerCut: until everything else is on the disk it has no partition table,
// so that what was there is not started, and nothing half written either.
func TestInstallPowerCut(t *testing.T) {
	s := sample(512)
	least, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	f := dirty(t, least)
	var without, with int
	sawAll := func() bool {
		esp := make([]byte, 512)
		_, err := f.ReadAt(esp, alignBytes)
		return err == nil && esp[510] == 0x55 && esp[511] == 0xaa && holds(t, f, slotAt(t, s), s.Slots[0].Data)
	}
	cut := func(what string) {
		var header [8]byte
		if _, err := f.ReadAt(header[:], 512); err != nil {
			t.Fatal(err)
		}
		switch {
		case string(header[:]) != "EFI PART":
			without++
		case !sawAll():
			t.Errorf("after %s the disk has a partition table, and not all that it names", what)
		default:
			with++
		}
	}
	if err := install(f, least, s, cut); err != nil {
		t.Fatal(err)
	}
	if without < 7 || with == 0 {
		t.Errorf("%d steps without a table, %d with one", without, with)
	}
}

func slotAt(t *testing.T, s Spec) int64 {
	t.Helper()
	parts, _, err := s.layout()
	if err != nil {
		t.Fatal(err)
	}
	return parts[1].first
}

func holds(t *testing.T, f *os.File, at int64, want []byte) bool {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, at); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(got, want)
}
