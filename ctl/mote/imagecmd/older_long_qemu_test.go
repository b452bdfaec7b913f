//go:build qemu && long

package imagecmd

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs"
	"mote/fs/image/disk"
	"mote/size/installed"
)

// accept writes a security counter into a disk's state area, as a node that was
// ready with it would have.
func accept(t *testing.T, raw string, counter uint64) {
	t.Helper()
	values := new(fs.State)
	values.Reset()
	put, block, at := values.Put(fs.StateSlots, binary.LittleEndian.AppendUint64(nil, counter), make([]byte, 0, fs.StateBlockBytes))
	if put != fs.StateWrite {
		t.Fatalf("put is %d", put)
	}
	file, err := os.OpenFile(raw, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(block, partitionAt(t, raw, fs.StateLabel)+at); err != nil {
		t.Fatal(err)
	}
}

// partitionAt is where the partition of a name begins, in bytes.
func partitionAt(t *testing.T, raw, name string) int64 {
	t.Helper()
	said := installed.Run(t, "sfdisk", "--json", raw)
	var table struct {
		Table struct {
			Partitions []struct {
				Start int64
				Name  string
			}
		} `json:"partitiontable"`
	}
	if err := json.Unmarshal([]byte(said), &table); err != nil {
		t.Fatal(err)
	}
	for _, p := range table.Table.Partitions {
		if p.Name == name {
			return p.Start * 512
		}
	}
	t.Fatalf("no partition %s in %s", name, said)
	return 0
}

// TestQEMULongOlderImage: a correctly signed image whose security counter is below
// the accepted one never gets ready; after its three tries comes the other slot.
func TestQEMULongOlderImage(t *testing.T) {
	f := newFactory(t)
	f.spec.Counter = 3
	older := f.release(t, "2.0") // the loader takes it for the newer one
	f.spec.Counter = 5
	newer := f.release(t, "1.0")
	older.Tries, newer.Tries = disk.TriesMax, disk.TriesMax
	config := f.machine(t, 512, nil, older, newer)
	accept(t, config.Disks[0].Path, 5)
	config.Reboots = true
	v := vmtest.Start(t, config)
	for range disk.TriesMax {
		vmtest.WaitLine(t, v, "this image is refused: its security counter 3 is below the accepted 5")
	}
	vmtest.WaitLine(t, v, "the last one ended by reboot: its security counter 3 is below the accepted 5")
	vmtest.WaitLine(t, v, readyText)
	vmtest.WaitLine(t, v, "boot entry mote-b-1.0-edge: "+restoredText)
	ready := 0
	for _, line := range v.Lines() {
		if strings.Contains(line.Text, readyText) {
			ready++
		}
	}
	if ready != 1 {
		t.Errorf("ready %d times", ready)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if names := listEntries(t, config.Disks[0].Path); !strings.Contains(names, "mote-a-2.0-edge+0-3.efi") {
		t.Errorf("on the boot partition:\n%s", names)
	}
}
