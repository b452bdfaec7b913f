//go:build qemu

package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mote/size/installed"
	"mote/wire/inventory"
)

// TestQEMUInventory boots the machine and holds what the node says against what
// it was made of.
func TestQEMUInventory(t *testing.T) {
	for _, program := range []string{"qemu-system-x86_64", "swtpm", "mksquashfs"} {
		installed.Program(t, program)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	top := filepath.Join("..", "..")
	build := exec.CommandContext(ctx, "go", "run", "./fs/image/mkimage", "inventory")
	build.Dir = top
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	i, _, err := take(ctx, filepath.Join(top, "build", "bzImage"), filepath.Join(top, "build", "inventory.squashfs"), nil)
	if err != nil {
		t.Fatal(err)
	}
	check := func(is bool, what string, seen any) {
		t.Helper()
		if !is {
			t.Errorf("%s: %+v", what, seen)
		}
	}
	check(len(i.Errors) == 0, "errors", i.Errors)
	check(i.Machine.Serial == "M-0001" && i.Machine.UUID == "00112233-4455-6677-8899-aabbccddeeff", "machine", i.Machine)
	check(i.CPU.Threads == 2 && len(i.CPU.Mitigations) > 5, "cpu", i.CPU)
	check(len(i.Memory.DIMMs) == 1 && i.Memory.DIMMs[0].SizeBytes == memoryBytes, "memory", i.Memory)
	check(i.Memory.TotalBytes > memoryBytes/2 && i.Memory.TotalBytes < memoryBytes, "memory", i.Memory)
	links(t, i.Links)
	disks(t, i.Disks)
	if len(i.NVMe) != 1 || i.NVMe[0].Health == nil {
		t.Fatalf("nvme: %+v", i.NVMe)
	}
	c := i.NVMe[0]
	check(c.Serial == "MOTE0001" && c.Model == "QEMU NVMe Ctrl" && c.CanFormat && len(c.Namespaces) == 2, "nvme", c)
	check(len(c.Namespaces) == 2 && c.Namespaces[1].BlockBytes == 4096 && c.Namespaces[1].SizeBytes == diskBytes, "namespaces", c.Namespaces)
	check(c.Health.Celsius == 50 && c.Health.WarningCelsius == 70 && c.Health.MediaErrors == 0, "health", *c.Health)
	if len(i.TPMs) != 1 {
		t.Fatalf("tpm: %+v", i.TPMs)
	}
	tpm := i.TPMs[0]
	check(tpm.Specification == "2.0" && tpm.Manufacturer == "IBM" && tpm.LockoutMax == 3 && !tpm.LockedOut, "tpm", tpm)
	check(len(tpm.PCRSHA256) == 24 && len(tpm.PCRSHA256["0"]) == 64, "PCRs", tpm.PCRSHA256)
	check(slices.ContainsFunc(i.Watchdogs, func(w inventory.Watchdog) bool {
		return w.Identity == "i6300ESB timer" && w.State == "active" && w.TimeoutSec == 30
	}), "watchdogs", i.Watchdogs)
	check(slices.ContainsFunc(i.Sensors, func(s inventory.Sensor) bool { return s.Chip == "nvme" && s.Unit == "°C" }), "sensors", i.Sensors)
	check(slices.ContainsFunc(i.Clocks, func(c inventory.Clock) bool { return c.SetsSystem && c.UnixSec > 1_600_000_000 }), "clocks", i.Clocks)
	check(slices.ContainsFunc(i.USB, func(u inventory.USB) bool { return u.VendorID == "46f4" }), "usb", i.USB)
	check(slices.ContainsFunc(i.PCI, func(p inventory.PCI) bool { return p.Driver == "e1000e" && p.Class == "020000" }), "pci", i.PCI)
	check(i.Time.ClockSource != "" && i.Firmware.Kind == "bios", "time and firmware", i.Firmware)
}

func links(t *testing.T, list []inventory.Link) {
	t.Helper()
	if len(list) != 2 {
		t.Fatalf("links: %+v", list)
	}
	for _, want := range []struct{ mac, driver string }{{"52:54:00:00:00:01", "virtio_net"}, {"52:54:00:00:00:02", "e1000e"}} {
		at := slices.IndexFunc(list, func(l inventory.Link) bool { return l.MAC == want.mac })
		if at < 0 || list[at].Driver != want.driver || list[at].PermanentMAC != want.mac || len(list[at].Statistics) == 0 || len(list[at].Offloads) == 0 {
			t.Errorf("%s: %+v", want.mac, list)
		}
	}
	if at := slices.IndexFunc(list, func(l inventory.Link) bool { return slices.Contains(l.Addresses, "10.0.2.15/24") }); at < 0 || !list[at].Carrier {
		t.Errorf("no link has the node's address: %+v", list)
	}
}

func disks(t *testing.T, list []inventory.Disk) {
	t.Helper()
	for _, want := range []struct {
		transport string
		namespace uint32
		block     uint32
		removable bool
	}{{"nvme", 1, 512, false}, {"nvme", 2, 4096, false}, {"usb", 0, 512, true}, {"virtio", 0, 512, false}} {
		if !slices.ContainsFunc(list, func(d inventory.Disk) bool {
			return d.Transport == want.transport && d.NamespaceID == want.namespace && d.LogicalBlockBytes == want.block && d.Removable == want.removable && d.SizeBytes > 0
		}) {
			t.Errorf("no disk is %+v: %+v", want, list)
		}
	}
}
