// The program run boots the demo image and gives its console to the person at
// the terminal, until the machine or the person ends it.
//
//	go run ./ctl/vm/run [-machine q35] [-accel tcg] [-memory MiB] [-forward 1883,9100] [-state FILE]
//	go run ./ctl/vm/run -disk FILE -vars FILE
//
// The second form boots a raw disk by OVMF with Secure Boot; disk and variables
// are the machine's own, and keep what it writes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"mote/ctl/vm"
)

const (
	// readyText is in PID 1's line once everything essential is up.
	readyText = "] ready"
	// readyLimit bounds the wait for it: a slow host under TCG takes seconds.
	readyLimit = 3 * time.Minute
)

// options are the flags.
type options struct {
	image, kernel  string
	machine, accel string
	memoryMiB      int64
	ports          []int
	// state is a file, the disk of what the node keeps across boots; empty: none.
	state string
	// disk is booted by the firmware in code, with the variables in vars.
	disk, code, vars string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	if err == nil {
		err = run(ctx, o, os.Stdin, os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	var forward string
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&o.image, "image", filepath.Join("build", "demo.squashfs"), "the root to boot")
	flags.StringVar(&o.kernel, "kernel", "", "default build/vmlinux on microvm, else build/bzImage")
	flags.StringVar(&o.state, "state", filepath.Join("build", "state.img"), "what the node keeps across boots is there; empty: it keeps nothing")
	flags.StringVar(&o.disk, "disk", "", "boot this raw disk by UEFI instead")
	flags.StringVar(&o.vars, "vars", "", "the firmware's variables, see mote image enrol")
	flags.StringVar(&o.code, "firmware", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "the firmware that -disk is booted by")
	flags.StringVar(&o.machine, "machine", vm.MicroVM, "QEMU's board: microvm, q35, …")
	flags.StringVar(&o.accel, "accel", "", "kvm or tcg; default the best that runs here")
	flags.Int64Var(&o.memoryMiB, "memory", 256, "the machine's memory in MiB")
	flags.StringVar(&forward, "forward", "1883,9100", "TCP ports of the guest to offer on this host")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("run: unknown argument %q", flags.Arg(0))
	}
	if o.disk != "" {
		// What stands in the signed image has no address on QEMU's network.
		o.machine, forward = vm.Q35, ""
		if o.vars == "" {
			return o, errors.New("run: -disk without -vars; make them with mote image enrol")
		}
	}
	for _, word := range strings.FieldsFunc(forward, func(r rune) bool { return r == ',' }) {
		port, err := strconv.Atoi(word)
		if err != nil || port < 1 || port > 65535 {
			return o, fmt.Errorf("run: -forward: %q is not a port", word)
		}
		o.ports = append(o.ports, port)
	}
	if o.kernel == "" {
		o.kernel = filepath.Join("build", "bzImage")
		if o.machine == vm.MicroVM {
			o.kernel = filepath.Join("build", "vmlinux")
		}
	}
	return o, nil
}

// config is the machine: its console goes to out as it comes.
func (o options) config(out io.Writer) vm.Config {
	if o.disk != "" {
		return vm.Config{
			Machine: o.machine, Accel: vm.Accel(o.accel), MemoryBytes: o.memoryMiB << 20,
			Firmware: &vm.Firmware{Code: o.code, Vars: o.vars, Secure: true},
			Disks:    []vm.Disk{{Path: o.disk}}, RNG: true, Console: out,
		}
	}
	nic := vm.NIC{}
	for _, port := range o.ports {
		nic.Forwards = append(nic.Forwards, vm.Forward{GuestPort: port})
	}
	c := vm.Config{
		Machine: o.machine, Accel: vm.Accel(o.accel), MemoryBytes: o.memoryMiB << 20,
		Kernel: o.kernel, Root: o.image, Append: append(vm.MoteWords(), vm.StaticWord),
		NICs: []vm.NIC{nic}, RNG: true, Console: out,
	}
	if o.state != "" {
		// The root is the first disk.
		c.Disks, c.Append = []vm.Disk{{Path: o.state}}, append(c.Append, "mote.state=/dev/vdb")
	}
	return c
}

// stateBytes is what a state area takes of its disk, with the manifests behind it; see
// fs/README.md.
const stateBytes = 972 << 10

// makeState makes the state's disk, empty, where there is none.
func (o options) makeState() error {
	if o.state == "" || o.disk != "" {
		return nil
	}
	f, err := os.OpenFile(o.state, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("run: -state: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.Size() < stateBytes {
		err = f.Truncate(stateBytes)
	}
	return errors.Join(err, f.Close())
}

func run(ctx context.Context, o options, in *os.File, out io.Writer) (err error) {
	if err := o.makeState(); err != nil {
		return err
	}
	c := o.config(out)
	v, err := vm.Start(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	waiting, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	line, err := v.WaitLine(waiting, readyText)
	if err != nil {
		return fmt.Errorf("run: the node did not get ready: %w", err)
	}
	// Up to here a reset was a failure, and the end; a node that was ready may
	// restart as often as it is asked to.
	if err := v.Monitor.Do(ctx, "set-action", map[string]string{"reboot": "reset"}, nil); err != nil {
		return err
	}
	text, err := guide(ctx, v, o, line.At.Sub(v.Began))
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return v.Attach(ctx, in)
}

// guide tells how to look further.
func guide(ctx context.Context, v *vm.VM, o options, took time.Duration) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nThe machine (%s, %s) was ready %.1f s after its start.\n", o.machine, v.Accel, took.Seconds())
	for _, guest := range o.ports {
		host, err := v.Port(ctx, guest)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "  127.0.0.1:%-5d leads to its port %d%s\n", host, guest, hint(guest, host))
	}
	fmt.Fprintf(&b, "  %s.\n  There is no login: this console only tells.\n\n", vm.EscapeText)
	return b.String(), nil
}

// hint is a command to try with a port whose protocol is known by its number.
func hint(guest, host int) string {
	switch guest {
	case 1883:
		return fmt.Sprintf(", MQTT:       mosquitto_sub -p %d -t '#' -v", host)
	case 9100:
		return fmt.Sprintf(", Prometheus: curl http://127.0.0.1:%d/metrics", host)
	}
	return ""
}
