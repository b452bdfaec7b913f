package uki

import (
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/fs/image/pe"
	"mote/size/installed"
)

// TestPCR11 asks the distribution's own tool, which belongs to the stub.
func TestPCR11(t *testing.T) {
	tool := installed.File(t, "/lib/systemd/systemd-measure")
	stub := installed.Read(t, "/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
	for name, parts := range map[string][2][]byte{"of a disk": {}, "with the root inside": {nil, []byte("hsqs and more")},
		"with microcode": {[]byte("070701")}, "with both": {[]byte("070701"), []byte("hsqs and more")}} {
		image, err := Build(Spec{Stub: stub, Kernel: kernel("6.12.1 x\x00"), Microcode: parts[0], Root: parts[1], Words: []string{"quiet", "root=/dev/dm-0"},
			Name: "Mote", Profile: "edge", Version: "1.2"})
		if err != nil {
			t.Fatal(err)
		}
		f, err := pe.Parse(image)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"calculate", "--bank=sha256", "--phase="}
		for _, section := range []string{"linux", "osrel", "cmdline", "initrd"} {
			data := f.Section("." + section)
			if data == nil {
				continue
			}
			path := filepath.Join(t.TempDir(), section)
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, "--"+section+"="+path)
		}
		said, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		pcr, err := PCR11(image)
		if err != nil {
			t.Fatal(err)
		}
		if want := "11:sha256=" + hex.EncodeToString(pcr[:]); !strings.Contains(string(said), want) {
			t.Errorf("an image %s: predicted %s, %s says\n%s", name, want, tool, said)
		}
	}
	if _, err := PCR11([]byte("MZ")); err == nil {
		t.Error("what is no program has a value")
	}
}
