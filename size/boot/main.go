// The program boot boots the bench image and tells where the time went: it
// prints a waterfall, the critical path and the distribution of each mark, and
// writes build/boot.json, .svg, .html, .csv and .trace.json.
//
//	go run ./size/boot [-exact] [-initcalls] [-runs N] [-machine q35] [-accel tcg]
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
	"syscall"

	"mote/ctl/bench"
	"mote/ctl/vm"
	"mote/size"
)

const (
	// benchBytes is an ordinary small machine's memory.
	benchBytes = 256 << 20
)

// options are the flags.
type options struct {
	image, kernel, out string
	machine, accel     string
	exact, verbose     bool
	initcalls          bool
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
	services, err := needs(ctx, o.image)
	if err != nil {
		return err
	}
	r, err := bench.Take(ctx, filepath.Base(o.image)+" on "+o.machine, o.config(), bench.Options{Services: services}, o.runs)
	if err != nil {
		return err
	}
	text := r.Text()
	if !o.exact {
		text += handshake(r.Runs)
	}
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	return errors.Join(r.Exactly(), write(o.out, r), o.withinBudgets(r))
}

// withinBudgets holds a counted boot of the bench image, whose marks have
// budgets, against them.
func (o options) withinBudgets(r bench.Report) error {
	if !o.exact || o.initcalls || filepath.Base(o.image) != "bench.squashfs" {
		return nil
	}
	budgets, err := size.MarkBudgets()
	if err != nil {
		return err
	}
	return size.CheckMarks(r.Runs[0].Usec(), budgets)
}

// handshake holds what PID 1 says against the host's clock.
func handshake(all []bench.Run) string {
	chosen := bench.Median(all)
	nsec, err := bench.Handshake(chosen.Lines)
	if err != nil {
		return err.Error() + "\n"
	}
	return bench.Agreement(nsec, chosen.ReadyNsec) + "\n"
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
	flags.BoolVar(&o.initcalls, "initcalls", false, "name the kernel's initcalls; telling them takes time. The kernel is by default build/measure's")
	flags.BoolVar(&o.verbose, "v", false, "show the console on standard error")
	flags.IntVar(&o.runs, "runs", 1, "boots; the one with the median is drawn")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.runs < 1 || flags.NArg() > 0 {
		return o, errors.New("boot: -runs is at least 1, and there are no other arguments")
	}
	if o.kernel == "" {
		folder := "build"
		if o.initcalls {
			folder = filepath.Join("build", "measure")
		}
		o.kernel = filepath.Join(folder, "bzImage")
		if o.machine == vm.MicroVM {
			o.kernel = filepath.Join(folder, "vmlinux")
		}
	}
	return o, nil
}

// config is the machine that is measured.
func (o options) config() vm.Config {
	c := vm.Config{
		Machine: o.machine, Accel: vm.Accel(o.accel), Exact: o.exact,
		Kernel: o.kernel, Root: o.image, MemoryBytes: benchBytes,
		Append: append(vm.MoteWords(), vm.StaticWord),
		NICs:   []vm.NIC{{NoPeer: o.exact}},
	}
	if o.initcalls {
		c.Append = append(c.Append, "initcall_debug", "ignore_loglevel", "printk.time=1")
	}
	if o.verbose {
		c.Console = os.Stderr
	}
	return c
}

// write leaves the median's figures and drawings, and every run's marks, in the
// folder.
func write(folder string, r bench.Report) error {
	figures, err := json.MarshalIndent(bench.Median(r.Runs).Boot, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	files := map[string][]byte{"boot.json": append(figures, '\n')}
	for name, format := range map[string]string{"boot.svg": "svg", "boot.csv": "csv", "boot.html": "html", "boot.trace.json": "trace"} {
		if files[name], err = r.As(format); err != nil {
			return err
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
