package fs

import (
	"bytes"
	"testing"
)

// TestStateForeign: what is no area's is known as such, and an area never is, with
// whatever part of its only record, and with any bit of that flipped.
func TestStateForeign(t *testing.T) {
	begins := func(at int, text string) disk {
		d := newDisk()
		copy(d[at:], text)
		return d
	}
	partitions := begins(510, "\x55\xaa")
	partitions[0x1be] = 0x80
	for name, d := range map[string]disk{"a table of partitions": partitions, "LUKS": begins(0, "LUKS\xba\xbe"), "swap": begins(4086, "SWAPSPACE2"),
		"ext4": begins(1024+56, "\x53\xef"), "btrfs": begins(65536+64, "_BHRfS_M"), "LVM": begins(512, "LABELONE"), "a text": begins(0, "Mo and more"),
		"MoS and a bit": begins(0, "MoS\x00\x01")} {
		if s := d.load(); !s.Foreign() {
			t.Errorf("%s is taken for a state area", name)
		}
	}
	if newDisk().load().Foreign() {
		t.Error("zeros are somebody's")
	}
	block, _ := pending(t, newDisk().load(), StateBoot, "the only value")
	foreign := func(b []byte) bool {
		var s State
		s.Reset()
		s.Take(StateBoot, 0, b)
		return s.Foreign()
	}
	for cut := range StateBlockBytes + 1 {
		if b := append(bytes.Clone(block[:cut]), make([]byte, StateBlockBytes-cut)...); foreign(b) {
			t.Errorf("an area whose first write was cut at byte %d is nobody's", cut)
		}
	}
	for bit := range StateBlockBytes * 8 {
		block[bit/8] ^= 1 << (bit % 8)
		if foreign(block) {
			t.Errorf("an area with bit %d flipped in its only record is nobody's", bit)
		}
		block[bit/8] ^= 1 << (bit % 8)
	}
}
