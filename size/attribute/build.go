package attribute

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"mote/fs/image"
	"mote/size/goobj"
)

// Target is a program of a checkout: whose bytes are asked for.
type Target struct {
	// Top is the checkout.
	Top string
	// Package is relative to it, as "./init".
	Package string
	// Flags are how it is built. They are those of this program's own checkout,
	// so that two revisions differ in their code only.
	Flags image.BuildFlags
	// Overlay and ModFile are files for `go build`, or empty.
	Overlay, ModFile string
}

// Init is PID 1 of the checkout at top.
func Init(top string) Target {
	return Target{Top: top, Package: "./init", Flags: image.InitFlags("amd64")}
}

// Program is any other program of the checkout at top.
func Program(top, pkg string) Target {
	return Target{Top: top, Package: pkg, Flags: image.ProgramFlags()}
}

// Attribute builds the program twice into dir, as shipped and as its twin with
// symbols, and attributes the first.
func (t Target) Attribute(ctx context.Context, dir string) ([]Piece, error) {
	shipped, twin := filepath.Join(dir, "shipped"), filepath.Join(dir, "twin")
	if _, err := t.link(ctx, shipped, t.Flags.LinkerFlags); err != nil {
		return nil, err
	}
	if err := t.Twin(ctx, twin); err != nil {
		return nil, err
	}
	objects, err := t.Objects(ctx)
	if err != nil {
		return nil, err
	}
	return Read(shipped, twin, objects)
}

// Twin builds the same with a symbol table.
func (t Target) Twin(ctx context.Context, out string) error {
	words := slices.DeleteFunc(slices.Clone(t.Flags.LinkerFlags), func(word string) bool { return word == "-s" })
	_, err := t.link(ctx, out, words)
	return err
}

// link runs the go command as the image's builder does and returns what the
// linker said.
func (t Target) link(ctx context.Context, out string, linkerFlags []string) ([]byte, error) {
	flags := t.Flags
	flags.LinkerFlags = linkerFlags
	cmd := t.command(ctx, "build", flags, "-o", out)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("attribute: go build %s in %s: %w\n%s", t.Package, t.Top, err, said.Bytes())
	}
	return said.Bytes(), nil
}

// command is the go command with a verb, on the program.
func (t Target) command(ctx context.Context, verb string, flags image.BuildFlags, more ...string) *exec.Cmd {
	args := append([]string{verb}, flags.Args()...)
	if t.Overlay != "" {
		args = append(args, "-overlay", t.Overlay)
	}
	if t.ModFile != "" {
		args = append(args, "-mod=mod", "-modfile", t.ModFile)
	}
	cmd := exec.CommandContext(ctx, "go", append(append(args, more...), t.Package)...)
	cmd.Dir = t.Top
	cmd.Env = append(os.Environ(), image.BuildEnv("amd64")...)
	return cmd
}

// Objects are what the program is linked from, out of the go command's cache.
func (t Target) Objects(ctx context.Context) (*goobj.Set, error) {
	cmd := t.command(ctx, "list", t.Flags, "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}")
	var said bytes.Buffer
	cmd.Stderr = &said
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("attribute: go list -export %s in %s: %w\n%s", t.Package, t.Top, err, said.Bytes())
	}
	var objects []*goobj.Object
	for _, line := range strings.Split(string(list), "\n") {
		pkg, file, _ := strings.Cut(line, "\t")
		if file == "" {
			continue // unsafe has no code
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		some, err := goobj.Archive(pkg, string(raw))
		if err != nil {
			return nil, err
		}
		objects = append(objects, some...)
	}
	return goobj.NewSet(objects), nil
}
