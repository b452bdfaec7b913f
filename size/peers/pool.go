package main

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// pool is a folder with the peers' Debian packages unpacked in it, and what they
// need. Nothing of them is installed on this machine, and none of their scripts
// runs.
type pool struct {
	folder string
	// versions are the packages' own, by name.
	versions map[string]string
}

// peerPackages are the peers that come from the distribution.
var peerPackages = []string{"busybox-static", "finit", "runit", "s6", "systemd"}

// openPool downloads and unpacks what is missing below folder. apt-get must know
// its package lists.
func openPool(ctx context.Context, folder string) (*pool, error) {
	p := &pool{folder: filepath.Join(folder, "root"), versions: map[string]string{}}
	for _, name := range peerPackages {
		text, err := command(ctx, folder, "apt-cache", "policy", name)
		if err != nil {
			return nil, err
		}
		_, rest, _ := strings.Cut(text, "Candidate: ")
		version, _, _ := strings.Cut(rest, "\n")
		if version == "" || version == "(none)" {
			return nil, fmt.Errorf("peers: there is no package %s; run apt-get update", name)
		}
		p.versions[name] = version
	}
	whole := filepath.Join(folder, "whole")
	var key strings.Builder
	for _, name := range peerPackages {
		key.WriteString(name + " " + p.versions[name] + "\n")
	}
	if have, err := os.ReadFile(whole); err == nil && string(have) == key.String() {
		return p, nil
	}
	if err := p.fill(ctx, folder); err != nil {
		return nil, err
	}
	return p, os.WriteFile(whole, []byte(key.String()), 0o644)
}

// fill downloads the packages with all that they depend on, and unpacks them.
func (p *pool) fill(ctx context.Context, folder string) error {
	debs := filepath.Join(folder, "debs")
	for _, old := range []string{debs, p.folder} {
		if err := os.RemoveAll(old); err != nil {
			return err
		}
		if err := os.MkdirAll(old, 0o755); err != nil {
			return err
		}
	}
	text, err := command(ctx, folder, "apt-cache", append([]string{"depends", "--recurse", "--no-recommends", "--no-suggests",
		"--no-conflicts", "--no-breaks", "--no-replaces", "--no-enhances"}, peerPackages...)...)
	if err != nil {
		return err
	}
	var names []string
	for line := range strings.Lines(text) {
		// A package stands at the line's beginning; <virtual> ones have no file.
		if name := strings.TrimSpace(line); name != "" && line[0] != ' ' && line[0] != '<' && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if _, err := command(ctx, debs, "apt-get", append([]string{"download", "-q"}, names...)...); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if _, err := command(ctx, folder, "dpkg", "-x", file, p.folder); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program in a folder and gives what it printed.
func command(ctx context.Context, folder, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	out, err := cmd.Output()
	if exit, is := err.(*exec.ExitError); is {
		return "", fmt.Errorf("peers: %s %s: %w: %s", name, strings.Join(args, " "), err, exit.Stderr)
	} else if err != nil {
		return "", fmt.Errorf("peers: %w", err)
	}
	return string(out), nil
}

// libraryFolders are where the dynamic linker looks on this architecture.
var libraryFolders = []string{"lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/systemd", "lib/systemd", "lib64"}

// find gives the pool's file for a path of the image, or an error.
func (p *pool) find(path string) (string, error) {
	full := filepath.Join(p.folder, path)
	if _, err := os.Stat(full); err != nil {
		return "", fmt.Errorf("peers: no %s in the packages: %w", path, err)
	}
	return full, nil
}

// program adds a program of the pool to the tree, with every library that it
// and those need, and its dynamic linker.
func (p *pool) program(t *tree, path string) error {
	full, err := p.find(path)
	if err != nil {
		return err
	}
	if t.has(path) {
		return nil
	}
	t.file(path, full, 0o755)
	file, err := elf.Open(full)
	if err != nil {
		return fmt.Errorf("peers: %s: %w", path, err)
	}
	defer file.Close()
	for _, section := range file.Progs {
		if section.Type == elf.PT_INTERP {
			name := make([]byte, section.Filesz-1) // its NUL is left out
			if _, err := section.ReadAt(name, 0); err != nil {
				return fmt.Errorf("peers: %s: %w", path, err)
			}
			if err := p.program(t, string(name)); err != nil {
				return err
			}
		}
	}
	needed, err := file.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("peers: %s: %w", path, err)
	}
	for _, name := range needed {
		if err := p.library(t, name); err != nil {
			return fmt.Errorf("%w, for %s", err, path)
		}
	}
	return nil
}

func (p *pool) library(t *tree, name string) error {
	for _, folder := range libraryFolders {
		if _, err := os.Stat(filepath.Join(p.folder, folder, name)); err == nil {
			return p.program(t, "/"+folder+"/"+name)
		}
	}
	return fmt.Errorf("peers: no library %s in the packages", name)
}
