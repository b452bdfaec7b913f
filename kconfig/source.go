// Where the kernel comes from: the distribution's package, as its maintainers
// follow the stable releases and sign what they ship, and apt is on every
// machine that builds this. Nothing is fetched here.

package kconfig

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Source is the kernel tree that is built.
type Source struct {
	// Dir is the unpacked tree; empty until Unpack when it comes from a tarball.
	Dir string
	// Tarball is the packed tree; empty when a folder was given.
	Tarball string
	// ID names the contents: the tarball's sha256, or version and place of a
	// folder. Edits inside a given folder that keep its version are not seen.
	ID string
}

// tarballs is where Debian and Ubuntu put the source of their package.
const tarballs = "/usr/src/linux-source-6.12*.tar.xz"

// FindSource takes dir if it isn't empty (KERNEL_SRC), else the distribution's
// tarball. Without either the error names the package to install.
func FindSource(dir string) (Source, error) {
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Source{}, err
		}
		version, err := treeVersion(abs)
		if err != nil {
			return Source{}, fmt.Errorf("kconfig: KERNEL_SRC=%s is not a kernel tree: %w; point it at the folder with the top Makefile", dir, err)
		}
		return Source{Dir: abs, ID: version + " at " + abs}, nil
	}
	found, err := filepath.Glob(tarballs)
	if err != nil || len(found) == 0 {
		return Source{}, fmt.Errorf("kconfig: no %s; install the package linux-source-6.12 (from backports or a newer release), or set KERNEL_SRC to a kernel tree", tarballs)
	}
	// Glob sorts, so the last is the longest name of the highest version.
	newest := found[len(found)-1]
	f, err := os.Open(newest)
	if err != nil {
		return Source{}, err
	}
	defer f.Close()
	// By contents, not by name: a security update of the package keeps the name.
	// It is read each time, 0.3 s for 150 MB.
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return Source{}, fmt.Errorf("kconfig: reading %s: %w", newest, err)
	}
	return Source{Tarball: newest, ID: hex.EncodeToString(sum.Sum(nil))}, nil
}

// Tag is a short name of the contents for folders.
func (s Source) Tag() string {
	sum := sha256.Sum256([]byte(s.ID))
	return hex.EncodeToString(sum[:6])
}

// Unpacked is where the tree of a tarball stands below root, once it is there.
func (s Source) Unpacked(root string) string { return filepath.Join(root, "source-"+s.Tag()) }

// Unpack makes the tree below root unless it is there already, and sets Dir.
// It is unpacked beside its place and renamed, so an interrupted one is never
// taken for whole; what that left over is removed. The caller holds the lock.
func (s *Source) Unpack(ctx context.Context, root string) error {
	if s.Dir != "" {
		return nil
	}
	dir := s.Unpacked(root)
	if _, err := os.Stat(dir); err == nil {
		s.Dir = dir
		return nil
	}
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	// tar(1), as the standard library has no xz and a module for it would be used
	// once a machine.
	cmd := exec.CommandContext(ctx, "tar", "-xJf", s.Tarball, "-C", part, "--strip-components=1")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("kconfig: unpacking %s: %w: %s; check the disk's free space (1.7 GB are needed)", s.Tarball, err, strings.TrimSpace(string(text)))
	}
	if _, err := treeVersion(part); err != nil {
		return fmt.Errorf("kconfig: %s holds no kernel tree: %w; reinstall its package", s.Tarball, err)
	}
	if err := os.Rename(part, dir); err != nil {
		return err
	}
	s.Dir = dir
	return nil
}

// versionLine is one of the first lines of the top Makefile.
var versionLine = regexp.MustCompile(`(?m)^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION) *= *(.*)$`)

// treeVersion reads a tree's version, such as 6.12.117, from its top Makefile.
func treeVersion(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "Makefile"))
	if err != nil {
		return "", err
	}
	// The first four are the tree's own; the same names further down are uses.
	part := map[string]string{}
	for _, m := range versionLine.FindAllStringSubmatch(string(text), 4) {
		part[m[1]] = strings.TrimSpace(m[2])
	}
	if part["VERSION"] == "" || part["PATCHLEVEL"] == "" {
		return "", fmt.Errorf("its Makefile names no VERSION and PATCHLEVEL")
	}
	return part["VERSION"] + "." + part["PATCHLEVEL"] + "." + part["SUBLEVEL"] + part["EXTRAVERSION"], nil
}

// Compiler is the first line of "gcc --version". CC isn't honoured: the kernel's
// makefiles are called with their own default.
func Compiler(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "gcc", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("kconfig: gcc --version: %w; install gcc", err)
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line, nil
}
