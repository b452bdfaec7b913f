// Command mkimage builds one of Mote's images:
//
//	go run ./fs/image/mkimage [flags] PROFILE
//
// The image is build/PROFILE.squashfs; what it needs is built too, and nothing
// is when nothing has changed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"mote/ctl/manifest"
	"mote/fs/image"
)

// main ends with status 1 and the error on stderr; an interrupted build leaves
// the old image.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run builds what the arguments ask for and prints what came of it to out.
// Usage goes to usage.
func run(ctx context.Context, args []string, out, usage io.Writer) error {
	root, err := image.ModuleRoot(ctx)
	if err != nil {
		return err
	}
	// A set of its own: the package-wide one is a mutable variable.
	flags := flag.NewFlagSet("mkimage", flag.ContinueOnError)
	flags.SetOutput(usage)
	goarch := flags.String("goarch", "amd64", "the node's architecture")
	target := flags.String("o", "", "the image (default build/PROFILE.squashfs)")
	document := flags.String("manifest", "", "what the node shall be, a YAML document, instead of the profile's")
	block := flags.Uint("block", 0, "SquashFS block in bytes (default 131072)")
	level := flags.Int("level", 0, "zstd level, 1 to 22 (default 19)")
	compressInit := flags.Bool("compress-init", false, "store PID 1 compressed, for comparison")
	keepInit := flags.String("init", "", "leave a copy of PID 1's binary there")
	inspect := flags.Bool("inspect", false, "read the image again and check it against what was declared")
	list := flags.Bool("list", false, "print every path, its size and why it is there")
	flags.Usage = func() { printUsage(usage, flags, root) }
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return fmt.Errorf("mkimage: %d profiles given; give one", flags.NArg())
	}
	profile, err := image.FindProfile(root, flags.Arg(0))
	if err != nil {
		return err
	}
	spec := profile.Spec(root, *goarch)
	if *target != "" {
		spec.Out = *target
	}
	if *document != "" {
		if spec.Manifest, err = manifest.CompileFile(*document, ""); err != nil {
			return err
		}
	}
	// Zero values mean what a release has; mksquashfs refuses what is out of range.
	spec.Init.Raw = !*compressInit
	spec.Packing.BlockBytes = uint32(*block)
	spec.Packing.Level = *level
	begun := time.Now()
	result, err := image.Build(ctx, spec)
	if err != nil {
		return err
	}
	if err := copyInit(result, *keepInit); err != nil {
		return err
	}
	printResult(out, result, time.Since(begun), *list)
	if *inspect {
		if err := inspectResult(ctx, result); err != nil {
			return err
		}
	}
	return withinBudget(profile, result) // last, so that what is too large can be looked into
}

// printUsage tells the profiles and the flags.
func printUsage(usage io.Writer, flags *flag.FlagSet, root string) {
	fmt.Fprintln(usage, "usage: mkimage [flags] PROFILE")
	for _, p := range image.Profiles(root) {
		fmt.Fprintf(usage, "  %-8s%s\n", p.Name, p.What)
	}
	fmt.Fprintln(usage, "flags:")
	flags.PrintDefaults()
}

// withinBudget holds the image to its profile's budget, if that has one.
func withinBudget(profile image.Profile, result image.Result) error {
	if profile.BudgetBytes > 0 && result.Bytes > profile.BudgetBytes {
		return fmt.Errorf("mkimage: %s is %d bytes over its budget of %d; see what grew with -list",
			result.Out, result.Bytes-profile.BudgetBytes, profile.BudgetBytes)
	}
	return nil
}

// printResult tells what was built and how long it took, and with list what is
// in it.
func printResult(out io.Writer, result image.Result, took time.Duration, list bool) {
	if list {
		for _, f := range result.Files {
			fmt.Fprintf(out, "%-6s %04o %10d  %-22s %s\n", f.Kind, f.Mode, f.SizeBytes, f.Path, f.Reason)
		}
	}
	what := "unchanged"
	if result.Fresh {
		what = "built in " + took.Round(time.Millisecond).String()
	}
	fmt.Fprintf(out, "%s: %d bytes, %s\nsha256 %s\n", result.Out, result.Bytes, what, result.SHA256)
}

// copyInit copies the image's PID 1 to a file, if one is named.
func copyInit(result image.Result, to string) error {
	if to == "" {
		return nil
	}
	for _, f := range result.Files {
		if f.Path == image.InitPath {
			b, err := os.ReadFile(f.Source)
			if err != nil {
				return fmt.Errorf("mkimage: %w", err)
			}
			return os.WriteFile(to, b, 0o755)
		}
	}
	return fmt.Errorf("mkimage: %s has no %s", result.Out, image.InitPath)
}

// inspectResult walks the image as the tests do.
func inspectResult(ctx context.Context, result image.Result) error {
	found, err := image.Walk(ctx, result.Out)
	if err != nil {
		return err
	}
	var declared image.Table
	for _, f := range result.Files {
		declared = append(declared, f.Entry)
	}
	return image.Inspect(found, declared)
}
