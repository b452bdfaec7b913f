package job

import (
	"io/fs"
	"strconv"
	"strings"

	"mote/hw/smbios"
	"mote/wire/inventory"
)

// tablePath is the firmware's table as Linux keeps it.
const tablePath = "sys/firmware/dmi/tables/DMI"

// smbios fills in what the firmware says of machine and memory. A machine without
// the table (microvm, most boards without UEFI) has empty strings.
func (p *Probe) smbios(i *inventory.Inventory) {
	i.Machine.Seen, i.Memory.Seen = p.seen(tablePath), p.seen("proc/meminfo")
	i.Memory.DIMMs = []inventory.DIMM{}
	b, err := fs.ReadFile(p.Root, tablePath)
	if err != nil {
		if p.list("sys/firmware/dmi") != nil {
			p.fail("/"+tablePath, err)
		}
		return
	}
	t, err := smbios.Decode(b)
	if err != nil {
		p.fail("/"+tablePath, err)
		return
	}
	i.Machine = inventory.Machine{Seen: i.Machine.Seen,
		Manufacturer: t.System.Manufacturer, Product: t.System.Product, Serial: t.System.Serial, UUID: t.System.UUID,
		Board: strings.TrimSpace(t.Board.Manufacturer + " " + t.Board.Product), BoardSerial: t.Board.Serial,
		BIOSVendor: t.BIOS.Vendor, BIOSVersion: t.BIOS.Version, BIOSDate: t.BIOS.ReleaseDate, OEMStrings: t.OEMStrings}
	for _, d := range t.DIMMs {
		i.Memory.DIMMs = append(i.Memory.DIMMs, inventory.DIMM{Locator: d.Locator, Kind: d.Kind, Manufacturer: d.Manufacturer,
			Part: d.Part, Serial: d.Serial, SizeBytes: d.SizeBytes, SpeedMTps: d.SpeedMTps, ConfiguredMTps: d.ConfiguredMTps,
			ECC: d.TotalBits > d.DataBits})
	}
}

// memory reads how much RAM the kernel has.
func (p *Probe) memory(i *inventory.Inventory) {
	for line := range strings.Lines(p.text("proc/meminfo")) {
		if rest, is := strings.CutPrefix(line, "MemTotal:"); is {
			kib, _ := parseNumber(strings.TrimSpace(rest))
			i.Memory.TotalBytes = kib << 10
		}
	}
}

// processors reads /proc/cpuinfo (arch/x86/kernel/cpu/proc.c) and the kernel's
// words on each weakness.
func (p *Probe) processors(i *inventory.Inventory) {
	c := &i.CPU
	c.Seen, c.Mitigations = p.seen("proc/cpuinfo"), map[string]string{}
	cores, sockets := map[string]bool{}, map[string]bool{}
	var socket string
	for line := range strings.Lines(p.text("proc/cpuinfo")) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "processor":
			c.Threads++
		case "vendor_id":
			c.Vendor = value
		case "model name":
			c.Model = value
		case "microcode":
			c.Microcode = value
		case "flags":
			c.Flags = strings.Fields(value)
		case "physical id":
			socket = value
			sockets[socket] = true
		case "core id":
			cores[socket+"/"+value] = true
		}
	}
	// A kernel for one processor tells neither.
	c.Cores, c.Sockets = max(len(cores), 1), max(len(sockets), 1)
	const weaknesses = "sys/devices/system/cpu/vulnerabilities"
	for _, name := range p.list(weaknesses) {
		c.Mitigations[name] = p.text(weaknesses + "/" + name)
	}
}

// The variables of UEFI 2.10, 3.3; four bytes of attributes stand before each.
const (
	variables     = "sys/firmware/efi/efivars/"
	global        = "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
	attributeSize = 4
)

// firmware tells how the machine was started.
func (p *Probe) firmware() inventory.Firmware {
	f := inventory.Firmware{Seen: p.seen("sys/firmware"), Kind: "none"}
	if p.list("sys/firmware/efi") == nil {
		if p.list("sys/firmware/dmi") != nil {
			f.Kind = "bios"
		}
		return f
	}
	f.Kind = "uefi"
	if p.list(strings.TrimSuffix(variables, "/")) == nil {
		return f // efivarfs is not mounted: what follows is unknown, and off
	}
	f.SecureBoot, f.SetupMode = p.flag("SecureBoot"), p.flag("SetupMode")
	if b := p.variable("BootCurrent"); len(b) == 2 {
		const hex = "0123456789ABCDEF"
		f.BootCurrent = string([]byte{hex[b[1]>>4], hex[b[1]&15], hex[b[0]>>4], hex[b[0]&15]})
	}
	return f
}

func (p *Probe) flag(name string) bool {
	b := p.variable(name)
	return len(b) == 1 && b[0] == 1
}

// variable is a global EFI variable's data; nil if it is not there.
func (p *Probe) variable(name string) []byte {
	b, err := fs.ReadFile(p.Root, variables+name+global)
	if err != nil || len(b) < attributeSize {
		return nil
	}
	return b[attributeSize:]
}

// pci lists the functions on PCI.
func (p *Probe) pci() []inventory.PCI {
	const folder = "sys/bus/pci/devices"
	list := []inventory.PCI{}
	for _, address := range p.list(folder) {
		at := folder + "/" + address + "/"
		list = append(list, inventory.PCI{Seen: p.seen(folder + "/" + address), Address: address,
			VendorID: p.id(at + "vendor"), DeviceID: p.id(at + "device"), Class: p.id(at + "class"),
			SubsystemVendor: p.id(at + "subsystem_vendor"), SubsystemID: p.id(at + "subsystem_device"),
			Driver: p.target(at + "driver"), LinkSpeed: p.text(at + "current_link_speed"), LinkWidth: p.text(at + "current_link_width")})
	}
	return list
}

// id is a hexadecimal number without its 0x, as the lists of ids have it.
func (p *Probe) id(path string) string { return strings.TrimPrefix(p.text(path), "0x") }

// usb lists devices; their interfaces ("1-1:1.0") have no idVendor.
func (p *Probe) usb() []inventory.USB {
	const folder = "sys/bus/usb/devices"
	list := []inventory.USB{}
	for _, address := range p.list(folder) {
		at := folder + "/" + address + "/"
		if p.text(at+"idVendor") == "" {
			continue
		}
		speed, _ := strconv.ParseFloat(p.text(at+"speed"), 64)
		list = append(list, inventory.USB{Seen: p.seen(folder + "/" + address), Address: address,
			VendorID: p.text(at + "idVendor"), ProductID: p.text(at + "idProduct"), Manufacturer: p.text(at + "manufacturer"),
			Product: p.text(at + "product"), Serial: p.text(at + "serial"), SpeedMbps: speed})
	}
	return list
}
