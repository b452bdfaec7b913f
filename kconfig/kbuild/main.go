// Command kbuild makes the kernel of build/ from the fragments, or takes it from
// the cache. It is run from the top of the checkout:
//
//	go run ./kconfig/kbuild [-with screen] [-check] [-clean]
//
// KERNEL_SRC names another kernel tree; MOTE_CACHE another cache folder.
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
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"mote/kconfig"
)

func main() {
	// Ctrl-C reaches make through the context, so that it can tidy up and the
	// objects stay good for the next build.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads flags and environment and builds.
func run(ctx context.Context, args []string, getenv func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("kbuild", flag.ContinueOnError)
	flags.SetOutput(out)
	arch := flags.String("arch", "x86_64", "architecture, as the kernel's ARCH=")
	with := flags.String("with", "", "optional fragments, separated by commas (screen, measure)")
	dir := flags.String("out", "", "folder for the links (default build, or build/FRAGMENTS with -with)")
	room := flags.String("room", "kconfig", "folder that holds fragments/ and checks/")
	check := flags.Bool("check", false, "only compare the fragments with the .config that they give")
	clean := flags.Bool("clean", false, "forget the objects and the cached kernel first")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil // it was printed
		}
		return err
	}
	// "kbuild screen" would else build the plain kernel without a word.
	if flags.NArg() > 0 {
		return fmt.Errorf("kbuild: unexpected %q; all arguments are flags, see -h", flags.Arg(0))
	}
	root, err := kconfig.CacheRoot(getenv)
	if err != nil {
		return err
	}
	b := kconfig.Build{
		Arch:      *arch,
		Fragments: os.DirFS(filepath.Join(*room, "fragments")),
		Checks:    os.DirFS(filepath.Join(*room, "checks")),
		SourceDir: getenv("KERNEL_SRC"),
		CacheRoot: root,
		OutDir:    *dir,
		CheckOnly: *check,
		Clean:     *clean,
		Out:       out,
		Terminal:  isTerminal(out),
	}
	if *with != "" {
		b.With = strings.Split(*with, ",")
	}
	// Optional kernels never take the place of the product's in build/.
	if b.OutDir == "" {
		b.OutDir = filepath.Join("build", strings.Join(b.With, "+"))
	}
	return b.Run(ctx)
}

// isTerminal asks for the window's size, which only a terminal has. Source:
// ioctl_tty(2), TIOCGWINSZ.
func isTerminal(out io.Writer) bool {
	// Tests and pipes get lines; a cursor's movements would spoil a log.
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
