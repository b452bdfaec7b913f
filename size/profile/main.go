// The program profile boots the bench image once, counted, and tells by function
// where the instructions went: the kernel's, PID 1's, other programs'.
//
//	go run ./size/profile [-rows N] [-csv FILE]
//	go run ./size/profile diff BEFORE.csv AFTER.csv
//
// Nothing is sampled: QEMU counts each block of code that it executes, by a
// plugin, and counting costs the guest no time, so the figures are those of the
// boot that was not watched.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"mote/ctl/bench"
	"mote/ctl/vm"
	"mote/size/attribute"
)

const (
	// benchBytes is an ordinary small machine's memory.
	benchBytes = 256 << 20
	// rowsDefault is how many functions a table shows.
	rowsDefault = 25
	// What begins PID 1, its Go part, and a phase; and what it does when it is ready.
	entryFunction = "mote/init/core.entry"
	mainFunction  = "mote/init/core.Main"
	markFunction  = "mote/init/core.(*Loop).mark"
	readyFunction = "mote/init/core.(*Loop).logMarks"
)

//go:embed plugin/count.c
var pluginSource []byte

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
	flags := flag.NewFlagSet("profile", flag.ContinueOnError)
	rows := flags.Int("rows", rowsDefault, "functions in a table")
	table := flags.String("csv", filepath.Join("build", "profile.csv"), "file for every function of every phase")
	if len(args) > 0 && args[0] == "diff" {
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		if flags.NArg() != 2 {
			return errors.New("profile: diff wants two files of -csv, before and after")
		}
		return printDiff(flags.Arg(0), flags.Arg(1), *rows, out)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *rows < 1 {
		return errors.New("profile: -rows is at least 1, and there are no other arguments")
	}
	phases, _, err := take(ctx, ".")
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, text(phases, *rows)); err != nil {
		return err
	}
	f, err := os.Create(*table)
	if err != nil {
		return err
	}
	return errors.Join(writeCSV(f, phases), f.Close())
}

// take boots the checkout's bench image under the plugin.
func take(ctx context.Context, top string) (phases []phase, boot bench.Run, err error) {
	dir, err := os.MkdirTemp("", "mote-profile-")
	if err != nil {
		return nil, boot, err
	}
	defer os.RemoveAll(dir)
	kernel, err := openProgram(filepath.Join(top, "build", "vmlinux"))
	if err != nil {
		return nil, boot, err
	}
	twin := filepath.Join(dir, "twin")
	if err := attribute.Init(top).Twin(ctx, twin); err != nil {
		return nil, boot, err
	}
	init, err := openProgram(twin)
	if err != nil {
		return nil, boot, err
	}
	plugin, err := buildPlugin(ctx, dir)
	if err != nil {
		return nil, boot, err
	}
	words, err := triggers(init)
	if err != nil {
		return nil, boot, err
	}
	written := filepath.Join(dir, "counts")
	boot, err = bench.Measure(ctx, vm.Config{
		Machine: vm.MicroVM, Accel: vm.TCG, Exact: true,
		Kernel: filepath.Join(top, "build", "vmlinux"), Root: filepath.Join(top, "build", "bench.squashfs"),
		MemoryBytes: benchBytes, NICs: []vm.NIC{{NoPeer: true}},
		Append: append(vm.MoteWords(), vm.StaticWord),
		Args:   []string{"-plugin", "file=" + plugin + words + ",out=" + written},
	}, bench.Options{})
	if err != nil {
		return nil, boot, err
	}
	f, err := os.Open(written)
	if err != nil {
		return nil, boot, fmt.Errorf("profile: the plugin wrote no counts: %w; is the image older than the checkout?", err)
	}
	defer f.Close()
	counts, err := parseCounts(f)
	if err != nil {
		return nil, boot, err
	}
	return attributed(counts, boot.Marks, kernel, init), boot, nil
}

// triggers are the plugin's arguments for the functions that part the phases.
func triggers(init program) (words string, err error) {
	for _, name := range []string{entryFunction, mainFunction, markFunction} {
		word, err := init.trigger("begin", name)
		if err != nil {
			return "", err
		}
		words += "," + word
	}
	word, err := init.trigger("end", readyFunction)
	return words + "," + word, err
}

// buildPlugin compiles the plugin into dir.
func buildPlugin(ctx context.Context, dir string) (string, error) {
	source, plugin := filepath.Join(dir, "plugin.c"), filepath.Join(dir, "plugin.so")
	if err := os.WriteFile(source, pluginSource, 0o600); err != nil {
		return "", err
	}
	said, err := exec.CommandContext(ctx, "cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", plugin, source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("profile: cc: %w; it needs a C compiler\n%s", err, said)
	}
	return plugin, nil
}

func printDiff(before, after string, rows int, out io.Writer) error {
	var own, first [2]phase
	for i, path := range []string{before, after} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		own[i], first[i], err = readCSV(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("%w (%s)", err, path)
		}
	}
	_, err := io.WriteString(out, diffText(first, own, rows))
	return err
}
