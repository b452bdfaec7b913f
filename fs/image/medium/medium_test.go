package medium

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/size/installed"
)

func sample() Spec {
	return Spec{Path: "/EFI/BOOT/BOOTX64.EFI", Program: bytes.Repeat([]byte("program"), 3_000_000), Label: "MOTE", TimeSec: 1767225600,
		Disk: "00010203-0405-4607-8809-0a0b0c0d0e0f", Partition: "10010203-0405-4607-8809-0a0b0c0d0e0f"}
}

// TestToolsReadIt: as a CD by xorriso, as a stick by sgdisk and mtools.
func TestToolsReadIt(t *testing.T) {
	s := sample()
	out := filepath.Join(t.TempDir(), "medium.iso")
	size, err := Write(out, s)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(out); err != nil || info.Size() != size {
		t.Errorf("%d bytes, told %d: %v", info.Size(), size, err)
	}
	said := installed.Run(t, "xorriso", "-indev", out, "-report_el_torito", "plain")
	for _, want := range []string{"UEFI", "Volume id    : 'MOTE'"} {
		if !strings.Contains(said, want) {
			t.Errorf("xorriso tells no %q:\n%s", want, said)
		}
	}
	if said := installed.Run(t, "sgdisk", "--verify", out); !strings.Contains(said, "No problems found") {
		t.Error(said)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	at, err := s.imageAt(f)
	if err != nil {
		t.Fatal(err)
	}
	image := make([]byte, s.imageBytes())
	if _, err := f.ReadAt(image, at); err != nil {
		t.Fatal(err)
	}
	fat := filepath.Join(t.TempDir(), "fat")
	if err := os.WriteFile(fat, image, 0o600); err != nil {
		t.Fatal(err)
	}
	installed.Run(t, "fsck.vfat", "-n", fat)
	if got := installed.Run(t, "mtype", "-i", fat, "::"+s.Path); got != string(s.Program) {
		t.Errorf("the program is another one, of %d bytes", len(got))
	}
}

// TestSameBits from another folder, a second later.
func TestSameBits(t *testing.T) {
	var sums [2][32]byte
	for n := range sums {
		out := filepath.Join(t.TempDir(), strings.Repeat("x", n+1)+".iso")
		if _, err := Write(out, sample()); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		sums[n] = sha256.Sum256(b)
		for began := time.Now(); time.Since(began) < time.Second; { // the clock's step in the file's format
			time.Sleep(50 * time.Millisecond)
		}
	}
	if sums[0] != sums[1] {
		t.Error("two runs differ")
	}
}
