// The program weigh tells whose the bytes of PID 1 are and what keeps them:
//
//	go run ./size/weigh attribute [ROWS]
//	go run ./size/weigh map FILE.svg
//	go run ./size/weigh why SYMBOL|PACKAGE
//	go run ./size/weigh reflect
//	go run ./size/weigh kernel
//	go run ./size/weigh diff REV1 REV2
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"

	"mote/size/attribute"
)

// rowsDefault is how many packages and symbols are printed unasked.
const rowsDefault = 25

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run does what the arguments name, for the checkout at top.
func run(ctx context.Context, top string, args []string, out io.Writer) error {
	usage := errors.New("weigh: want: attribute [ROWS] | map FILE.svg | why SYMBOL or PACKAGE | reflect | kernel | diff REV1 REV2")
	if len(args) == 0 {
		return usage
	}
	dir, err := os.MkdirTemp("", "mote-weigh-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	switch {
	case args[0] == "attribute" && len(args) <= 2:
		return printAttribution(ctx, top, dir, args[1:], out)
	case args[0] == "map" && len(args) == 2:
		return drawMap(ctx, top, dir, args[1], out)
	case args[0] == "why" && len(args) == 2:
		return printWhy(ctx, top, dir, args[1], out)
	case args[0] == "reflect" && len(args) == 1:
		return printReflects(ctx, top, dir, out)
	case args[0] == "kernel" && len(args) == 1:
		return printKernel(top, rowsDefault, out)
	case args[0] == "diff" && len(args) == 3:
		return printDiff(ctx, top, dir, args[1], args[2], out)
	}
	return usage
}

func printAttribution(ctx context.Context, top, dir string, args []string, out io.Writer) error {
	rows := rowsDefault
	if len(args) == 1 {
		var err error
		if rows, err = strconv.Atoi(args[0]); err != nil || rows < 1 {
			return fmt.Errorf("weigh: %q is no number of rows", args[0])
		}
	}
	pieces, err := attribute.Init(ctx, top, dir)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, attribute.Report(pieces, rows))
	return err
}

// drawMap writes the picture of the same bytes.
func drawMap(ctx context.Context, top, dir, file string, out io.Writer) error {
	pieces, err := attribute.Init(ctx, top, dir)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(attribute.Treemap(pieces)), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s shows each package by its bytes\n", file)
	return err
}

func printWhy(ctx context.Context, top, dir, name string, out io.Writer) error {
	tree, err := attribute.Reached(ctx, top, dir)
	if err != nil {
		return err
	}
	text, err := tree.Why(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// printReflects names each use of reflection that ends dead-code elimination,
// with its chain.
func printReflects(ctx context.Context, top, dir string, out io.Writer) error {
	tree, err := attribute.Reached(ctx, top, dir)
	if err != nil {
		return err
	}
	names := tree.Reflects()
	if len(names) == 0 {
		_, err = fmt.Fprintln(out, "nothing in PID 1 looks for methods by reflection: the linker drops what nobody calls")
		return err
	}
	for _, name := range names {
		text, err := tree.Why(name)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, text)
	}
	return nil
}
