package vm

import (
	"fmt"
	"strconv"
	"strings"
)

// Inherited descriptors, in the order of exec.Cmd.ExtraFiles.
const (
	monitorFD = 3
	secondFD  = 4
)

// CommandLine returns a line that starts the same machine by hand in a shell,
// with QEMU's own console and monitor on the terminal (Ctrl-A X ends it). A
// second serial port goes to the file second.log, host ports that are 0 are
// chosen by the kernel.
func CommandLine(c Config) (string, error) {
	c, err := c.filled()
	if err != nil {
		return "", err
	}
	c, err = c.decided()
	if err != nil {
		return "", err
	}
	args, err := c.args()
	if err != nil {
		return "", err
	}
	args = append(args, "-chardev", "stdio,id=console,mux=on,signal=off", "-mon", "console")
	if c.Second != nil {
		args = append(args, "-chardev", "file,id=second,path=second.log")
	}
	return quote(append([]string{c.Binary}, args...)), nil
}

// wiredArgs adds what ties the machine to this process to args.
func (c Config) wiredArgs() ([]string, error) {
	args, err := c.args()
	if err != nil {
		return nil, err
	}
	args = append(args,
		"-chardev", "stdio,id=console,signal=off",
		"-chardev", fmt.Sprintf("socket,id=monitor,fd=%d", monitorFD),
		"-mon", "chardev=monitor,mode=control")
	if c.Second != nil {
		args = append(args, "-chardev", fmt.Sprintf("socket,id=second,fd=%d", secondFD))
	}
	return args, nil
}

// args is the machine itself, without the host's ends of its wires. The
// configuration is filled and its accelerator decided.
func (c Config) args() ([]string, error) {
	args := []string{
		// No option of a file in the user's home may change the machine.
		"-no-user-config", "-nodefaults",
		"-display", "none",
		"-M", c.machine(),
		"-accel", string(c.Accel),
		"-smp", strconv.Itoa(c.CPUs),
		"-m", strconv.FormatInt(c.MemoryBytes>>20, 10) + "M",
	}
	args = append(args, "-cpu", c.cpu())
	if c.Exact {
		// shift=0: an instruction is 1 ns. sleep=off: an idle guest jumps to its
		// next timer. The seed feeds what the guest takes for chance.
		args = append(args, "-icount", "shift=0,sleep=off",
			"-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1")
	}
	if !c.Reboots {
		args = append(args, "-no-reboot")
	}
	boots, err := c.bootArgs()
	if err != nil {
		return nil, err
	}
	args = append(args, boots...)
	args = append(args, c.deviceArgs()...)
	return append(args, c.Args...), nil
}

// bootArgs say what is booted: a kernel, or what firmware finds.
func (c Config) bootArgs() ([]string, error) {
	if f := c.Firmware; f != nil {
		// Flash comes by -drive only; the names are QEMU's for the two chips.
		args := []string{
			"-drive", "if=pflash,unit=0,format=raw,readonly=on,file=" + optionValue(f.Code),
			"-drive", "if=pflash,unit=1,format=raw,file=" + optionValue(f.Vars),
		}
		if f.Secure {
			args = append(args, "-global", "driver=cfi.pflash01,property=secure,value=on")
		}
		return args, nil
	}
	words, err := c.words()
	if err != nil {
		return nil, err
	}
	args := []string{"-kernel", c.Kernel}
	if c.RootInRAM {
		args = append(args, "-initrd", c.Root)
	} else if c.Initrd != "" {
		args = append(args, "-initrd", c.Initrd)
	}
	return append(args, "-append", strings.Join(words, " ")), nil
}

// deviceArgs are disks, NICs, entropy and serial ports, in the order in which
// the guest shall number them.
func (c Config) deviceArgs() []string {
	args := []string{"-serial", "chardev:console"}
	if c.Second != nil {
		// -serial would do on a PC, but microvm has one port by itself.
		args = append(args, "-device", "isa-serial,chardev=second,index=1")
	}
	if c.Root != "" && !c.RootInRAM {
		args = append(args,
			"-drive", "if=none,id=root,format=raw,readonly=on,file="+optionValue(c.Root),
			"-device", c.virtio("blk")+",drive=root")
	}
	for i, disk := range c.Disks {
		device := fmt.Sprintf("%s,drive=disk%d", c.virtio("blk"), i)
		if n := disk.SectorBytes; n != 0 {
			device += fmt.Sprintf(",logical_block_size=%d,physical_block_size=%d", n, n)
		}
		if c.Firmware != nil && i == 0 {
			device += ",bootindex=0"
		}
		args = append(args, disk.args(i)...)
		args = append(args, "-device", device)
	}
	for i, nic := range c.NICs {
		args = append(args, c.nicArgs(i, nic)...)
	}
	if c.RNG {
		args = append(args, "-object", "rng-builtin,id=rng", "-device", c.virtio("rng")+",rng=rng")
	}
	for _, device := range c.Devices {
		args = append(args, "-device", device)
	}
	return args
}

// args give the i-th disk its content, "diskI".
func (d Disk) args(i int) []string {
	if d.WriteLog == "" {
		return []string{"-drive", fmt.Sprintf("if=none,id=disk%d,format=raw,file=%s", i, optionValue(d.Path))}
	}
	return []string{"-blockdev", fmt.Sprintf("node-name=disk%d,driver=blklogwrites,"+
		"file.driver=raw,file.file.driver=file,file.file.filename=%s,log.driver=raw,log.file.driver=file,log.file.filename=%s",
		i, optionValue(d.Path), optionValue(d.WriteLog))}
}

// nicArgs gives the i-th NIC its netdev "netI" and its device.
func (c Config) nicArgs(i int, nic NIC) []string {
	device := c.virtio("net")
	if nic.MAC != "" {
		device += ",mac=" + optionValue(nic.MAC)
	}
	if nic.NoPeer {
		return []string{"-device", device}
	}
	netdev := fmt.Sprintf("user,id=net%d", i)
	if !nic.Open {
		netdev += ",restrict=on"
	}
	for _, f := range nic.Forwards {
		netdev += fmt.Sprintf(",hostfwd=tcp:127.0.0.1:%d-:%d", f.HostPort, f.GuestPort)
	}
	return []string{"-netdev", netdev, "-device", fmt.Sprintf("%s,netdev=net%d", device, i)}
}

// machine is the value of -M. microvm has a clock chip only on request.
func (c Config) machine() string {
	switch {
	case c.Machine == MicroVM:
		return MicroVM + ",rtc=on"
	case c.Firmware != nil && c.Firmware.Secure:
		return c.Machine + ",smm=on"
	}
	return c.Machine
}

// cpu is the value of -cpu. TCG's own default lacks RDRAND, and without it the
// kernel makes its early random numbers one hash at a time: 300 ms of a boot.
func (c Config) cpu() string {
	switch {
	case c.CPU != "":
		return c.CPU
	case c.Accel == KVM:
		return "host"
	}
	return "qemu64,+rdrand"
}

// micro says whether the board is a microvm, with any options.
func (c Config) micro() bool {
	board, _, _ := strings.Cut(c.Machine, ",")
	return board == MicroVM
}

// virtio names a virtio device on the board's bus.
func (c Config) virtio(kind string) string {
	if c.micro() {
		return "virtio-" + kind + "-device" // virtio-mmio
	}
	return "virtio-" + kind + "-pci"
}
