package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// Bytes is the smallest disk that has room for what s says.
func (s Spec) Bytes() (int64, error) {
	_, size, err := s.layout()
	return size, err
}

// Install puts what s says onto a disk of sizeBytes, whatever is on it: an open block
// device, or a file of that size. The ephemeral volume takes what is left.
//
// Always true here: power may fail at any time. What makes a disk one to boot from is
// its partition table, which is taken away first and written last, behind flushes and
// behind reading back all that it leads to.
func Install(f *os.File, sizeBytes int64, s Spec) error {
	return install(f, sizeBytes, s, func(string) {})
}

// install tells, for a test, each step that is done.
func install(f *os.File, sizeBytes int64, s Spec, told func(step string)) error {
	parts, least, err := s.layout()
	if err != nil {
		return err
	}
	if sizeBytes < least {
		return fmt.Errorf("disk: %d bytes are too few; this release takes a disk of %d at least", sizeBytes, least)
	}
	last := &parts[len(parts)-1]
	last.bytes = (sizeBytes-tableBytes)&^(alignBytes-1) - last.first
	step := func(name string, do ...error) error {
		if err := errors.Join(do...); err != nil {
			return fmt.Errorf("disk: %s: %w", name, err)
		}
		told(name)
		return nil
	}
	if err := step("clear the partition table", zero(f, 0, alignBytes), zero(f, sizeBytes-tableBytes, tableBytes), f.Sync()); err != nil {
		return err
	}
	for _, p := range parts {
		if err := step("write "+p.name, s.fill(f, p)); err != nil {
			return err
		}
	}
	if err := step("flush", f.Sync()); err != nil {
		return err
	}
	for i, slot := range s.Slots {
		if err := step("read back "+parts[1+i].name, readBack(f, parts[1+i].first, slot.Data)); err != nil {
			return err
		}
	}
	return step("write the partition table", s.writeTable(storage{f}, parts, sizeBytes), f.Sync())
}

// fill writes a partition. Of what begins empty as much is cleared as anybody takes
// for content.
func (s Spec) fill(f *os.File, p part) error {
	switch p.name {
	case nameESP:
		// The file system is written in holes: what was there must not show through.
		return errors.Join(zero(f, p.first, p.bytes), s.writeESP(f, p))
	case nameSlotA, nameSlotB:
		i := 0
		if p.name == nameSlotB {
			i = 1
		}
		if i < len(s.Slots) {
			_, err := f.WriteAt(s.Slots[i].Data, p.first)
			return err
		}
	}
	return zero(f, p.first, min(p.bytes, alignBytes))
}

// zero clears a piece of the disk.
func zero(f *os.File, at, size int64) error {
	block := make([]byte, min(size, alignBytes))
	for ; size > 0; size, at = size-int64(len(block)), at+int64(len(block)) {
		if _, err := f.WriteAt(block[:min(size, int64(len(block)))], at); err != nil {
			return err
		}
	}
	return nil
}

// readBack compares what the disk gives with what was written.
func readBack(f *os.File, at int64, want []byte) error {
	if err := forget(f); err != nil {
		return err
	}
	got := make([]byte, alignBytes)
	for len(want) > 0 {
		piece := got[:min(len(want), len(got))]
		if _, err := f.ReadAt(piece, at); err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if !bytes.Equal(piece, want[:len(piece)]) {
			return fmt.Errorf("the disk gives something else than was written, in the %d bytes at %d; it is broken", len(piece), at)
		}
		want, at = want[len(piece):], at+int64(len(piece))
	}
	return nil
}
