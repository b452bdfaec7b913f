// The program weigh tells whose the bytes of a Go program are and what keeps them:
//
//	go run ./size/weigh [-package DIR | -binary FILE] attribute [ROWS]
//	go run ./size/weigh [-package DIR | -binary FILE] map FILE.svg
//	go run ./size/weigh [-package DIR] why SYMBOL|PACKAGE
//	go run ./size/weigh [-package DIR] cost [MODULE|PACKAGE]
//	go run ./size/weigh [-package DIR] reflect
//	go run ./size/weigh kernel
//	go run ./size/weigh squashfs FILE
//	go run ./size/weigh diff REV1 REV2
//
// Without a flag the program is PID 1. One of the checkout is built as images
// ship it, and its objects name every byte; of a finished file only what its
// symbol table or its runtime knows has a name.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"mote/size/attribute"
	"mote/size/squashfs"
)

// rowsDefault is how many packages and symbols are printed unasked.
const rowsDefault = 25

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, ".", os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// errUsage is the answer to arguments that say nothing to do.
var errUsage = errors.New("weigh: want: [-package DIR | -binary FILE] attribute [ROWS] | map FILE.svg | why SYMBOL or PACKAGE | cost [MODULE or PACKAGE] | reflect | kernel | squashfs FILE | diff REV1 REV2")

// asked is the program that the flags name.
type asked struct {
	attribute.Target
	// binary is a finished file, or empty for what is built here.
	binary string
	dir    string
}

// pieces are the attributed bytes.
func (a asked) pieces(ctx context.Context) ([]attribute.Piece, error) {
	if a.binary != "" {
		return attribute.Read(a.binary, a.binary, nil)
	}
	return a.Attribute(ctx, a.dir)
}

// run does what the arguments name, for the checkout at top.
func run(ctx context.Context, top string, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("weigh", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	pkg := flags.String("package", "", "")
	binary := flags.String("binary", "", "")
	if flags.Parse(args) != nil || *pkg != "" && *binary != "" || flags.NArg() == 0 {
		return errUsage
	}
	dir, err := os.MkdirTemp("", "mote-weigh-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := asked{attribute.Init(top), *binary, dir}
	if *pkg != "" {
		program.Target = attribute.Program(top, *pkg)
	}
	args = flags.Args()
	switch {
	case args[0] == "attribute" && len(args) <= 2:
		return printAttribution(ctx, program, args[1:], out)
	case args[0] == "map" && len(args) == 2:
		return drawMap(ctx, program, args[1], out)
	case *binary != "":
		return errUsage // what follows asks the linker
	case args[0] == "why" && len(args) == 2:
		return printWhy(ctx, program, args[1], out)
	case args[0] == "reflect" && len(args) == 1:
		return printKept(ctx, program, out)
	case args[0] == "cost" && len(args) <= 2:
		return printCost(ctx, program, args[1:], out)
	case args[0] == "kernel" && len(args) == 1:
		return printKernel(top, rowsDefault, out)
	case args[0] == "squashfs" && len(args) == 2:
		return printImage(args[1], out)
	case args[0] == "diff" && len(args) == 3:
		return printDiff(ctx, top, dir, args[1], args[2], out)
	}
	return errUsage
}

func printAttribution(ctx context.Context, program asked, args []string, out io.Writer) error {
	rows := rowsDefault
	if len(args) == 1 {
		var err error
		if rows, err = strconv.Atoi(args[0]); err != nil || rows < 1 {
			return fmt.Errorf("weigh: %q is no number of rows", args[0])
		}
	}
	pieces, err := program.pieces(ctx)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, attribute.Report(pieces, rows))
	return err
}

// drawMap writes the picture of the same bytes.
func drawMap(ctx context.Context, program asked, file string, out io.Writer) error {
	pieces, err := program.pieces(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(attribute.Treemap(pieces)), 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s shows each package by its bytes\n", file)
	return err
}

// printWhy tells what keeps a symbol or a package.
func printWhy(ctx context.Context, program asked, name string, out io.Writer) error {
	graph, err := program.Graph(ctx, program.dir)
	if err != nil {
		return err
	}
	text, err := graph.Why(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, text)
	return err
}

// printKept tells what interfaces and reflection keep that nobody calls.
func printKept(ctx context.Context, program asked, out io.Writer) error {
	graph, err := program.Graph(ctx, program.dir)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, attribute.KeptReport(graph.Kept(), rowsDefault))
	return err
}

// printImage tells what each file takes of an image, compressed.
func printImage(file string, out io.Writer) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("weigh: %w", err)
	}
	image, err := squashfs.Read(raw)
	if err != nil {
		return fmt.Errorf("weigh: %s: %w", file, err)
	}
	_, err = fmt.Fprintf(out, "%s\n%s", file, image.Report())
	return err
}
