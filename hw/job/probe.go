// Package job has the hardware's blocking jobs: what may take seconds, and so
// runs in a process of its own with a deadline, never in PID 1.
package job

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"mote/wire/inventory"
)

// deviceLimit bounds what one device may take; a device that takes longer is an
// error in the inventory, and the others go on.
const deviceLimit = 5 * time.Second

// Probe reads what hardware there is.
type Probe struct {
	// Root is the file system with proc, sys and dev; os.DirFS("/") on a node.
	Root fs.FS
	// BootNsec tells CLOCK_BOOTTIME.
	BootNsec func() int64
	// OpenNVMe and OpenTPM open a device file by its path; nil where none is asked.
	OpenNVMe func(path string) (NVMeDevice, error)
	OpenTPM  func(path string) (TPMDevice, error)
	// Links tells the network interfaces; it belongs to another room.
	Links func() ([]inventory.Link, error)

	errors []inventory.Error
}

// Inventory reads everything. What can't be read is among its errors; it never
// fails as a whole, and ends when ctx does at the latest.
func (p *Probe) Inventory(ctx context.Context) inventory.Inventory {
	i := inventory.Inventory{Version: inventory.Version}
	p.errors = []inventory.Error{}
	p.smbios(&i)
	p.processors(&i)
	p.memory(&i)
	i.Disks = p.Disks(ctx)
	i.NVMe = p.controllers(ctx)
	i.TPMs = p.tpms(ctx)
	i.Watchdogs = p.watchdogs()
	i.Sensors = p.sensors(ctx)
	i.Clocks = p.clocks()
	i.Firmware = p.firmware()
	i.PCI = p.pci()
	i.USB = p.usb()
	if p.Links != nil {
		links, err := p.Links()
		if err != nil {
			p.fail("rtnetlink", err)
		}
		i.Links = links
	}
	i.Errors = p.errors
	i.TakenBootNsec = p.BootNsec()
	return i
}

func (p *Probe) fail(source string, err error) {
	p.errors = append(p.errors, inventory.Error{Source: source, What: err.Error()})
}

func (p *Probe) seen(source string) inventory.Seen {
	return inventory.Seen{Source: "/" + source, BootNsec: p.BootNsec()}
}

// within runs what asks a device, and gives up on it after deviceLimit. What was
// given up on goes on by itself; its process ends with the job.
func within[T any](ctx context.Context, what string, ask func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, deviceLimit)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		v, err := ask()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("%s: no answer in %s", what, deviceLimit)
	}
}

// text is a file of one line without its end; empty if it can't be read, as
// attributes differ from device to device.
func (p *Probe) text(path string) string {
	b, err := fs.ReadFile(p.Root, path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "?"))
}

// number is a file with an integer, decimal or with 0x; 0 if there is none.
func (p *Probe) number(path string) uint64 {
	n, _ := parseNumber(p.text(path))
	return n
}

func parseNumber(s string) (n uint64, is bool) {
	_, err := fmt.Sscanf(s, "%v", &n)
	return n, err == nil
}

// list names what a folder holds, sorted; nothing if it is not there.
func (p *Probe) list(folder string) []string {
	entries, err := fs.ReadDir(p.Root, folder)
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// target is the last part of what a link points to: the driver, the bus address.
func (p *Probe) target(path string) string {
	to := p.link(path)
	return to[strings.LastIndexByte(to, '/')+1:]
}

// link is what a symbolic link says; empty if it is none.
func (p *Probe) link(path string) string {
	to, err := fs.ReadLink(p.Root, path)
	if err != nil {
		return ""
	}
	return to
}
