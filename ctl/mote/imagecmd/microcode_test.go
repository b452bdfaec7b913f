package imagecmd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/fs/image/microcode"
	"mote/fs/image/pe"
)

// composedMicrocode writes an update of Intel's form, for no processor, into a
// folder as a distribution has it.
func composedMicrocode(t *testing.T) (folder string, update []byte) {
	t.Helper()
	update = make([]byte, 2048)
	for at, value := range map[int]uint32{0: 1, 4: 7, 12: 0xfffffff0, 20: 1, 28: 2000, 32: 2048} {
		binary.LittleEndian.PutUint32(update[at:], value)
	}
	sum := uint32(0)
	for at := 0; at < len(update); at += 4 {
		sum -= binary.LittleEndian.Uint32(update[at:])
	}
	binary.LittleEndian.PutUint32(update[16:], sum)
	folder = filepath.Join(t.TempDir(), "intel-ucode")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "0f-ff-00"), update, 0o644); err != nil {
		t.Fatal(err)
	}
	return folder, update
}

// TestMicrocodeInAnImage builds a release with a composed update, and reads it back:
// alone in the kernel of a disk, before the root in the one for netboot, whose words
// say where that begins.
func TestMicrocodeInAnImage(t *testing.T) {
	b := newBench(t)
	folder, update := composedMicrocode(t)
	stem := b.build(t, "with", "1.0", "--microcode", folder)
	set, err := microcode.Read([]string{folder})
	if err != nil {
		t.Fatal(err)
	}
	want, err := set.Archive()
	if err != nil || bytes.Count(want, update) != 1 {
		t.Fatalf("an archive of %d bytes, %v", len(want), err)
	}
	netboot, err := os.ReadFile(stem + ".efi")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.ReadFile(b.root)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pe.Parse(netboot)
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Section(".initrd"); !bytes.Equal(got, slices.Concat(want, root)) {
		t.Errorf("for netboot: %d bytes, where microcode has %d and the root %d", len(got), len(want), len(root))
	}
	words := string(f.Section(".cmdline"))
	if start := fmt.Sprintf(" ramdisk_start=%d ", len(want)/1024); !strings.Contains(words, start) {
		t.Errorf("no word %q in %s", start, words)
	}
	said := must(t, "inspect", stem+".mote")
	for _, want := range []string{fmt.Sprintf(".initrd  %d bytes", len(want)), "source    intel-microcode 1-updates, sha256 "} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "ramdisk_start") {
		t.Error("a root on a disk is looked for in RAM")
	}
	if bill, err := os.ReadFile(stem + ".spdx.json"); err != nil || !bytes.Contains(bill, []byte(`"intel-microcode"`)) {
		t.Errorf("the list of parts has no microcode: %v", err)
	}
	if without := must(t, "inspect", b.build(t, "without", "1.0")+".mote"); strings.Contains(without, ".initrd") || strings.Contains(without, "microcode") {
		t.Errorf("microcode that nobody gave:\n%s", without)
	}
	_, err = mote(t, "build", "--keys", b.keys, "--kernel", b.kernel, "--root", b.root, "--untried", "--microcode", b.kernel, "-o", b.dir)
	if err == nil || !strings.Contains(err.Error(), "no update of Intel's or AMD's") {
		t.Errorf("a kernel as microcode: %v", err)
	}
}
