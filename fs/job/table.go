package job

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
)

// The two partition tables of a disk: GPT, by the UEFI specification, section 5.3.

const (
	tableMagic        = "EFI PART"
	tableHeaderBytes  = 92
	tableEntriesBytes = 1 << 20 // at most: 8,192 entries of 128 bytes
)

// checkTables compares both tables with their own checksums and with each other: the
// kernel takes the second only when the first is bad, and nobody looks at it before.
func checkTables(disk io.ReaderAt, diskBytes, sectorBytes int64) (list []Finding) {
	if sectorBytes < 512 || sectorBytes > 4096 || diskBytes < 4*sectorBytes {
		return []Finding{{"partition tables", -1, fmt.Sprintf("a disk of %d bytes in sectors of %d", diskBytes, sectorBytes)}}
	}
	last := diskBytes/sectorBytes - 1
	first, err := readTable(disk, 1, sectorBytes)
	if err != nil {
		list = append(list, Finding{"first partition table", -1, err.Error()})
	}
	second, err := readTable(disk, last, sectorBytes)
	if err != nil {
		list = append(list, Finding{"second partition table", -1, err.Error()})
	}
	if len(list) == 0 && first != second {
		list = append(list, Finding{"partition tables", -1, "they say different things"})
	}
	mbr := make([]byte, 512)
	if _, err := disk.ReadAt(mbr, 0); err != nil || mbr[450] != 0xee || mbr[510] != 0x55 || mbr[511] != 0xaa {
		list = append(list, Finding{"protective MBR", -1, "without it firmware sees no GPT"})
	}
	return list
}

// readTable checks the table whose header is in a sector, and gives the checksum of
// its entries.
func readTable(disk io.ReaderAt, sector, sectorBytes int64) (sum uint32, err error) {
	b := make([]byte, sectorBytes)
	if _, err := disk.ReadAt(b, sector*sectorBytes); err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	size := le.Uint32(b[12:])
	if string(b[:8]) != tableMagic || size < tableHeaderBytes || int64(size) > sectorBytes {
		return 0, fmt.Errorf("sector %d has no header", sector)
	}
	want := le.Uint32(b[16:])
	clear(b[16:20])
	if crc32.ChecksumIEEE(b[:size]) != want {
		return 0, fmt.Errorf("the header in sector %d has a wrong checksum", sector)
	}
	at, count, each := le.Uint64(b[72:]), le.Uint32(b[80:]), le.Uint32(b[84:])
	if le.Uint64(b[24:]) != uint64(sector) || at > 1<<40 || count > 8192 || each < 128 || uint64(count)*uint64(each) > tableEntriesBytes {
		return 0, fmt.Errorf("the header in sector %d names %d entries of %d bytes at sector %d", sector, count, each, at)
	}
	entries := make([]byte, uint64(count)*uint64(each))
	if _, err := disk.ReadAt(entries, int64(at)*sectorBytes); err != nil {
		return 0, err
	}
	sum = crc32.ChecksumIEEE(entries)
	if sum != le.Uint32(b[88:]) {
		return 0, fmt.Errorf("the entries at sector %d have a wrong checksum", at)
	}
	return sum, nil
}
