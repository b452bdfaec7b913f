package job

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mote/hw/nvme"
	"mote/wire/inventory"
)

// NVMeDevice is a controller's device file, /dev/nvme0.
type NVMeDevice interface {
	// Send gives the controller an admin command, and returns the page that it
	// wrote. A status of the controller's is a [StatusError].
	Send(c nvme.Command) ([]byte, error)
	Close() error
}

// StatusError is what a controller answered: status code type and code
// (Base 2.0, figure 92).
type StatusError struct {
	What   string
	Status uint16
}

// Error names the command and the status.
func (e StatusError) Error() string {
	return fmt.Sprintf("%s: the controller answered with status type %xh, code %02xh", e.What, e.Status>>8&7, e.Status&0xff)
}

// namespacesMax bounds how many namespaces are told of.
const namespacesMax = 256

// failuresMax bounds how much of the error log is read: its newest entries.
const failuresMax = 16

// controllers asks each NVMe controller. One that does not answer is left with
// what sysfs says.
func (p *Probe) controllers(ctx context.Context) []inventory.NVMe {
	const folder = "sys/class/nvme"
	list := []inventory.NVMe{}
	for _, name := range p.list(folder) {
		at := folder + "/" + name + "/"
		c := inventory.NVMe{Seen: p.seen("dev/" + name), Name: name, Device: p.target(at + "device"), Model: p.text(at + "model"),
			Serial: p.text(at + "serial"), Firmware: p.text(at + "firmware_rev"), NQN: p.text(at + "subsysnqn"),
			FirmwareSlots: []string{}, Namespaces: []inventory.Namespace{}}
		if p.OpenNVMe != nil {
			got, err := within(ctx, name, func() (inventory.NVMe, error) {
				// A copy: should the device answer too late, nobody reads what this writes.
				asked := c
				err := p.ask(&asked)
				return asked, err
			})
			if err != nil {
				p.fail("/dev/"+name, err)
			}
			if got.Name != "" {
				c = got
			}
		}
		list = append(list, c)
	}
	return list
}

// ask fills in what the controller itself says. It goes on after an error: a log
// that is missing says nothing about the others.
func (p *Probe) ask(c *inventory.NVMe) (err error) {
	device, err := p.OpenNVMe("/dev/" + c.Name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, device.Close()) }()
	page, err := device.Send(nvme.IdentifyController())
	if err != nil {
		return err
	}
	id, err := nvme.DecodeController(page)
	if err != nil {
		return err
	}
	c.Model, c.Serial, c.Firmware, c.NVMeVersion = id.Model, id.Serial, id.Firmware, id.Version
	c.CapacityBytes, c.WriteCache, c.CanFormat, c.CanSelfTest = id.CapacityBytes, id.VolatileWriteCache, id.CanFormat, id.CanSelfTest
	c.CanSanitize = id.CanSanitizeBlock || id.CanSanitizeCrypto || id.CanOverwrite
	return errors.Join(health(device, id, c), slots(device, c), failures(device, id, c), namespaces(device, c))
}

func health(device NVMeDevice, id nvme.Controller, c *inventory.NVMe) error {
	page, err := device.Send(nvme.ReadHealth())
	if err != nil {
		return err
	}
	h, err := nvme.DecodeHealth(page)
	if err != nil {
		return err
	}
	c.Health = &inventory.NVMeHealth{Warnings: append([]string{}, h.Warnings...), Celsius: h.Celsius,
		WarningCelsius: id.WarningCelsius, CriticalCelsius: id.CriticalCelsius, SparePercent: h.SparePercent,
		SpareThresholdPercent: h.SpareThresholdPercent, UsedPercent: h.UsedPercent, ReadBytes: h.ReadBytes,
		WrittenBytes: h.WrittenBytes, PowerCycles: h.PowerCycles, PowerOnHours: h.PowerOnHours,
		UnsafeShutdowns: h.UnsafeShutdowns, MediaErrors: h.MediaErrors}
	return nil
}

func slots(device NVMeDevice, c *inventory.NVMe) error {
	page, err := device.Send(nvme.ReadFirmwareSlots())
	if err != nil {
		return err
	}
	s, err := nvme.DecodeFirmwareSlots(page)
	if err != nil {
		return err
	}
	c.FirmwareActive = s.Active
	// Trailing empty slots are most often slots that are not there.
	c.FirmwareSlots = strings.Split(strings.TrimRight(strings.Join(s.Revisions[:], "\n"), "\n"), "\n")
	return nil
}

func failures(device NVMeDevice, id nvme.Controller, c *inventory.NVMe) error {
	page, err := device.Send(nvme.ReadFailures(min(id.ErrorEntriesMax, failuresMax)))
	if err != nil {
		return err
	}
	list, err := nvme.DecodeFailures(page)
	c.ErrorLogEntries = len(list)
	return err
}

func namespaces(device NVMeDevice, c *inventory.NVMe) error {
	page, err := device.Send(nvme.ActiveNamespaces(0))
	if err != nil {
		return err
	}
	ids, err := nvme.DecodeActive(page)
	if err != nil {
		return err
	}
	var all error
	for _, id := range ids[:min(len(ids), namespacesMax)] {
		page, err := device.Send(nvme.IdentifyNamespace(id))
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		n, err := nvme.DecodeNamespace(page)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("namespace %d: %w", id, err))
			continue
		}
		c.Namespaces = append(c.Namespaces, inventory.Namespace{ID: id, SizeBytes: n.SizeBlocks * uint64(n.BlockBytes),
			UsedBytes: n.UsedBlocks * uint64(n.BlockBytes), BlockBytes: n.BlockBytes, NGUID: n.NGUID, EUI64: n.EUI64})
	}
	return all
}
