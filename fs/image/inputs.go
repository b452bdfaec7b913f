package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// listedPackage is what `go list -json` says of a package, as far as its
// binary depends on it; see `go help list`.
type listedPackage struct {
	ImportPath string
	Dir        string
	Standard   bool
	DepOnly    bool
	Deps       []string
	Module     *listedModule
	// DefaultGODEBUG follows from the go line of go.mod, and is linked in.
	DefaultGODEBUG string
	Error          *struct{ Err string }

	GoFiles, SFiles, HFiles, SysoFiles, EmbedFiles []string
}

// listedModule is the module of a listedPackage.
type listedModule struct {
	Path, Version, Sum string
	Main               bool
	Replace            *listedModule
}

// listFields are the fields asked for: the others cost go list time.
const listFields = "ImportPath,Dir,Standard,DepOnly,Deps,Module,DefaultGODEBUG,Error,GoFiles,SFiles,HFiles,SysoFiles,EmbedFiles"

// programKeys returns for each program the hash of all that its binary is made
// from, in the order of programs: toolchain, architecture, flags, the content of
// every source file outside the standard library. What lies in the module cache
// is named by its version and checksum instead of being read: the go command
// has compared it with go.sum.
func programKeys(ctx context.Context, goarch string, programs []Program) ([]string, error) {
	keys := make([]string, len(programs))
	// One question a module: the go command needs as long for one package as for
	// ten.
	lists := map[string]map[string]*listedPackage{}
	for _, module := range modulesOf(programs) {
		var names []string
		for _, p := range programs {
			if p.Module == module {
				names = append(names, p.Package)
			}
		}
		list, err := listPackages(ctx, goarch, module, names)
		if err != nil {
			return nil, err
		}
		lists[module] = list
	}
	// The toolchain that go.mod asks for may be another than the one in PATH:
	// the go command itself knows which it will use.
	toolchain, err := goCommand(ctx, ".", goarch, "env", "GOVERSION")
	if err != nil {
		return nil, fmt.Errorf("image: ask for Go's version: %w", err)
	}
	sums := map[string]string{} // by folder: programs share packages
	for i, p := range programs {
		root, err := findPackage(lists[p.Module], p)
		if err != nil {
			return nil, err
		}
		// Sorted, for go list promises no order of Deps.
		key := sha256.New()
		fmt.Fprintf(key, "%s %s %q %q\n", bytes.TrimSpace(toolchain), goarch, p.Flags.Args(), root.DefaultGODEBUG)
		for _, name := range append(slices.Sorted(slices.Values(root.Deps)), root.ImportPath) {
			if err := addPackage(key, lists[p.Module][name], sums); err != nil {
				return nil, err
			}
		}
		keys[i] = hex.EncodeToString(key.Sum(nil))
	}
	return keys, nil
}

// modulesOf returns the modules of the programs, each once.
func modulesOf(programs []Program) []string {
	var modules []string
	for _, p := range programs {
		modules = append(modules, p.Module)
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// listPackages asks the go command for the packages and all they import, by
// import path.
func listPackages(ctx context.Context, goarch, module string, names []string) (map[string]*listedPackage, error) {
	args := append([]string{"list", "-deps", "-json=" + listFields}, names...)
	out, err := goCommand(ctx, module, goarch, args...)
	if err != nil {
		return nil, fmt.Errorf("image: list the sources: %w", err)
	}
	list := map[string]*listedPackage{}
	// What is printed is one object after the other, not an array.
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(listedPackage)
		err := d.Decode(p)
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("image: read the list of sources: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("image: list the sources: %s: %s", p.ImportPath, p.Error.Err)
		}
		list[p.ImportPath] = p
	}
}

// findPackage returns the program's own package in the list. A package that was
// named as "./x" is found by its folder.
func findPackage(list map[string]*listedPackage, p Program) (*listedPackage, error) {
	if found := list[p.Package]; found != nil {
		return found, nil
	}
	folder, err := filepath.Abs(filepath.Join(p.Module, p.Package))
	if err != nil {
		return nil, fmt.Errorf("image: %s: %w", p.Package, err)
	}
	for _, found := range list {
		if !found.DepOnly && found.Dir == folder {
			return found, nil
		}
	}
	return nil, fmt.Errorf("image: %s: package %s is not in the module at %s; see its go.mod", p.Path, p.Package, p.Module)
}

// addPackage writes to key what a package is made from.
func addPackage(key io.Writer, p *listedPackage, sums map[string]string) error {
	if p == nil || p.Standard {
		return nil // "unsafe" and "C" are listed nowhere; the rest is the toolchain's
	}
	module := p.Module
	if module != nil && module.Replace != nil {
		module = module.Replace
	}
	if module != nil && module.Sum != "" {
		fmt.Fprintf(key, "%s %s %s\n", p.ImportPath, module.Version, module.Sum)
		return nil
	}
	if sums[p.Dir] == "" {
		// The names count too: a renamed file may be built on another system only.
		var all strings.Builder
		for _, file := range slices.Concat(p.GoFiles, p.SFiles, p.HFiles, p.SysoFiles, p.EmbedFiles) {
			sum, _, err := fileSum(filepath.Join(p.Dir, file))
			if err != nil {
				return err
			}
			fmt.Fprintf(&all, " %s %s", file, sum)
		}
		sums[p.Dir] = all.String()
	}
	fmt.Fprintf(key, "%s%s\n", p.ImportPath, sums[p.Dir])
	return nil
}
