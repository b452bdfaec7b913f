package benchcmd

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// machineFlags are the flags of every command that boots machines.
type machineFlags struct {
	kernel         string
	words, needs   []string
	machine, accel string
	memoryMiB      int64
	cpus           int
	nic, console   bool
	until          string
	limit          time.Duration
}

func (m *machineFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&m.kernel, "kernel", "", "vmlinux with a PVH note, or bzImage")
	flags.StringArrayVar(&m.words, "append", nil, "kernel words, separated by blanks; may be given again")
	flags.StringArrayVar(&m.needs, "needs", nil, "what a service waits for, as SERVICE=NEED,…; may be given again")
	flags.StringVar(&m.machine, "machine", vm.MicroVM, "QEMU's board: microvm, q35, …")
	flags.StringVar(&m.accel, "accel", "", "kvm or tcg (default the best that runs here)")
	flags.Int64Var(&m.memoryMiB, "memory", 256, "memory in MiB")
	flags.IntVar(&m.cpus, "cpus", 1, "processors; --exact has one")
	flags.BoolVar(&m.nic, "nic", false, "a virtio network interface that is connected to nothing")
	flags.BoolVar(&m.console, "console", false, "show the console on standard error")
	flags.StringVar(&m.until, "until", "ready", "the mark that ends the boot")
	flags.DurationVar(&m.limit, "limit", 3*time.Minute, "longest time for one boot")
}

// check refuses what would only be found after the boots, or not at all.
func (m *machineFlags) check() error {
	switch {
	case m.kernel == "":
		return errors.New("bench: --kernel is missing; give a vmlinux or bzImage")
	case m.limit <= 0:
		return fmt.Errorf("bench: --limit %v is no time to boot in", m.limit)
	case m.until == "":
		return errors.New("bench: --until is empty; name the mark that ends the boot")
	}
	_, err := m.services()
	return err
}

// services reads --needs. A service that nobody gives needs is inferred.
func (m *machineFlags) services() (all []bench.Service, err error) {
	for _, text := range m.needs {
		name, list, is := strings.Cut(text, "=")
		if !is || name == "" {
			return nil, fmt.Errorf("bench: --needs %q; write SERVICE=NEED,… or SERVICE= for none", text)
		}
		s := bench.Service{Name: name}
		if list != "" {
			s.Needs = strings.Split(list, ",")
		}
		all = append(all, s)
	}
	return all, nil
}

// options are when a boot is over; only after check.
func (m *machineFlags) options() bench.Options {
	services, _ := m.services() // checked
	return bench.Options{Until: m.until, Limit: m.limit, Services: services}
}

// config is the machine, without a root.
func (m *machineFlags) config() vm.Config {
	c := vm.Config{
		Kernel: m.kernel, Machine: m.machine, Accel: vm.Accel(m.accel), CPUs: m.cpus, MemoryBytes: m.memoryMiB << 20,
		// Stamped, and informational ones too: the kernel's line that it starts
		// PID 1 is one, and so may marks be.
		Append: []string{"printk.time=1", "loglevel=7"},
	}
	for _, words := range m.words {
		c.Append = append(c.Append, strings.Fields(words)...)
	}
	if m.nic {
		c.NICs = []vm.NIC{{NoPeer: true}}
	}
	if m.console {
		c.Console = os.Stderr
	}
	return c
}
