package microcode

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Intel's update: a header of 48 bytes, all numbers little endian.
//
//	0 header version, 1     12 signature      24 flags          32 total size
//	4 revision              16 checksum       28 size of data   36 …
//	8 date                  20 loader, 1         (0: 2,000)        (0: 2,048)
const (
	intelHeadBytes  = 48
	intelOldBytes   = 2048
	intelTotalAt    = 32
	intelDataAt     = 28
	intelLoaderAt   = 20
	intelVersion    = 1
	intelTotalUnit  = 1024
	amdMagic        = 0x00414d44
	amdTable        = 0
	amdPatch        = 1
	amdSectionBytes = 8
	amdPatchMin     = 64
	amdEntryBytes   = 16
)

// countIntel counts updates that stand one behind the other, and holds each to its
// size and its checksum: all its words add up to 0.
func countIntel(b []byte) (count int, err error) {
	for ; len(b) > 0; count++ {
		if len(b) < intelHeadBytes || word(b, 0) != intelVersion || word(b, intelLoaderAt) != intelVersion {
			return 0, errors.New("this is no update of Intel's or AMD's")
		}
		total := int64(word(b, intelTotalAt))
		if word(b, intelDataAt) == 0 {
			total = intelOldBytes
		}
		if total < intelHeadBytes || total%intelTotalUnit != 0 || total > int64(len(b)) {
			return 0, fmt.Errorf("update %d should have %d bytes, and %d are left; take the file anew", count+1, total, len(b))
		}
		sum := uint32(0)
		for at := 0; at < int(total); at += 4 {
			sum += word(b, at)
		}
		if sum != 0 {
			return 0, fmt.Errorf("update %d is damaged: its checksum is wrong; take the file anew", count+1)
		}
		b = b[total:]
	}
	return count, nil
}

// isAMD tells whether a file begins as a container.
func isAMD(b []byte) bool { return len(b) >= 4 && word(b, 0) == amdMagic }

// countAMD counts the patches of containers that stand one behind the other: a
// magic, a table of processors, and sections with a patch each, every one of them
// with type and size before it.
func countAMD(b []byte) (count int, err error) {
	for len(b) > 0 {
		if !isAMD(b) {
			return 0, fmt.Errorf("after %d updates comes something else; take the file anew", count)
		}
		b = b[4:]
		for want := uint32(amdTable); len(b) > 0 && !(want == amdPatch && isAMD(b)); want = amdPatch {
			if len(b) < amdSectionBytes {
				return 0, fmt.Errorf("cut after %d updates; take the file anew", count)
			}
			kind, size := word(b, 0), int64(word(b, 4))
			least := int64(amdPatchMin)
			if want == amdTable {
				least = amdEntryBytes
			}
			if kind != want || size < least || size > int64(len(b)-amdSectionBytes) {
				return 0, fmt.Errorf("after %d updates comes a section of type %d with %d bytes, and %d are left; take the file anew",
					count, kind, size, len(b)-amdSectionBytes)
			}
			count += int(kind) // the table is no update
			b = b[amdSectionBytes+size:]
		}
	}
	if count == 0 {
		return 0, errors.New("a container of AMD's without an update")
	}
	return count, nil
}

func word(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
