package uki

import (
	"crypto/sha256"
	"fmt"

	"mote/fs/image/pe"
)

// MeasuredPCR is the register of the TPM into which systemd-stub measures what it
// starts.
const MeasuredPCR = 11

// measuredSections are what the stub measures, in its order, those that an image has:
// first a section's name with its NUL, then its bytes. So it does at version 252; a
// test holds every pinned version to it.
// Source: systemd's src/fundamental/tpm-pcr.h; systemd-measure(1).
func measuredSections() []string {
	return []string{".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey"}
}

// PCR11 is what register 11 of the SHA-256 bank has when the kernel of an image
// starts, on any machine: nothing of firmware and loader goes into it. What is sealed
// to it opens for this very image; nothing on the node extends it further.
func PCR11(image []byte) ([sha256.Size]byte, error) {
	f, err := pe.Parse(image)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("uki: measure: %w", err)
	}
	var pcr [sha256.Size]byte
	extend := func(b []byte) {
		sum := sha256.Sum256(b)
		pcr = sha256.Sum256(append(pcr[:], sum[:]...))
	}
	for _, name := range measuredSections() {
		if data := f.Section(name); len(data) > 0 {
			extend(append([]byte(name), 0))
			extend(data)
		}
	}
	return pcr, nil
}
