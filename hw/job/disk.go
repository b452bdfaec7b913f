package job

import (
	"context"
	"io/fs"
	"strings"
	"time"

	"mote/wire/inventory"
)

// sectorBytes is the unit of sizes in sysfs, whatever the disk's blocks are.
const sectorBytes = 512

// notDisks are block devices without a device behind them.
var notDisks = [...]string{"loop", "ram", "dm-", "md", "zram", "nbd"}

const (
	// massStorage is the class of USB interfaces that have disks behind them.
	massStorage = "08"
	// settleLimit bounds the wait for those: the kernel leaves each a second
	// before it looks (usb-storage.delay_use).
	settleLimit = 4 * time.Second
	settlePause = 50 * time.Millisecond
)

// settle waits until each USB interface for disks has one, or settleLimit is
// over: a reader may never have any.
func (p *Probe) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleLimit)
	defer cancel()
	for p.unsettled() {
		select {
		case <-ctx.Done():
			return
		case <-time.After(settlePause):
		}
	}
}

func (p *Probe) unsettled() bool {
	const folder = "sys/bus/usb/devices"
	for _, name := range p.list(folder) {
		at := folder + "/" + name
		if p.text(at+"/bInterfaceClass") != massStorage {
			continue
		}
		// A pattern that is always the same can't be a bad one.
		if found, _ := fs.Glob(p.Root, at+"/host*/target*/*/block"); found == nil {
			return true
		}
	}
	return false
}

// Disks reads what disks there are, once those have come that take a while.
func (p *Probe) Disks(ctx context.Context) []inventory.Disk {
	p.settle(ctx)
	return p.disks()
}

// disks reads /sys/block (Documentation/ABI/stable/sysfs-block).
func (p *Probe) disks() []inventory.Disk {
	list := []inventory.Disk{}
	for _, name := range p.list("sys/block") {
		if isDisk(name) {
			list = append(list, p.disk(name))
		}
	}
	return list
}

func isDisk(name string) bool {
	for _, prefix := range notDisks {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

func (p *Probe) disk(name string) inventory.Disk {
	at := "sys/block/" + name + "/"
	path := p.link("sys/block/" + name)
	d := inventory.Disk{Seen: p.seen("sys/block/" + name), Name: name, Transport: transport(path), Device: busAddress(path),
		Model: p.text(at + "device/model"), Serial: p.first(at+"device/serial", at+"serial"), WWID: p.first(at+"wwid", at+"device/wwid"),
		NamespaceID: uint32(p.number(at + "nsid")), SizeBytes: p.number(at+"size") * sectorBytes,
		LogicalBlockBytes: uint32(p.number(at + "queue/logical_block_size")), PhysicalBlockBytes: uint32(p.number(at + "queue/physical_block_size")),
		Removable: p.number(at+"removable") != 0, ReadOnly: p.number(at+"ro") != 0, Rotational: p.number(at+"queue/rotational") != 0,
		WriteCache: p.text(at + "queue/write_cache"), Partitions: []inventory.Partition{}}
	// SCSI disks, USB sticks among them, have the maker apart; eMMC a name.
	if vendor := p.text(at + "device/vendor"); vendor != "" && d.Transport != "virtio" {
		d.Model = strings.TrimSpace(vendor + " " + d.Model)
	}
	if d.Model == "" {
		d.Model = p.text(at + "device/name")
	}
	for _, part := range p.list(strings.TrimSuffix(at, "/")) {
		if strings.HasPrefix(part, name) && p.text(at+part+"/partition") != "" {
			d.Partitions = append(d.Partitions, inventory.Partition{Name: part, Label: p.event(at+part+"/uevent", "PARTNAME"),
				StartBytes: p.number(at+part+"/start") * sectorBytes, SizeBytes: p.number(at+part+"/size") * sectorBytes})
		}
	}
	return d
}

// first is the text of the first of two files that has any.
func (p *Probe) first(a, b string) string {
	if s := p.text(a); s != "" {
		return s
	}
	return p.text(b)
}

// event is a value of a uevent file.
func (p *Probe) event(path, key string) string {
	for line := range strings.Lines(p.text(path)) {
		if value, is := strings.CutPrefix(line, key+"="); is {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// transport tells from a disk's place in the tree of devices how it is reached.
func transport(path string) string {
	for _, way := range [...]struct{ mark, name string }{
		{"/nvme/", "nvme"}, {"/usb", "usb"}, {"/ata", "ata"}, {"/mmc", "mmc"}, {"/virtio", "virtio"}, {"/host", "scsi"},
	} {
		if strings.Contains(path, way.mark) {
			return way.name
		}
	}
	return "other"
}

// busAddress is the PCI function nearest to a disk: the last part of its place
// that looks like one.
func busAddress(path string) string {
	address := ""
	for part := range strings.SplitSeq(path, "/") {
		if len(part) == len("0000:00:1f.2") && part[4] == ':' && part[7] == ':' && part[10] == '.' {
			address = part
		}
	}
	return address
}
