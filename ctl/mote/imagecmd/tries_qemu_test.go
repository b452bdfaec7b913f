//go:build qemu

package imagecmd

import (
	"strconv"
	"strings"
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs/image/disk"
	"mote/size/installed"
)

const restoredText = "its 3 tries are restored"

// TestQEMUTriesRestored boots a release more often than it has tries: PID 1 gives
// the loader's count back each time, so a good slot is never left.
func TestQEMUTriesRestored(t *testing.T) {
	f := newFactory(t)
	good, other := f.release(t, "2.0"), f.release(t, "1.0")
	good.Tries, other.Tries = disk.TriesMax, disk.TriesMax
	config := f.machine(t, 512, nil, good, other)
	config.Reboots = true
	v := vmtest.Start(t, config)
	for boot := range disk.TriesMax + 2 {
		if boot > 0 {
			if err := v.Monitor.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		vmtest.WaitLine(t, v, readyText)
		t.Log(vmtest.WaitLine(t, v, "boot entry mote-a-2.0-edge: "+restoredText).Text)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	names := listEntries(t, config.Disks[0].Path)
	if !strings.Contains(names, "mote-a-2.0-edge+3-0.efi") || !strings.Contains(names, "mote-b-1.0-edge+3-0.efi") {
		t.Errorf("on the boot partition:\n%s", names)
	}
}

// listEntries lists the kernels on a disk's boot partition.
func listEntries(t *testing.T, raw string) string {
	t.Helper()
	const first = 1 << 20
	return installed.Run(t, "mdir", "-b", "-i", raw+"@@"+strconv.Itoa(first), "::/EFI/Linux")
}
