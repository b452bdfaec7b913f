package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Program is one Go program of the image.
type Program struct {
	// Path is where it stands in the image, "/bin/mochi".
	Path string
	// Package is its import path, or "./x" relative to Module.
	Package string
	// Module is the folder with the go.mod that pins it and what it needs.
	Module string
	// Flags are how it is built; see [ProgramFlags].
	Flags BuildFlags
	// Raw stores it uncompressed, see [Entry].
	Raw bool
	// Reason says why the image needs it.
	Reason string
}

// binariesKeptMax bounds the old binaries of one program that are kept beside
// the newest: going back and forth between two states of the source, or two
// sets of flags, should not build anew each time.
const binariesKeptMax = 4

// builder makes static binaries and keeps them in a folder, each under the hash
// of what it was made from.
type builder struct {
	goarch string
	keep   string
}

// binary returns the path of the program's static binary, built now if its
// inputs have not been seen before. Go's own cache can't do this part: with
// -buildid= emptied it links anew each time, a second for a large program.
func (b builder) binary(ctx context.Context, p Program, key string) (string, error) {
	name := filepath.Base(p.Path) + "-" + b.goarch
	kept := filepath.Join(b.keep, name+"-"+key[:keyCharsMin])
	if _, err := os.Stat(kept); err == nil {
		return kept, nil
	}
	if err := os.MkdirAll(b.keep, 0o755); err != nil {
		return "", fmt.Errorf("image: keep binaries: %w", err)
	}
	// Another build may be doing the same: each writes a file of its own, and
	// the rename is whole or not at all.
	fresh, err := os.MkdirTemp(b.keep, "fresh-")
	if err != nil {
		return "", fmt.Errorf("image: keep binaries: %w", err)
	}
	defer os.RemoveAll(fresh)
	out := filepath.Join(fresh, name)
	// Always with -o: a folder of the package's name may stand in the module.
	args := append([]string{"build"}, p.Flags.Args()...)
	if _, err := goCommand(ctx, p.Module, b.goarch, append(args, "-o", out, p.Package)...); err != nil {
		return "", fmt.Errorf("image: build %s for %s: %w", p.Package, p.Path, err)
	}
	if err := os.Rename(out, kept); err != nil {
		return "", fmt.Errorf("image: keep binaries: %w", err)
	}
	return kept, b.forget(name)
}

// keyCharsMin is how much of a key names a file: 80 bits are plenty among a few
// hundred files, and leave the name readable.
const keyCharsMin = 20

// forget removes the oldest binaries of a program past the bound.
func (b builder) forget(name string) error {
	kept, err := filepath.Glob(filepath.Join(b.keep, name+"-*"))
	if err != nil {
		return fmt.Errorf("image: list binaries: %w", err)
	}
	madeNsec := func(file string) int64 {
		info, err := os.Stat(file)
		if err != nil {
			return 0 // gone already: another build forgot it
		}
		return info.ModTime().UnixNano()
	}
	// The newest first; the difference of two times would not fit an int on
	// every architecture.
	slices.SortFunc(kept, func(a, b string) int { return int(min(1, max(-1, madeNsec(b)-madeNsec(a)))) })
	for _, file := range kept[min(len(kept), binariesKeptMax+1):] {
		if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("image: forget an old binary: %w", err)
		}
	}
	return nil
}

// goCommand runs the go command in a module and returns what it printed. An
// error carries what it said.
func goCommand(ctx context.Context, module, goarch string, args ...string) ([]byte, error) {
	// The words of BuildEnv stand last, and of two equal names the last counts.
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), BuildEnv(goarch)...)
	// Progress ("go: downloading …") and errors both come this way.
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s in %s: %w\n%s", args[0], module, err, said.String())
	}
	return out, nil
}

// fileSum returns the SHA-256 of a file in hexadecimal digits, and its size.
func fileSum(file string) (sum string, sizeBytes int64, err error) {
	// Whole in memory: the largest, a demo image, is 18 MB.
	b, err := os.ReadFile(file)
	if err != nil {
		return "", 0, fmt.Errorf("image: hash: %w", err)
	}
	return bytesSum(b), int64(len(b)), nil
}

// bytesSum returns the SHA-256 of b in hexadecimal digits.
func bytesSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
