// Command kbuild makes the kernel of build/ from the fragments, or takes it from
// the cache. It is run from the top of the checkout:
//
//	go run ./kconfig/kbuild [-with screen] [-check] [-clean]
//
// KERNEL_SRC names another kernel tree; MOTE_CACHE another cache folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"mote/kconfig"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reads flags and environment and builds.
func run() error {
	arch := flag.String("arch", "x86_64", "architecture, as the kernel's ARCH=")
	with := flag.String("with", "", "optional fragments, separated by commas (screen, measure)")
	out := flag.String("out", "", "folder for the links (default build, or build/FRAGMENTS with -with)")
	room := flag.String("room", "kconfig", "folder that holds fragments/ and checks/")
	check := flag.Bool("check", false, "only compare the fragments with the .config that they give")
	clean := flag.Bool("clean", false, "forget the objects and the cached kernel first")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("kbuild: unexpected %q; all arguments are flags, see -h", flag.Arg(0))
	}
	root, err := kconfig.CacheRoot(os.Getenv)
	if err != nil {
		return err
	}
	b := kconfig.Build{
		Arch:      *arch,
		Fragments: os.DirFS(filepath.Join(*room, "fragments")),
		Checks:    os.DirFS(filepath.Join(*room, "checks")),
		SourceDir: os.Getenv("KERNEL_SRC"),
		CacheRoot: root,
		OutDir:    *out,
		CheckOnly: *check,
		Clean:     *clean,
		Out:       os.Stdout,
		Terminal:  isTerminal(os.Stdout),
	}
	if *with != "" {
		b.With = strings.Split(*with, ",")
	}
	if b.OutDir == "" {
		b.OutDir = filepath.Join("build", strings.Join(b.With, "+"))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return b.Run(ctx)
}

// isTerminal asks for the window's size, which only a terminal has. Source:
// ioctl_tty(2), TIOCGWINSZ.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	return err == nil
}
