package job

import (
	"bytes"
	"strings"
	"testing"

	"mote/wire/inventory"
)

func disks(all ...Candidate) []Candidate { return all }

func fixed(name, used string, sizeBytes uint64) Candidate {
	return Candidate{inventory.Disk{Name: name, Transport: "nvme", Model: "QEMU", SizeBytes: sizeBytes}, used}
}

func stick(name, used string) Candidate {
	d := fixed(name, used, 4<<30)
	d.Removable, d.Transport = true, "usb"
	return d
}

func TestChoose(t *testing.T) {
	const least, large = 1 << 30, 2 << 30
	locked := fixed("sdr", "", large)
	locked.ReadOnly = true
	for _, c := range []struct {
		name      string
		disks     []Candidate
		wish      string
		overwrite bool
		want      string // a disk's name, or what the refusal says
		refused   bool
	}{
		{"the only one", disks(fixed("nvme0n1", "", large), stick("sda", "the partitions MOTE")), AutoTarget, false, "nvme0n1", false},
		{"the only empty one", disks(fixed("nvme0n1", "the partitions p1", large), fixed("nvme1n1", "", large)), AutoTarget, false, "nvme1n1", false},
		{"two are empty", disks(fixed("nvme0n1", "", large), fixed("nvme1n1", "", large)), AutoTarget, false, "2 disks are empty", true},
		{"auto never overwrites", disks(fixed("nvme0n1", "data without partitions", large)), AutoTarget, true, "no fixed disk of", true},
		{"auto takes no stick", disks(stick("sda", "")), AutoTarget, false, "no fixed disk of", true},
		{"all are too small", disks(fixed("nvme0n1", "", least-1)), AutoTarget, false, "no fixed disk of", true},
		{"none at all", nil, AutoTarget, false, "this machine has no disk", true},
		{"by name", disks(fixed("nvme0n1", "", large), fixed("nvme1n1", "", large)), "/dev/nvme1n1", false, "nvme1n1", false},
		{"by name, a stick", disks(stick("sda", "")), "sda", false, "sda", false},
		{"by name, in use", disks(fixed("nvme0n1", "the partitions mote-esp", large)), "nvme0n1", false, "nvme0n1 has the partitions mote-esp on it", true},
		{"by name, overwritten", disks(fixed("nvme0n1", "the partitions mote-esp", large)), "nvme0n1", true, "nvme0n1", false},
		{"by name, too small", disks(fixed("nvme0n1", "", least-1)), "nvme0n1", true, "fewer than", true},
		{"by name, read-only", disks(locked), "sdr", true, "read-only", true},
		{"by name, not there", disks(fixed("nvme0n1", "", large)), "sda", false, "there is no disk sda; there are nvme0n1 (nvme QEMU, 2147483648 bytes, empty)", true},
	} {
		got, err := Choose(c.disks, c.wish, c.overwrite, least)
		said := got.Name
		if err != nil {
			said = err.Error()
		}
		if (err != nil) != c.refused || !strings.Contains(said, c.want) {
			t.Errorf("%s: %s, want %s", c.name, said, c.want)
		}
	}
}

func TestUse(t *testing.T) {
	const size = 8 << 20
	blank := make([]byte, size)
	d := inventory.Disk{Name: "sda", SizeBytes: size}
	for at, want := range map[int]string{-1: "", 0: "data without partitions", 510: "data without partitions",
		size - 1: "data without partitions", 4 << 20: ""} {
		b := bytes.Clone(blank)
		if at >= 0 {
			b[at] = 1
		}
		if used, err := Use(d, bytes.NewReader(b)); err != nil || used != want {
			t.Errorf("a byte at %d: %q, %v", at, used, err)
		}
	}
	d.Partitions = []inventory.Partition{{Name: "sda1", Label: "mote-esp"}, {Name: "sda2"}}
	if used, err := Use(d, bytes.NewReader(blank)); err != nil || used != "the partitions mote-esp sda2" {
		t.Errorf("%q, %v", used, err)
	}
	d.Partitions = nil
	if used, err := Use(d, bytes.NewReader(blank[:100])); err == nil {
		t.Errorf("a disk that can't be read is %q", used)
	}
}
