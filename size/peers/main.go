// The program peers boots the same kernel with the same job under other inits
// and under Mote's, one after the other in turns, and prints what each costs. It
// writes the table to size/PEERS.md and between the marks in README.md.
//
//	go run ./size/peers [-rounds N] [-only NAME,…] [-v] [-write]
//
// It takes the measuring kernel, build/measure/vmlinux, as some peers are
// scripts; Debian's packages for most peers, unpacked but not installed; and the
// Go module proxy.
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
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := mainly(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func mainly(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("peers", flag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "boots of each by the clock")
	only := flags.String("only", "", "peers to boot, separated by commas; default all")
	kernel := flags.String("kernel", filepath.Join("build", "measure", "vmlinux"), "the kernel of all")
	verbose := flags.Bool("v", false, "show every console on standard error")
	write := flags.Bool("write", false, "write size/PEERS.md, and its table into README.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	top, err := os.Getwd()
	if err != nil {
		return err
	}
	b := &builder{top: top, folder: filepath.Join(top, "build", "peers")}
	if err := os.MkdirAll(filepath.Join(b.folder, "pool"), 0o755); err != nil {
		return err
	}
	if b.pool, err = openPool(ctx, filepath.Join(b.folder, "pool")); err != nil {
		return err
	}
	fromProxy, err := goPeers(ctx, b)
	if err != nil {
		return err
	}
	ours, err := mote(ctx, b)
	if err != nil {
		return err
	}
	chosen := append(append(peers(b), fromProxy...), ours)
	if *only != "" {
		names := strings.Split(*only, ",")
		chosen = slices.DeleteFunc(chosen, func(p *peer) bool { return !slices.Contains(names, p.name) })
	}
	run := comparison{builder: b, kernel: *kernel, rounds: *rounds, verbose: *verbose, out: out}
	rows, err := run.compare(ctx, chosen)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, "\n"+table(rows)+failures(rows)); err != nil || !*write {
		return err
	}
	version, err := kernelVersion(*kernel)
	if err != nil {
		return err
	}
	return publish(rows, version, *rounds, time.Now().UTC())
}

// kernelVersion finds the kernel's own word of which it is.
func kernelVersion(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	const word = "Linux version "
	_, rest, found := strings.Cut(string(b), word)
	version, _, _ := strings.Cut(rest, " ")
	if !found {
		return "", fmt.Errorf("peers: %s says nowhere which Linux it is", path)
	}
	return "Linux " + version, nil
}
