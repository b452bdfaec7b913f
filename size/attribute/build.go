package attribute

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"mote/fs/image"
)

// InitPackage is PID 1's package, relative to the top of a checkout.
const InitPackage = "./init"

// Init builds PID 1 of the checkout at top twice into dir, as shipped and as
// its twin with symbols, and attributes the first. The flags are those of this
// program's own checkout, so that two revisions differ in their code only.
func Init(ctx context.Context, top, dir string) ([]Piece, error) {
	flags := image.InitFlags("amd64")
	shipped, twin := filepath.Join(dir, "shipped"), filepath.Join(dir, "twin")
	if err := build(ctx, top, shipped, flags); err != nil {
		return nil, err
	}
	withSymbols := flags
	withSymbols.LinkerFlags = nil
	for _, word := range flags.LinkerFlags {
		if word != "-s" {
			withSymbols.LinkerFlags = append(withSymbols.LinkerFlags, word)
		}
	}
	if err := build(ctx, top, twin, withSymbols); err != nil {
		return nil, err
	}
	return Read(shipped, twin)
}

// build runs the go command as the image's builder does.
func build(ctx context.Context, top, out string, flags image.BuildFlags) error {
	_, err := link(ctx, top, out, flags)
	return err
}

// link builds PID 1 and returns what the linker said.
func link(ctx context.Context, top, out string, flags image.BuildFlags) ([]byte, error) {
	args := append([]string{"build"}, flags.Args()...)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, InitPackage)...)
	cmd.Dir = top
	cmd.Env = append(os.Environ(), image.BuildEnv("amd64")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("attribute: go build %s in %s: %w\n%s", InitPackage, top, err, said.Bytes())
	}
	return said.Bytes(), nil
}

// Reached is the linker's account of what keeps what in PID 1 of the checkout.
func Reached(ctx context.Context, top, dir string) (Tree, error) {
	flags := image.InitFlags("amd64")
	flags.LinkerFlags = append([]string{"-dumpdep"}, flags.LinkerFlags...)
	said, err := link(ctx, top, filepath.Join(dir, "dumpdep"), flags)
	if err != nil {
		return Tree{}, err
	}
	return ParseTree(said), nil
}
