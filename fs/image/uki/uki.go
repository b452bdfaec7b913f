// Package uki makes a unified kernel image: one EFI program of the
// distribution's stub, the kernel, its command line and, for machines without a
// disk, the root. One signature covers it all.
//
// Always true here: the command line is fixed when the image is made; nothing
// on the boot partition can add a word while Secure Boot is on (systemd-stub(7)).
package uki

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"mote/fs/image/microcode"
	"mote/fs/image/pe"
)

// wordsBytesMax is COMMAND_LINE_SIZE of x86, less the NUL: what is longer the
// kernel cuts, in silence.
const wordsBytesMax = 2047

// Spec says what goes into an image.
type Spec struct {
	// Stub is systemd-stub, Kernel a bzImage.
	Stub, Kernel []byte
	// Microcode is an archive of package microcode, for which the kernel looks at the
	// beginning of its initrd; nil is none.
	Microcode []byte
	// Root is a SquashFS that travels inside; nil is a root on a disk.
	Root []byte
	// Words are the kernel's command line.
	Words []string
	// Name, Profile and Version are shown by the loader, and it sorts by version.
	Name, Profile, Version string
}

// RAMWords are the kernel words that make a SquashFS of a size the root, which is
// handed over as initrd, behind so many bytes of microcode. It must be rw: asked for a read-only mount, Linux 6.12 refuses
// a RAM disk that it has still open for writing. SquashFS is read-only by itself.
func RAMWords(rootBytes, microcodeBytes int) []string {
	// The RAM disk's size is fixed when the kernel starts; an image that is larger
	// than it would not be loaded (init/do_mounts_rd.c). Rounded up past the last,
	// partly filled block.
	const spareKiB = 4
	words := []string{"root=/dev/ram0", "rw", "rootfstype=squashfs", "init=/init",
		fmt.Sprintf("ramdisk_size=%d", (rootBytes+1023)/1024+spareKiB)}
	if microcodeBytes > 0 {
		words = append(words, fmt.Sprintf("ramdisk_start=%d", microcodeBytes/microcode.BlockBytes))
	}
	return words
}

// Build returns the unsigned image.
func Build(s Spec) ([]byte, error) {
	words := strings.Join(s.Words, " ")
	if len(words) > wordsBytesMax || strings.ContainsAny(words, "\n\x00") {
		return nil, fmt.Errorf("uki: a command line of %d bytes; at most %d, on one line", len(words), wordsBytesMax)
	}
	release, err := KernelRelease(s.Kernel)
	if err != nil {
		return nil, err
	}
	stub, err := pe.Parse(s.Stub)
	if err != nil {
		return nil, fmt.Errorf("uki: stub: %w", err)
	}
	if stub.Section(".linux") != nil {
		return nil, fmt.Errorf("uki: the stub has a kernel already; give the distribution's systemd-stub")
	}
	// A section of text may end without a NUL.
	add := []pe.Section{
		{Name: ".osrel", Data: []byte(OSRelease(s.Name, s.Profile, s.Version))},
		{Name: ".cmdline", Data: []byte(words)},
		{Name: ".uname", Data: []byte(release)},
	}
	// The stub has a section of its own for microcode (.ucode) from version 256 on;
	// every version hands on .initrd as it is, and measures it.
	if initrd := slices.Concat(s.Microcode, s.Root); len(initrd) > 0 {
		add = append(add, pe.Section{Name: ".initrd", Data: initrd})
	}
	// The kernel last: what it needs beyond its own bytes lies in nobody's way.
	add = append(add, pe.Section{Name: ".linux", Data: s.Kernel})
	b, err := stub.WithSections(add)
	if err != nil {
		return nil, fmt.Errorf("uki: %w", err)
	}
	return b, nil
}

// OSRelease is the text of os-release(5): who the system is. IMAGE_ID and
// IMAGE_VERSION are what the loader sorts by.
func OSRelease(name, profile, version string) string {
	return fmt.Sprintf("ID=mote\nNAME=%s\nPRETTY_NAME=\"%s %s (%s)\"\nVERSION_ID=%s\nIMAGE_ID=mote-%s\nIMAGE_VERSION=%s\n",
		name, name, version, profile, version, profile, version)
}

// KernelRelease returns the version that a bzImage says it has, "6.12.117".
// Source: the kernel's Documentation/arch/x86/boot.rst, kernel_version at 0x20e.
func KernelRelease(kernel []byte) (string, error) {
	const magicAt, versionAt, base = 0x202, 0x20e, 0x200
	if len(kernel) < versionAt+2 || string(kernel[magicAt:magicAt+4]) != "HdrS" {
		return "", fmt.Errorf("uki: the kernel is no bzImage")
	}
	at := base + int(binary.LittleEndian.Uint16(kernel[versionAt:]))
	if at >= len(kernel) {
		return "", fmt.Errorf("uki: the kernel's version stands behind its end")
	}
	// "6.12.117 (builder@host) #1 …": the first word.
	text, _, found := bytes.Cut(kernel[at:min(len(kernel), at+256)], []byte{0})
	word, _, _ := bytes.Cut(text, []byte(" "))
	if !found || len(word) == 0 {
		return "", fmt.Errorf("uki: the kernel has no version")
	}
	return string(word), nil
}
