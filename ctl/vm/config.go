// Package vm runs a kernel under QEMU and watches it from the outside: the
// console's lines with the host's time, QEMU's own monitor, and its end.
//
// Always true here: a machine that was started has ended, and nothing of it is
// left on the host, once Close has returned or its context is done. It keeps no
// file and no path: monitor and second serial port are socket pairs that QEMU
// inherits, so nobody else can reach them and there is nothing to remove.
package vm

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Bounds of a machine, each with what happens at it.
const (
	// memoryBytesDefault is what an edge machine has; PID 1's own floor is lower.
	memoryBytesDefault = 128 << 20
	// memoryStepBytes is the unit in which QEMU is asked for memory. Another
	// size is refused, as a guest with half a MiB tells nobody anything.
	memoryStepBytes = 1 << 20
	// linesMax console lines are kept; the oldest are dropped and counted.
	linesMax = 1 << 15
	// lineBytesMax is where a line without an end is cut, so that a guest that
	// prints no newline can't take the host's memory.
	lineBytesMax = 8 << 10
	// linesShown is how much console an error carries: a kernel panic with its
	// call trace fits in it.
	linesShown = 40
	// stderrBytesMax of what QEMU itself said are kept, the last ones.
	stderrBytesMax = 4 << 10
)

// The machines that have their own rules here; any other name that QEMU knows
// is taken as a PC with PCI.
const (
	// MicroVM is QEMU's smallest: virtio-mmio, no PCI, PVH entry or bzImage.
	MicroVM = "microvm"
	// Q35 is a PC with PCI Express, as on most real boards.
	Q35 = "q35"
)

// Accel says who runs the guest's instructions.
type Accel string

// The ways to run. The zero value is Auto.
const (
	// Auto is KVM where it really runs a guest (see KVMTrouble), else TCG.
	Auto Accel = ""
	// KVM is the host's processor; a machine without it refuses to start.
	KVM Accel = "kvm"
	// TCG is QEMU's translator, everywhere the same and some 10 times slower.
	TCG Accel = "tcg"
)

// Config says what to start. The zero value of a field is its default.
type Config struct {
	// Binary is the QEMU program; default "qemu-system-x86_64" from PATH.
	Binary string
	// Machine is QEMU's name of the board; default MicroVM. Options may follow
	// after a comma, as in "q35,smm=off".
	Machine string
	// CPU is QEMU's -cpu; default "host" under KVM, and under TCG
	// QEMU's own with RDRAND.
	CPU string
	// CPUs is the number of processors; default 1.
	CPUs int
	// MemoryBytes is a multiple of 1 MiB; default 128 MiB.
	MemoryBytes int64
	Accel       Accel
	// Exact counts instructions, 1 ns each, in place of time (-icount): the
	// guest's clock says the same in every run and on every host, which finds
	// regressions that a clock can't. It implies TCG, one processor and
	// RootInRAM, and only NICs without a peer.
	Exact bool

	// Kernel is a vmlinux with a PVH note, or a bzImage.
	Kernel string
	// Root is a SquashFS; the guest sees it as a read-only disk, /dev/vda, or
	// as /dev/ram0 if RootInRAM.
	Root      string
	RootInRAM bool
	// Initrd is a cpio archive. It excludes RootInRAM, and a Root beside it is
	// a disk that the guest mounts by itself.
	Initrd string
	// Firmware boots the first of Disks in place of a Kernel; there are no words
	// then but those that stand in what is booted. The board is Q35 by default.
	Firmware *Firmware
	// Disks come behind Root, in this order.
	Disks []Disk

	// Append are kernel words; those that the machine itself asks for (console,
	// root, clock) stand before them.
	Append []string

	NICs []NIC
	// RNG gives the guest a virtio entropy source; without it a guest that asks
	// for keys waits for the kernel to gather some.
	RNG bool
	// Console, if set, gets every byte of the first serial port as it comes.
	Console io.Writer
	// Second, if set, adds a second serial port (ttyS1) whose bytes go there.
	Second io.Writer
	// Reboots lets a guest that resets start again; by default that ends QEMU,
	// so that a panic is an end and not a loop.
	Reboots bool
	// Devices are values of -device, Args any further words for QEMU, as they
	// are. Commas inside values are the caller's to double.
	Devices []string
	Args    []string

	// tscKHz is the rate of the host's time-stamp counter, 0 if unknown; decided
	// fills it in.
	tscKHz uint64
}

// Firmware is UEFI: EDK2's OVMF or another image for QEMU's flash.
type Firmware struct {
	// Code is the program, opened for reading only. Vars are its variables, which
	// it changes: a copy of the machine's own.
	Code, Vars string
	// Secure lets only the firmware's system management mode write the variables,
	// as its build for Secure Boot wants.
	Secure bool
}

// Disk is one virtio disk, of a raw image that the guest changes.
type Disk struct {
	Path string
	// SectorBytes is its logical sector; default 512.
	SectorBytes int
	// WriteLog is a file that gets each write and flush of the guest, in the form of
	// the kernel's dm-log-writes; empty: none is kept.
	WriteLog string
}

// NIC is one virtio network interface.
type NIC struct {
	// MAC is its address; empty leaves it to QEMU (52:54:00:12:34:56 and on).
	MAC string
	// NoPeer connects it to nothing: frames go nowhere.
	NoPeer bool
	// Open lets the guest reach the host and beyond through QEMU's NAT. By
	// default only the forwarded ports work, and nothing leaves the machine.
	Open bool
	// Forwards are TCP ports of the guest's first address (10.0.2.15) that the
	// host offers on 127.0.0.1.
	Forwards []Forward
}

// Forward is a TCP port of the guest that the host offers on 127.0.0.1.
type Forward struct {
	GuestPort int
	// HostPort 0 lets the host's kernel choose a free one: see VM.Port.
	HostPort int
}

// filled returns the configuration with its defaults in place, or an error that
// names the field at fault.
func (c Config) filled() (Config, error) {
	if c.Binary == "" {
		c.Binary = "qemu-system-x86_64"
	}
	if c.Machine == "" {
		c.Machine = MicroVM
		if c.Firmware != nil {
			c.Machine = Q35
		}
	}
	if c.CPUs == 0 {
		c.CPUs = 1
	}
	if c.MemoryBytes == 0 {
		c.MemoryBytes = memoryBytesDefault
	}
	if c.Exact {
		if c.Accel == KVM {
			return c, errors.New("vm: Exact counts instructions, which KVM can't; leave Accel to Auto or TCG")
		}
		c.Accel = TCG
		c.RootInRAM = c.Root != ""
	}
	return c, c.check()
}

// check refuses what QEMU would refuse later with fewer words, or silently
// understand otherwise.
func (c Config) check() error {
	switch {
	case c.Firmware != nil && (c.Kernel != "" || c.Root != "" || c.Initrd != "" || len(c.Append) > 0 || c.Exact):
		return errors.New("vm: Firmware boots from a disk; drop Kernel, Root, Initrd, Append and Exact")
	case c.Firmware != nil && c.micro():
		return errors.New("vm: a microvm has no flash for Firmware; take vm.Q35")
	case c.Firmware == nil && c.Kernel == "":
		return errors.New("vm: Kernel is empty; give the path of a vmlinux or bzImage")
	case c.MemoryBytes < 0 || c.MemoryBytes%memoryStepBytes != 0:
		return fmt.Errorf("vm: MemoryBytes %d is not a multiple of %d", c.MemoryBytes, memoryStepBytes)
	case c.CPUs < 0:
		return fmt.Errorf("vm: CPUs %d is negative", c.CPUs)
	case c.Accel != Auto && c.Accel != KVM && c.Accel != TCG:
		return fmt.Errorf("vm: Accel %q is unknown; take vm.Auto, vm.KVM or vm.TCG", c.Accel)
	case c.RootInRAM && c.Root == "":
		return errors.New("vm: RootInRAM without a Root; give the SquashFS")
	case c.RootInRAM && c.Initrd != "":
		return errors.New("vm: Root in RAM and Initrd both want QEMU's -initrd; drop one")
	case c.Exact && c.CPUs > 1:
		return fmt.Errorf("vm: Exact runs one processor, not %d", c.CPUs)
	}
	for i, nic := range c.NICs {
		if err := nic.check(c.Exact); err != nil {
			return fmt.Errorf("vm: NICs[%d]: %w", i, err)
		}
	}
	paths := []string{c.Kernel, c.Root, c.Initrd}
	if c.Firmware != nil {
		paths = append(paths, c.Firmware.Code, c.Firmware.Vars)
	}
	for _, d := range c.Disks {
		paths = append(paths, d.Path)
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("vm: %w; build it first", err)
		}
	}
	return nil
}

func (n NIC) check(exact bool) error {
	if exact && !n.NoPeer {
		return errors.New("Exact needs NoPeer, as frames from outside come at the host's time")
	}
	if n.NoPeer && (n.Open || len(n.Forwards) > 0) {
		return errors.New("NoPeer excludes Open and Forwards")
	}
	for _, f := range n.Forwards {
		if f.GuestPort < 1 || f.GuestPort > 65535 || f.HostPort < 0 || f.HostPort > 65535 {
			return fmt.Errorf("forward of host port %d to guest port %d: a port is 1 to 65535", f.HostPort, f.GuestPort)
		}
	}
	return nil
}
