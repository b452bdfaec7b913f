//go:build qemu

package main_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs"
	"mote/fs/image/disk"
	"mote/wire"
)

// area gives what the node tells of its state area.
func (g *guest) area() wire.AreaStatus {
	g.t.Helper()
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil {
		g.t.Fatal(err)
	}
	return st.Area
}

// usedDisk is a disk with the state of two boots, the second one ended by reboot.
func usedDisk(t *testing.T) string {
	t.Helper()
	path := stateDisk(t)
	for range 2 {
		g := boot(t, withState(path, "", ""), nil)
		g.dial("kill 1 2")
		vmtest.Wait(t, g.VM)
	}
	return path
}

// faulty is a machine whose state disk fails as QEMU's blkdebug is told to.
func faulty(path, rule string) vm.Config {
	c := withState(path, "", "")
	c.Args = []string{"-drive", "if=none,id=state,format=raw,werror=report,rerror=report,file.driver=blkdebug," +
		"file.image.driver=file,file.image.filename=" + path + "," + rule}
	return c
}

// diskTrouble is a way in which a real disk fails a node.
type diskTrouble struct {
	name string
	// says is on the console, alarm in the status, too.
	says, alarm string
	machine     func(path string) vm.Config
	is          func(a wire.AreaStatus) bool
	// kept is what the next, healthy boot says at least.
	kept string
}

const (
	noFlush  = "file.inject-error.0.event=none,file.inject-error.0.iotype=flush,file.inject-error.0.errno=5"
	noWrite  = "file.inject-error.0.event=none,file.inject-error.0.iotype=write,file.inject-error.0.errno=5"
	noBlock1 = "file.inject-error.0.event=none,file.inject-error.0.iotype=read,file.inject-error.0.sector=8,file.inject-error.0.errno=5"

	secondBoot = "boot 3, the last one ended by reboot"
	noPlace    = "no place is left for value 0 on /dev/vdb; it lives in memory only"
)

func readOnlyDisk() diskTrouble {
	return diskTrouble{"read-only", secondBoot, "/dev/vdb is read-only; what is new lives in memory only",
		func(path string) vm.Config { return withState(path, ",readonly=on", "") },
		func(a wire.AreaStatus) bool { return a.State == "open" && a.Writes == 0 && a.Values == 3 }, secondBoot}
}

func noFlushSucceeds() diskTrouble {
	return diskTrouble{"no flush succeeds", "a write to /dev/vdb failed: EIO", noPlace,
		func(path string) vm.Config { return faulty(path, noFlush) },
		func(a wire.AreaStatus) bool { return a.State == "open" && a.Writes == 0 && a.Failures > 1 }, ", the last one ended by "}
}

// TestQEMUStateTroubles: a real kernel whose state disk is read-only or fails gets
// ready, says what is wrong, and loses nothing of what was kept.
func TestQEMUStateTroubles(t *testing.T) { diskTroubles(t, readOnlyDisk(), noFlushSucceeds()) }

// diskTroubles boots with each trouble, and then without it. The disk of each has
// seen two boots.
func diskTroubles(t *testing.T, troubles ...diskTrouble) {
	t.Helper()
	used, err := os.ReadFile(usedDisk(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range troubles {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "state.img")
			if err := os.WriteFile(path, used, 0o600); err != nil {
				t.Fatal(err)
			}
			g := boot(t, c.machine(path), nil)
			g.says(c.says)
			if c.alarm != "" {
				g.says(c.alarm)
			}
			if a := g.area(); !c.is(a) || a.Alarm != c.alarm {
				t.Errorf("tells %+v", a)
			}
			g.dial("kill 1 2")
			vmtest.Wait(t, g.VM)
			after, err := os.ReadFile(path)
			if same := bytes.Equal(after, used); err != nil || c.name == readOnlyDisk().name && !same {
				t.Errorf("the disk is another one than before: %v", err)
			}
			g = boot(t, withState(path, "", ""), nil)
			if line := stateLine(g); !strings.Contains(line, c.kept) {
				t.Errorf("the next boot says %q, not %q", line, c.kept)
			}
		})
	}
}

// TestQEMUStateByLabel: the manifest names the partition of a release's disk by its
// label, and nothing beside it is written to.
func TestQEMUStateByLabel(t *testing.T) { byLabel(t, 512) }

func byLabel(t *testing.T, sectorBytes int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if _, err := disk.Write(path, disk.Spec{SectorBytes: sectorBytes,
		Slots: []disk.Slot{{Data: []byte("root"), UUID: "00010203-0405-0607-0809-0a0b0c0d0e0f"}}}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := vm.Config{Disks: []vm.Disk{{Path: path, SectorBytes: sectorBytes}}}
	for n := range 2 {
		g := launchManifest(t, c, wire.Manifest{Node: "tested", State: "PARTLABEL=" + fs.StateLabel}, nil, nil)
		vmtest.WaitLine(t, g.VM, "] ready")
		if a := g.area(); a.Device != "/dev/vdb4" || a.State != "open" || a.Boots != uint64(n+1) || a.Alarm != "" {
			t.Errorf("boot %d tells %+v", n+1, a)
		}
		g.dial("kill 1 2")
		vmtest.Wait(t, g.VM)
	}
	written(t, path, before)
}

// written wants something to have changed on a disk, all of it in one state area.
func written(t *testing.T, path string, before []byte) {
	t.Helper()
	after, err := os.ReadFile(path)
	if err != nil || len(after) != len(before) {
		t.Fatal(len(after), err)
	}
	first, last := -1, -1
	const page = 512
	for at := 0; at < len(after); at += page {
		if !bytes.Equal(before[at:at+page], after[at:at+page]) {
			if first < 0 {
				first = at
			}
			last = at
		}
	}
	t.Logf("changed from byte %d to %d", first, last)
	if first < 0 || last-first >= fs.StateBytes || first%(1<<20) != 0 {
		t.Errorf("bytes %d to %d have changed", first, last)
	}
}

// TestQEMUStateForeign: a disk with partitions, named as if it were a state area, is
// the same afterwards.
func TestQEMUStateForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "disk.img")
	if _, err := disk.Write(path, disk.Spec{SectorBytes: 512,
		Slots: []disk.Slot{{Data: []byte("root"), UUID: "00010203-0405-0607-0809-0a0b0c0d0e0f"}}}); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := boot(t, withState(path, "", ""), nil)
	const alarm = "/dev/vdb holds something else and is not written to; name another device, or clear its first 196608 bytes"
	g.says("trouble: state area: " + alarm)
	if a := g.area(); a.State != "foreign" || a.Alarm != alarm || a.Writes != 0 {
		t.Errorf("tells %+v", a)
	}
	g.dial("kill 1 2")
	vmtest.Wait(t, g.VM)
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the disk is another one than before: %v", err)
	}
}

// TestQEMUStateVanishes: a disk that is pulled out while the node runs is missed at
// once; the node goes on and ends in order.
func TestQEMUStateVanishes(t *testing.T) {
	path := stateDisk(t)
	c := vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Append: []string{"mote.state=/dev/vdb"},
		Devices: []string{"pcie-root-port,id=bay,chassis=1,slot=1", "virtio-blk-pci,id=pulled,drive=state,bus=bay"},
		Args:    []string{"-drive", "if=none,id=state,format=raw,file=" + path}}
	g := boot(t, c, nil)
	if a := g.area(); a.State != "open" || a.Writes == 0 {
		t.Fatalf("tells %+v", a)
	}
	ctx, cancel := context.WithTimeout(t.Context(), vmtest.Limit)
	defer cancel()
	if err := g.Monitor.DeviceDel(ctx, "pulled"); err != nil {
		t.Fatal(err)
	}
	const alarm = "/dev/vdb is gone; what is new lives in memory only, until the next boot"
	g.says("trouble: state area: " + alarm)
	if a := g.area(); a.State != "gone" || a.Alarm != alarm {
		t.Errorf("tells %+v", a)
	}
	g.dial("kill 1 15")
	vmtest.Wait(t, g.VM)
	inOrder(t, g.console(), alarm, "power off: stopping services", "] power off")
}
