package manifest

import (
	"slices"
	"strconv"
	"strings"

	"mote/wire/inventory"
)

// fact is one thing that an inventory tells of a machine: selectors ask for it,
// and references take its first value.
type fact struct {
	name, doc, like string
	// amount reads what it is compared with; nil for texts.
	amount func(s string) (n uint64, problem string)
	of     func(m *inventory.Inventory) []string
}

// facts is the table of them.
func facts() []fact {
	one := func(get func(m *inventory.Inventory) string) func(m *inventory.Inventory) []string {
		return func(m *inventory.Inventory) []string { return some(get(m)) }
	}
	return []fact{
		{"serial", "The machine's serial number, by SMBIOS.", "PF12345", nil, one(func(m *inventory.Inventory) string { return m.Machine.Serial })},
		{"uuid", "Its UUID, by SMBIOS.", "4c4c4544-*", nil, one(func(m *inventory.Inventory) string { return m.Machine.UUID })},
		{"manufacturer", "Who made it.", "PC Engines", nil, one(func(m *inventory.Inventory) string { return m.Machine.Manufacturer })},
		{"product", "What its maker calls it.", "APU*", nil, one(func(m *inventory.Inventory) string { return m.Machine.Product })},
		{"board", "Its board.", "apu2", nil, one(func(m *inventory.Inventory) string { return m.Machine.Board })},
		{"board-serial", "The board's serial number.", "1234*", nil, one(func(m *inventory.Inventory) string { return m.Machine.BoardSerial })},
		{"cpu", "The processors' model.", "*Xeon*", nil, one(func(m *inventory.Inventory) string { return m.CPU.Model })},
		{"cpus", "How many processors the kernel sees.", "at least 4", wholeNumber,
			one(func(m *inventory.Inventory) string { return nonzero(uint64(m.CPU.Threads)) })},
		{"memory", "Its memory: the modules by SMBIOS, or what the kernel has.", "at least 2 GiB", sizeAmount, memoryOf},
		{"mac", "The links' addresses, the permanent ones where they are known.", "00:0d:b9:*", nil, func(m *inventory.Inventory) (all []string) {
			for _, l := range m.Links {
				all = append(all, some(either(l.PermanentMAC, l.MAC))...)
			}
			return all
		}},
		{"link", "The links' names.", "eth0", nil, func(m *inventory.Inventory) (all []string) {
			for _, l := range m.Links {
				all = append(all, l.Name)
			}
			return all
		}},
		{"disk", "The disks' names.", "nvme0n1", nil, ofDisks(func(d inventory.Disk) string { return d.Name })},
		{"disk-model", "The disks' models.", "Samsung*", nil, ofDisks(func(d inventory.Disk) string { return d.Model })},
		{"disk-serial", "The disks' serial numbers.", "S4*", nil, ofDisks(func(d inventory.Disk) string { return d.Serial })},
		{"disk-size", "The disks' sizes.", "at least 16 GB", sizeAmount, ofDisks(func(d inventory.Disk) string { return nonzero(d.SizeBytes) })},
		{"firmware", "How it was started: uefi, bios, or none.", "uefi", nil, one(func(m *inventory.Inventory) string { return m.Firmware.Kind })},
		{"tpm", "The versions of its trusted platform modules.", "2.0", nil, func(m *inventory.Inventory) (all []string) {
			for _, t := range m.TPMs {
				all = append(all, t.Specification)
			}
			return all
		}},
	}
}

func sizeAmount(s string) (n uint64, problem string) { return amount(s, sizeUnits, 1) }

func wholeNumber(s string) (n uint64, problem string) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return 0, quote(s) + " is no number"
	}
	return n, ""
}

// findFact returns the fact of that name, or nil.
func findFact(name string) *fact {
	all := facts()
	i := slices.IndexFunc(all, func(f fact) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &all[i]
}

// factNames lists them.
func factNames() []string {
	var list []string
	for _, f := range facts() {
		list = append(list, f.name)
	}
	return list
}

// memoryOf adds the modules up; machines without SMBIOS have the kernel's word,
// which is some MB less.
func memoryOf(m *inventory.Inventory) []string {
	var sum uint64
	for _, d := range m.Memory.DIMMs {
		sum += d.SizeBytes
	}
	if sum == 0 {
		sum = m.Memory.TotalBytes
	}
	return some(nonzero(sum))
}

// ofDisks asks each disk that can't be pulled out.
func ofDisks(get func(d inventory.Disk) string) func(m *inventory.Inventory) []string {
	return func(m *inventory.Inventory) (all []string) {
		for _, d := range m.Disks {
			if !d.Removable {
				all = append(all, some(get(d))...)
			}
		}
		return all
	}
}

// some is a list of s, or of nothing where it is empty.
func some(s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return nil
	}
	return []string{s}
}

// either is the first that says something.
func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// nonzero is n in decimal, or empty.
func nonzero(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
