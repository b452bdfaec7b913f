// The program inventory boots a PC under QEMU with one of everything that a node
// looks for, and tells what the node found.
//
//	go run ./ctl/inventory [-v] [-o build/inventory.json]
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
	"syscall"
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
	flags := flag.NewFlagSet("inventory", flag.ContinueOnError)
	kernel := flags.String("kernel", filepath.Join("build", "bzImage"), "the kernel")
	root := flags.String("image", filepath.Join("build", "inventory.squashfs"), "the root to boot")
	file := flags.String("o", filepath.Join("build", "inventory.json"), "where the whole of it goes, as JSON")
	verbose := flags.Bool("v", false, "show the console on standard error")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("inventory: unknown argument %q", flags.Arg(0))
	}
	var console io.Writer
	if *verbose {
		console = os.Stderr
	}
	i, text, err := take(ctx, *kernel, *root, console)
	if err != nil {
		return err
	}
	if err := os.WriteFile(*file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return writeText(out, i)
}
