package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"mote/wire/inventory"
)

// lines prints a line a thing, its kind first.
type lines struct{ out *tabwriter.Writer }

func (l lines) add(kind, name string, parts ...string) {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	// A tabwriter keeps its error for Flush.
	_, _ = fmt.Fprintf(l.out, "%s\t%s\t%s\n", kind, name, strings.Join(said, ", "))
}

// writeText prints the inventory for a person.
func writeText(out io.Writer, i inventory.Inventory) error {
	l := lines{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	m := i.Machine
	l.add("machine", m.Product, m.Manufacturer, labelled("serial ", m.Serial), labelled("BIOS ", m.BIOSVersion))
	l.add("firmware", i.Firmware.Kind, when(i.Firmware.SecureBoot, "Secure Boot"), when(i.Firmware.SetupMode, "setup mode"))
	l.add("cpu", i.CPU.Model, count(i.CPU.Sockets, "socket"), count(i.CPU.Cores, "core"), count(i.CPU.Threads, "thread"), labelled("microcode ", i.CPU.Microcode))
	l.add("memory", size(i.Memory.TotalBytes))
	for _, d := range i.Memory.DIMMs {
		l.add("dimm", d.Locator, size(d.SizeBytes), d.Kind, d.Manufacturer, when(d.ECC, "ECC"))
	}
	l.links(i.Links)
	l.storage(i)
	l.chips(i)
	l.add("time", time.Unix(0, i.Time.UnixNsec).UTC().Format(time.RFC3339), synchronized(i.Time), i.Time.ClockSource)
	for _, u := range i.USB {
		l.add("usb", u.Address, u.VendorID+":"+u.ProductID, u.Manufacturer, u.Product, fmt.Sprintf("%g Mb/s", u.SpeedMbps))
	}
	for _, p := range i.PCI {
		l.add("pci", p.Address, p.VendorID+":"+p.DeviceID, "class "+p.Class, p.Driver)
	}
	for _, e := range i.Errors {
		l.add("trouble", e.Source, e.What)
	}
	return l.out.Flush()
}

func (l lines) links(list []inventory.Link) {
	for _, n := range list {
		state := "down"
		switch {
		case n.Carrier:
			state = "up"
		case n.Up:
			state = "no carrier"
		}
		l.add("link", n.Name, n.Driver, n.MAC, state, speed(n), strings.Join(n.Addresses, " "))
	}
}

func (l lines) storage(i inventory.Inventory) {
	for _, d := range i.Disks {
		l.add("disk", d.Name, d.Transport, size(d.SizeBytes), d.Model, labelled("serial ", d.Serial),
			fmt.Sprintf("blocks of %d", d.LogicalBlockBytes), when(d.Removable, "removable"), when(d.ReadOnly, "read-only"))
	}
	for _, c := range i.NVMe {
		l.add("nvme", c.Name, c.Model, labelled("firmware ", c.Firmware), labelled("NVMe ", c.NVMeVersion), count(len(c.Namespaces), "namespace"), health(c.Health))
	}
}

func (l lines) chips(i inventory.Inventory) {
	for _, p := range i.TPMs {
		l.add("tpm", p.Name, p.Specification, p.Manufacturer, labelled("firmware ", p.Firmware), count(len(p.PCRSHA256), "PCR"),
			fmt.Sprintf("%d of %d wrong guesses", p.LockoutCounter, p.LockoutMax), when(p.LockedOut, "locked out"))
	}
	for _, w := range i.Watchdogs {
		l.add("watchdog", w.Name, w.Identity, w.State, fmt.Sprintf("%d s", w.TimeoutSec), when(w.NoWayOut, "can't be stopped"), when(w.Fired, "restarted the machine"))
	}
	for _, s := range i.Sensors {
		l.add("sensor", s.Chip, s.Label, fmt.Sprintf("%.1f %s", s.Value, s.Unit))
	}
	for _, c := range i.Clocks {
		says := ""
		if c.UnixSec != 0 {
			says = time.Unix(c.UnixSec, 0).UTC().Format(time.RFC3339)
		}
		l.add("clock", c.Name, c.Device, says, when(c.SetsSystem, "sets the system's"))
	}
}

func when(is bool, what string) string {
	if is {
		return what
	}
	return ""
}

// labelled is a value with its name before it, or nothing.
func labelled(label, value string) string {
	if value == "" {
		return ""
	}
	return label + value
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size is in MB or GB, as makers count.
func size(bytes uint64) string {
	const mega = 1_000_000
	switch {
	case bytes == 0:
		return "empty"
	case bytes >= 10_000*mega:
		return fmt.Sprintf("%.1f GB", float64(bytes)/(1000*mega))
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/mega)
}

func speed(l inventory.Link) string {
	if l.SpeedMbps == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%d Mb/s %s", l.SpeedMbps, l.Duplex))
}

func health(h *inventory.NVMeHealth) string {
	if h == nil {
		return "no health log"
	}
	parts := []string{fmt.Sprintf("%d °C", h.Celsius), fmt.Sprintf("%d %% used", h.UsedPercent), fmt.Sprintf("%d %% spare", h.SparePercent)}
	if h.MediaErrors > 0 {
		parts = append(parts, fmt.Sprintf("%d media errors", h.MediaErrors))
	}
	return strings.Join(append(parts, h.Warnings...), ", ")
}

func synchronized(t inventory.Time) string {
	if t.Synchronized {
		return fmt.Sprintf("synchronized within %d µs", t.MaxErrorUsec)
	}
	return "not synchronized"
}
