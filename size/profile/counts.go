package main

import (
	"bufio"
	"fmt"
	"io"
)

// blocksMax bounds what is read of the plugin's file: a boot has some 300,000
// lines.
const blocksMax = 10_000_000

// count is what one block of straight code executed in one phase.
type count struct {
	phase        int
	address      uint64
	hash         uint64 // FNV-1a of its bytes
	bytes        int
	instructions int64
}

// parseCounts reads the plugin's lines: phase, address, hash, bytes,
// instructions; address and hash are hexadecimal.
func parseCounts(r io.Reader) ([]count, error) {
	var list []count
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		var c count
		if _, err := fmt.Sscanf(lines.Text(), "%d %x %x %d %d", &c.phase, &c.address, &c.hash, &c.bytes, &c.instructions); err != nil {
			return nil, fmt.Errorf("profile: line %d of the plugin's counts: %w", len(list)+1, err)
		}
		if c.phase < 0 || c.bytes < 0 || c.instructions < 0 || len(list) == blocksMax {
			return nil, fmt.Errorf("profile: line %d of the plugin's counts is out of bounds", len(list)+1)
		}
		list = append(list, c)
	}
	return list, lines.Err()
}
