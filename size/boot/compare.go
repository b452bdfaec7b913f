package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// side is one of the two things that are compared.
type side struct {
	name, image, kernel string
}

// compare boots two revisions, or two images, and says whether the second is
// slower. Its first word tells apart: what ends in .squashfs is an image.
func compare(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("boot compare", flag.ContinueOnError)
	pairs := flags.Int("pairs", 10, "pairs of boots by the clock; 0 for none")
	offsets := flags.Int("offsets", 7, "further exact boots of each, if they differ")
	kernel := flags.String("kernel", "", "boot both on this one; default each revision's own, or build/vmlinux for images")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 2 || *pairs < 0 || *offsets < 0 {
		return errors.New("boot: compare takes two revisions or two .squashfs files, BASE and HEAD")
	}
	var sides [2]side
	for i, name := range flags.Args() {
		s, remove, trouble := prepare(ctx, name, *kernel, out)
		defer func() { err = errors.Join(err, remove()) }()
		if trouble != nil {
			return trouble
		}
		sides[i] = s
	}
	fmt.Fprintf(out, "base %s, head %s\n\n", sides[0].name, sides[1].name)
	if err := compareExact(ctx, sides, *offsets, out); err != nil {
		return err
	}
	if *pairs == 0 {
		return nil
	}
	return compareClock(ctx, sides, *pairs, out)
}

// prepare makes a side of an image, or builds a revision in a work tree of its
// own. remove takes that away again, and is never nil.
func prepare(ctx context.Context, name, kernel string, out io.Writer) (s side, remove func() error, err error) {
	remove = func() error { return nil }
	if strings.HasSuffix(name, ".squashfs") {
		if kernel == "" {
			kernel = filepath.Join("build", "vmlinux")
		}
		return side{name, name, kernel}, remove, nil
	}
	id, err := git(ctx, "rev-parse", "--verify", "--short", name+"^{commit}")
	if err != nil {
		return s, remove, fmt.Errorf("boot: %q is no revision and no .squashfs file: %w", name, err)
	}
	folder, err := os.MkdirTemp("", "mote-compare-")
	if err != nil {
		return s, remove, err
	}
	remove = func() error {
		// Also when ctx has ended: nothing may stay.
		_, err := git(context.WithoutCancel(ctx), "worktree", "remove", "--force", folder)
		return errors.Join(err, os.RemoveAll(folder))
	}
	if _, err := git(ctx, "worktree", "add", "--detach", folder, id); err != nil {
		return s, remove, err
	}
	fmt.Fprintf(out, "building %s (%s)\n", name, id)
	steps := [][]string{{"go", "run", "./fs/image/mkimage", "bench"}}
	if kernel == "" {
		kernel = filepath.Join(folder, "build", "vmlinux")
		steps = append(steps, []string{"go", "run", "./kconfig/kbuild"})
	}
	for _, words := range steps {
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		cmd.Dir = folder
		if said, err := cmd.CombinedOutput(); err != nil {
			return s, remove, fmt.Errorf("boot: build %s: %s: %w\n%s", name, strings.Join(words, " "), err, said)
		}
	}
	return side{name + " (" + id + ")", filepath.Join(folder, "build", "bench.squashfs"), kernel}, remove, nil
}

func git(ctx context.Context, args ...string) (string, error) {
	text, err := exec.CommandContext(ctx, "git", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("git %s: %s", strings.Join(args, " "), strings.TrimSpace(string(text)))
	}
	return strings.TrimSpace(string(text)), nil
}

// compareExact boots both sides by counting.
func compareExact(ctx context.Context, sides [2]side, offsets int, out io.Writer) error {
	e, err := bench.CompareExact(ctx, [2]string{sides[0].image, sides[1].image}, func(i int, image string) vm.Config {
		return options{image: image, kernel: sides[i].kernel, machine: vm.MicroVM, exact: true}.config()
	}, bench.Options{}, offsets)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, e.Text()+"\n")
	return err
}

// compareClock boots pairs by the clock.
func compareClock(ctx context.Context, sides [2]side, pairs int, out io.Writer) error {
	base, head, err := bench.Pairs(ctx, pairs, func(i int) vm.Config {
		return options{image: sides[i].image, kernel: sides[i].kernel, machine: vm.MicroVM}.config()
	}, bench.Options{})
	if err != nil {
		return err
	}
	text, _ := bench.ClockText(base, head)
	_, err = io.WriteString(out, text)
	return err
}
