// The program boot boots the bench image and tells where the time went: it
// prints a waterfall and the critical path, and writes build/boot.json and
// build/boot.svg.
//
//	go run ./size/boot [-exact] [-runs N] [-machine q35] [-accel tcg]
//
// Figures of one host are only compared side by side; those of -exact, which
// counts instructions, are the same everywhere.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"mote/ctl/vm"
)

const (
	// observePrefix begins the line with the figures.
	observePrefix = "observe: "
	// bootLimit bounds one boot: TCG on a busy host takes seconds.
	bootLimit = 3 * time.Minute
	// guestWord gives the guest QEMU's usual address, without asking for it.
	guestWord = "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"
	// benchBytes is an ordinary small machine's memory.
	benchBytes = 256 << 20
)

// options are the flags.
type options struct {
	image, kernel, out string
	machine, accel     string
	exact, verbose     bool
	runs               int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("boot", flag.ContinueOnError)
	flags.StringVar(&o.image, "image", filepath.Join("build", "bench.squashfs"), "the root to boot")
	flags.StringVar(&o.kernel, "kernel", "", "default build/vmlinux on microvm, else build/bzImage")
	flags.StringVar(&o.out, "out", "build", "folder for boot.json and boot.svg")
	flags.StringVar(&o.machine, "machine", vm.MicroVM, "QEMU's board: microvm, q35, …")
	flags.StringVar(&o.accel, "accel", "", "kvm or tcg; default the best that runs here")
	flags.BoolVar(&o.exact, "exact", false, "count instructions instead of time")
	flags.BoolVar(&o.verbose, "v", false, "show the console on standard error")
	flags.IntVar(&o.runs, "runs", 1, "boots; the one with the median is reported")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || flags.NArg() > 0 {
		return o, errors.New("boot: -runs is at least 1, and there are no other arguments")
	}
	if o.kernel == "" {
		o.kernel = filepath.Join("build", "bzImage")
		if o.machine == vm.MicroVM {
			o.kernel = filepath.Join("build", "vmlinux")
		}
	}
	return o, nil
}

// config is the machine that is measured.
func (o options) config() vm.Config {
	c := vm.Config{
		Machine: o.machine, Accel: vm.Accel(o.accel), Exact: o.exact,
		Kernel: o.kernel, Root: o.image, MemoryBytes: benchBytes,
		Append: append(vm.MoteWords(), guestWord),
		NICs:   []vm.NIC{{NoPeer: o.exact}},
	}
	if o.verbose {
		c.Console = os.Stderr
	}
	return c
}

// measured is one boot with what was seen of it from outside.
type measured struct {
	Boot
	accel vm.Accel
	lines []vm.Line
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	all := make([]measured, 0, o.runs)
	for range o.runs {
		one, err := measure(ctx, o.config())
		if err != nil {
			return err
		}
		all = append(all, one)
	}
	chosen := median(all)
	if _, err := io.WriteString(out, report(o, all, chosen)); err != nil {
		return err
	}
	return write(o.out, chosen.Boot)
}

// measure boots once, up to the observe line.
func measure(ctx context.Context, c vm.Config) (m measured, err error) {
	ctx, cancel := context.WithTimeout(ctx, bootLimit)
	defer cancel()
	v, err := vm.Start(ctx, c)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	line, err := v.WaitMatch(ctx, "the service observe to tell its figures, or to fail", func(line string) bool {
		return strings.HasPrefix(line, observePrefix) || strings.Contains(line, "] observe: exit status")
	})
	if err != nil {
		return m, err
	}
	text, is := strings.CutPrefix(line.Text, observePrefix)
	if !is {
		return m, fmt.Errorf("boot: the service observe failed; console, last lines:\n%s", v.Tail())
	}
	m.Boot, err = parseBoot(text)
	m.accel, m.lines = v.Accel, v.Lines()
	return m, err
}

// median is the boot whose time from init to ready is the middle one; of an
// even number the later one, so that it is a boot that was.
func median(all []measured) measured {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b measured) int {
		return int(a.ReadyNsec - a.InitNsec - (b.ReadyNsec - b.InitNsec))
	})
	return sorted[len(sorted)/2]
}

// report is what is printed.
func report(o options, all []measured, chosen measured) string {
	var b strings.Builder
	how := string(chosen.accel)
	if o.exact {
		how += ", exact: 1 instruction is 1 ns"
	}
	fmt.Fprintf(&b, "boot of %s on %s (%s)\n\n%s\n", filepath.Base(o.image), o.machine, how, waterfall(chosen.Boot))
	if o.exact {
		b.WriteString("the host's clock can't be held against a counted one: no handshake\n")
	} else if nsec, err := handshake(chosen.lines); err != nil {
		fmt.Fprintln(&b, err)
	} else {
		fmt.Fprintln(&b, agreement(nsec, chosen.ReadyNsec))
	}
	if len(all) > 1 {
		fmt.Fprintf(&b, "init to ready in %d runs, ms:", len(all))
		for _, m := range all {
			fmt.Fprintf(&b, " %s", msec(m.ReadyNsec-m.InitNsec))
		}
		b.WriteString("; the median is shown\n")
	}
	return b.String()
}

// write leaves boot.json and boot.svg in the folder.
func write(folder string, b Boot) error {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "boot.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "boot.svg"), []byte(svg(b)), 0o644)
}
