// The program memory boots the memory image and tells where PID 1's memory and
// the node's went, read by another process: at ready, at PID 1's peak, and after
// a minute under one request a second. It prints tables and writes
// build/memory.json.
//
//	go run ./size/memory [-kernel build/measure/vmlinux] [-smallest]
//
// -smallest also searches the smallest machine that gets ready, with the
// product's kernel, by some six more boots. The parts of a resident set (text,
// heap, …) are only told by a measuring kernel, go run ./kconfig/kbuild -with
// measure.
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
	"time"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

const (
	// weighPrefix begins each line of the observer.
	weighPrefix = "weigh: "
	weighEnd    = weighPrefix + "over"
	// weighLimit bounds the boot and the observed minute on a busy host.
	weighLimit = 6 * time.Minute
	// smallLimit bounds a boot of the search: a machine that is too small panics,
	// and only one that does neither is waited for so long, on a busy host too.
	smallLimit = 3 * time.Minute
	// The search's ends in MiB: below, no kernel starts; above, something is
	// wrong that this search won't tell.
	smallLowMiB  = 20
	smallHighMiB = 84
	// memoryBytes is an ordinary small machine's.
	memoryBytes = 128 << 20
)

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
	flags := flag.NewFlagSet("memory", flag.ContinueOnError)
	kernel := flags.String("kernel", "", "default build/measure/vmlinux if it is there, else build/vmlinux")
	image := flags.String("image", filepath.Join("build", "memory.squashfs"), "the root to boot")
	folder := flags.String("out", "build", "folder for memory.json")
	verbose := flags.Bool("v", false, "show the console on standard error")
	search := flags.Bool("smallest", false, "search the smallest machine that gets ready")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("memory: unexpected %q; all arguments are flags, see -h", flags.Arg(0))
	}
	plain := filepath.Join("build", "vmlinux")
	if *kernel == "" {
		*kernel = filepath.Join("build", "measure", "vmlinux")
		if _, err := os.Stat(*kernel); err != nil {
			*kernel = plain
		}
	}
	c := config(*kernel, *image, memoryBytes)
	if *verbose {
		c.Console = os.Stderr
	}
	m, err := measure(ctx, c)
	if err != nil {
		return err
	}
	if *search {
		if m.SmallestMiB, err = bench.Smallest(smallLowMiB, smallHighMiB, func(mib int) (bool, error) {
			does, err := getsReady(ctx, config(plain, *image, int64(mib)<<20))
			fmt.Fprintf(out, "%d MiB: %s\n", mib, map[bool]string{true: "ready", false: "not ready"}[does])
			return does, err
		}); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(out, text(m)); err != nil {
		return err
	}
	return write(*folder, m)
}

// config is a machine like the one that `make boot` measures.
func config(kernel, image string, bytes int64) vm.Config {
	return vm.Config{Machine: vm.MicroVM, Kernel: kernel, Root: image, MemoryBytes: bytes,
		Append: append(vm.MoteWords(), vm.StaticWord), NICs: []vm.NIC{{}}}
}

// measure boots once and reads what the observer says.
func measure(ctx context.Context, c vm.Config) (m Memory, err error) {
	ctx, cancel := context.WithTimeout(ctx, weighLimit)
	defer cancel()
	v, err := vm.Start(ctx, c)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	line, err := v.WaitMatch(ctx, "the service observe to weigh every process, or to fail", func(line string) bool {
		return line == weighEnd || strings.Contains(line, "] observe: exit status")
	})
	if err != nil {
		return m, err
	}
	if line.Text != weighEnd {
		return m, fmt.Errorf("memory: the service observe failed; console, last lines:\n%s", v.Tail())
	}
	var lines []string
	for _, l := range v.Lines() {
		if text, is := strings.CutPrefix(l.Text, weighPrefix); is && l.Text != weighEnd {
			lines = append(lines, text)
		}
	}
	m.Kernel = c.Kernel
	if m.Instants, err = parse(lines); err != nil {
		return m, err
	}
	if len(m.Instants) == 0 {
		return m, errors.New("memory: the observer told of no process; is this the memory image?")
	}
	for _, pid := range always {
		p, is := find(m.Instants, m.Instants[len(m.Instants)-1].Name, pid)
		if !is {
			return m, fmt.Errorf("memory: process %d is not among those told of", pid)
		}
		m.AlwaysBytes += p.ResidentBytes
	}
	return m, nil
}

// getsReady boots a machine and says whether PID 1 tells that it is ready.
func getsReady(ctx context.Context, c vm.Config) (does bool, err error) {
	small, cancel := context.WithTimeout(ctx, smallLimit)
	defer cancel()
	v, err := vm.Start(small, c)
	if err != nil {
		return false, err
	}
	_, waitErr := v.WaitLine(small, "] ready: ")
	// Its end, by a panic or by the limit, is this search's answer, not an error.
	_ = v.Close()
	return waitErr == nil, ctx.Err()
}

// write leaves memory.json in the folder.
func write(folder string, m Memory) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "memory.json"), append(text, '\n'), 0o644)
}
