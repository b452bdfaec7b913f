// The program boot boots the bench image and tells where the time went: it
// prints a waterfall, the critical path and the distribution of each mark, and
// writes build/boot.json, .svg, .html, .csv and .trace.json.
//
//	go run ./size/boot [-exact] [-runs N] [-machine q35] [-accel tcg]
//	go run ./size/boot compare [-pairs N] BASE HEAD
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
	"strings"
	"syscall"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

const (
	// guestWord gives the guest QEMU's usual address, without asking for it.
	guestWord = "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"
	// benchBytes is an ordinary small machine's memory.
	benchBytes = 256 << 20
	// exactRuns are what it takes to see that an exact boot is exact.
	exactRuns = 2
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
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "compare" {
		return compare(ctx, args[1:], out)
	}
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	all, err := bench.Times(ctx, o.config(), bench.Options{}, o.runs, nil)
	if err != nil {
		return err
	}
	text, err := report(o, all)
	if _, printErr := io.WriteString(out, text); printErr != nil {
		return printErr
	}
	return errors.Join(err, write(o.out, all))
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("boot", flag.ContinueOnError)
	flags.StringVar(&o.image, "image", filepath.Join("build", "bench.squashfs"), "the root to boot")
	flags.StringVar(&o.kernel, "kernel", "", "default build/vmlinux on microvm, else build/bzImage")
	flags.StringVar(&o.out, "out", "build", "folder for boot.json and the drawings")
	flags.StringVar(&o.machine, "machine", vm.MicroVM, "QEMU's board: microvm, q35, …")
	flags.StringVar(&o.accel, "accel", "", "kvm or tcg; default the best that runs here")
	flags.BoolVar(&o.exact, "exact", false, "count instructions instead of time")
	flags.BoolVar(&o.verbose, "v", false, "show the console on standard error")
	flags.IntVar(&o.runs, "runs", 1, "boots; the one with the median is drawn")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || flags.NArg() > 0 {
		return o, errors.New("boot: -runs is at least 1, and there are no other arguments")
	}
	if o.exact {
		o.runs = max(o.runs, exactRuns)
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

// report is what is printed. Its error is an exact boot that was not.
func report(o options, all []bench.Run) (string, error) {
	var b strings.Builder
	chosen := bench.Median(all)
	how := string(chosen.Accel)
	if o.exact {
		how += ", exact: 1 instruction is 1 ns, without caches and devices"
	}
	fmt.Fprintf(&b, "boot of %s on %s (%s)\n\n%s\n", filepath.Base(o.image), o.machine, how, bench.Waterfall(chosen.Boot))
	b.WriteString(bench.Blame(chosen.Boot) + "\n")
	if text := bench.InitcallText(chosen.Initcalls); text != "" {
		b.WriteString(text + "\n")
	}
	if len(all) > 1 {
		b.WriteString(bench.DistributionText(bench.Distribution(all), len(all)) + "\n")
	}
	if o.exact {
		nsec, name, err := bench.Spread(all)
		if err != nil {
			return b.String(), err
		}
		if nsec >= 1000 {
			return b.String(), fmt.Errorf("boot: %d exact runs are %d ns apart at the mark %q: they are not exact; see ctl/bench/README.md for what loosens them", len(all), nsec, name)
		}
		fmt.Fprintf(&b, "%d exact runs: no mark is more than %d ns apart\n", len(all), nsec)
		return b.String(), nil
	}
	if nsec, err := bench.Handshake(chosen.Lines); err != nil {
		fmt.Fprintln(&b, err)
	} else {
		fmt.Fprintln(&b, bench.Agreement(nsec, chosen.ReadyNsec))
	}
	return b.String(), nil
}

// write leaves the median's figures and drawings, and every run's marks, in the
// folder.
func write(folder string, all []bench.Run) error {
	chosen := bench.Median(all)
	figures, err := json.MarshalIndent(chosen.Boot, "", "  ")
	if err != nil {
		return err
	}
	trace, err := bench.Trace(chosen)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"boot.json": string(figures) + "\n", "boot.svg": bench.SVG(chosen.Boot), "boot.csv": bench.CSV(all),
		"boot.html": bench.HTML(chosen, all), "boot.trace.json": string(trace),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
