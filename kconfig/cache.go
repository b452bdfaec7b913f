// The cache of finished kernels, outside the checkout so that a fresh clone, a
// cleaned build/ and another branch find what was built once.
//
// Entries are never changed: they appear whole by rename, and are replaced whole
// by -clean. Nothing is ever deleted by age; a kernel takes 28 MB, and whoever
// wants the room may remove the folder at any time.

package kconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// recipe changes when the way of building changes, so that old entries are not
// taken for new ones.
const recipe = "mote kernel 2"

// artifacts are the files of a cache entry, in the order in which they are named.
var artifacts = [...]string{"bzImage", "vmlinux", "kernel.config"}

// CacheRoot is the folder that outlives checkouts: $MOTE_CACHE, else
// $XDG_CACHE_HOME/mote, else ~/.cache/mote; kernels are in kernel/ below it.
func CacheRoot(getenv func(string) string) (string, error) {
	// The order is that of who said it most on purpose. Source of the second:
	// XDG Base Directory Specification.
	base := getenv("MOTE_CACHE")
	if base == "" && getenv("XDG_CACHE_HOME") != "" {
		base = filepath.Join(getenv("XDG_CACHE_HOME"), "mote")
	}
	if base == "" && getenv("HOME") != "" {
		base = filepath.Join(getenv("HOME"), ".cache", "mote")
	}
	if base == "" {
		return "", errors.New("kconfig: no place for the cache: HOME is not set; set MOTE_CACHE to a folder")
	}
	// A relative one would mean another place in each folder it is run from.
	if !filepath.IsAbs(base) {
		return "", fmt.Errorf("kconfig: the cache folder %q is not absolute; set MOTE_CACHE to an absolute path", base)
	}
	return filepath.Join(base, "kernel"), nil
}

// Key names a kernel by everything that it is made of. Each part is preceded by
// its length, so that no two lists of parts give the same bytes.
func Key(arch string, fragments []Fragment, source Source, compiler string) string {
	h := sha256.New()
	part := func(s string) {
		// A hash never fails to take bytes.
		_, _ = io.WriteString(h, strconv.Itoa(len(s))+":"+s)
	}
	part(recipe)
	part(arch)
	part(source.ID)
	part(compiler)
	for _, f := range fragments {
		part(f.Name)
		part(string(f.Text))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Cached says whether the entry is there. It appears whole, by rename.
func Cached(root, key string) bool {
	info, err := os.Stat(filepath.Join(root, key))
	return err == nil && info.IsDir()
}

// Keep makes an entry of files (artifact name → path). One that is already
// there is replaced.
func Keep(root, key string, files map[string]string) error {
	part := filepath.Join(root, key+".part")
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.MkdirAll(part, 0o755); err != nil {
		return err
	}
	// Copied and not moved: the next build in these objects needs vmlinux and
	// bzImage where they are, or it would link both again.
	for _, name := range artifacts {
		if err := copyFile(filepath.Join(part, name), files[name]); err != nil {
			return fmt.Errorf("kconfig: keeping %s: %w", name, err)
		}
	}
	// What the objects weigh is for reports: a kernel is whole without it.
	if from, made := files[ObjectsFile]; made {
		if err := copyFile(filepath.Join(part, ObjectsFile), from); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("kconfig: keeping %s: %w", ObjectsFile, err)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, key)); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(root, key))
}

// copyFile copies and flushes, as the rename that follows makes it count.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// Link puts symbolic links to the entry's files into dir. Each is replaced in
// one step, so a reader sees the old kernel or the new one.
func Link(root, key, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	// Links are made in a folder of their own and moved, as symlink(2) refuses to
	// replace what exists and removing it first would leave a gap.
	part, err := os.MkdirTemp(dir, ".link-*")
	if err != nil {
		return fmt.Errorf("kconfig: linking: %w", err)
	}
	for _, name := range artifacts {
		err = errors.Join(err, os.Symlink(filepath.Join(root, key, name), filepath.Join(part, name)))
		if err == nil {
			err = os.Rename(filepath.Join(part, name), filepath.Join(dir, name))
		}
	}
	if err = errors.Join(err, os.RemoveAll(part)); err != nil {
		return fmt.Errorf("kconfig: linking the kernel into %s: %w; is something else than a file in its place?", dir, err)
	}
	return nil
}
