package disk

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"mote/fs/image/fat"
	"mote/size/installed"
)

func sample(sector int) Spec {
	return Spec{SectorBytes: sector, TimeSec: 1767225600,
		Slots: []Slot{{bytes.Repeat([]byte("slot"), 300_000), "00010203-0405-0607-0809-0a0b0c0d0e0f"}},
		Files: []fat.File{
			{Path: "/EFI/Linux/mote-1.2.3-edge-a+3.efi", Data: bytes.Repeat([]byte("kernel"), 700_000)},
			{Path: "/EFI/BOOT/BOOTX64.EFI", Data: bytes.Repeat([]byte("loader"), 20_000)},
			{Path: "/loader/loader.conf", Data: []byte("timeout 0\n")},
		}}
}

func write(t *testing.T, s Spec) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "disk.raw")
	if _, err := Write(out, s); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestToolsTakeTheTable asks fdisk, and sgdisk and sfdisk where the sectors are those it
// believes a file to have.
func TestToolsTakeTheTable(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		t.Run(strconv.Itoa(sector), func(t *testing.T) {
			file := write(t, sample(sector))
			if sector == 512 {
				if said := installed.Run(t, "sgdisk", "--verify", file); !strings.Contains(said, "No problems found") {
					t.Error(said)
				}
				if said := installed.Run(t, "sfdisk", "--verify", file); !strings.Contains(said, "No errors detected") {
					t.Error(said)
				}
			}
			// sfdisk and fdisk share their eyes; only the second takes the sector's size.
			dump := installed.Run(t, "fdisk", "-b", strconv.Itoa(sector), "-l", "-o", "Name,UUID,Type-UUID", file)
			for _, want := range []string{"mote-esp ", "mote-root-a ", "mote-root-b ", "mote-state ", "mote-ephemeral ", "Disklabel type: gpt",
				"00010203-0405-0607-0809-0A0B0C0D0E0F", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B", typeSlot} {
				if !strings.Contains(dump, want) {
					t.Errorf("fdisk shows no %s:\n%s", want, dump)
				}
			}
			if strings.Contains(dump, "corrupt") || strings.Contains(dump, "mismatch") {
				t.Error(dump)
			}
		})
	}
}

// TestFsckTakesTheBootPartition where it lies on the disk, and mtools read it.
// Package fat tests both kinds of sectors.
func TestFsckTakesTheBootPartition(t *testing.T) {
	s := sample(512)
	file := write(t, s)
	parts, _, err := s.layout()
	if err != nil {
		t.Fatal(err)
	}
	esp := filepath.Join(t.TempDir(), "esp")
	// Sparse, as the disk is: dd skips what is zero.
	installed.Run(t, "dd", "if="+file, "of="+esp, "bs=1M", "conv=sparse", "status=none",
		"skip="+strconv.FormatInt(parts[0].first>>20, 10), "count="+strconv.FormatInt(parts[0].bytes>>20, 10))
	if err := os.Truncate(esp, parts[0].bytes); err != nil {
		t.Fatal(err)
	}
	installed.Run(t, "fsck.vfat", "-n", esp)
	for _, f := range s.Files {
		if got := installed.Run(t, "mtype", "-i", esp, "::"+f.Path); got != string(f.Data) {
			t.Errorf("%s: mtools read %d other bytes", f.Path, len(got))
		}
	}
}

func TestSameReleaseSameDisk(t *testing.T) {
	sum := func() [32]byte {
		b, err := os.ReadFile(write(t, sample(512)))
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b)
	}
	if sum() != sum() {
		t.Error("the second disk has other bytes")
	}
}

func TestSlotsHoldFourTimesAsMuch(t *testing.T) {
	s := sample(512)
	parts, size, err := s.layout()
	if err != nil {
		t.Fatal(err)
	}
	at := int64(0)
	for _, p := range parts {
		if p.first < at || p.first%alignBytes != 0 || p.bytes%alignBytes != 0 {
			t.Errorf("%s at %d, %d bytes", p.name, p.first, p.bytes)
		}
		at = p.first + p.bytes
		if strings.HasPrefix(p.name, "mote-root") && p.bytes < 4*int64(len(s.Slots[0].Data)) {
			t.Errorf("%s has %d bytes", p.name, p.bytes)
		}
	}
	if at >= size {
		t.Errorf("the last partition ends at %d of %d", at, size)
	}
}

func TestBadSpecs(t *testing.T) {
	for name, spoil := range map[string]func(*Spec){
		"sectors of 1024":      func(s *Spec) { s.SectorBytes = 1024 },
		"nothing for slot A":   func(s *Spec) { s.Slots = nil },
		"a relative path":      func(s *Spec) { s.Files[0].Path = "x" },
		"too much for the ESP": func(s *Spec) { s.Files[0].Data = make([]byte, 17<<20) },
	} {
		s := sample(512)
		spoil(&s)
		out := filepath.Join(t.TempDir(), "disk.raw")
		if _, err := Write(out, s); err == nil {
			t.Errorf("%s: was written", name)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: left a file", name)
		}
	}
}
