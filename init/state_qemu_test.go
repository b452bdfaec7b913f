//go:build qemu

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs"
)

// stateDisk makes an empty disk for a state area.
func stateDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.img")
	if err := os.WriteFile(path, make([]byte, fs.StateBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withState is a machine that has the disk at path as its state area; more are
// further options of its drive and of its device.
func withState(path, drive, device string) vm.Config {
	return vm.Config{Append: []string{"mote.state=/dev/vdb"}, Devices: []string{"virtio-blk-device,drive=state" + device},
		Args: []string{"-drive", "if=none,id=state,format=raw,file=" + path + drive}}
}

// stateLine gives PID 1's words about the state area.
func stateLine(g *guest) string {
	for line := range strings.Lines(g.console()) {
		if _, text, ok := strings.Cut(line, "] state area: "); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// TestQEMUState: what a node keeps is there after a power off, a reboot and a
// loss of power, on disks of both sector sizes.
func TestQEMUState(t *testing.T) {
	for _, sectors := range []string{"512", "4096"} {
		t.Run(sectors, func(t *testing.T) {
			c := withState(stateDisk(t), "", ",logical_block_size="+sectors+",physical_block_size="+sectors)
			for _, ends := range []struct{ how, says string }{
				{"kill 1 15", "boot 1; unjoined"},
				{"kill 1 2", "boot 2, the last one ended by power off; unjoined"},
				{"", "boot 3, the last one ended by reboot; unjoined"},
				{"", "boot 4, the last one ended by loss of power, a watchdog or a kernel panic; unjoined"},
			} {
				g := boot(t, c, nil)
				if line := stateLine(g); !strings.HasSuffix(line, ends.says) {
					t.Errorf("says %q, not %q", line, ends.says)
				}
				if ends.how == "" {
					g.Close()
					continue
				}
				g.dial(ends.how)
				vmtest.Wait(t, g.VM)
			}
		})
	}
}
