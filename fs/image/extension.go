package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Extension is what somebody adds to the image: their own programs and files. It is
// part of the root then, under the same signature and hash tree.
type Extension struct {
	// Path is a folder of this machine, whose content becomes root's, or a SquashFS
	// with owners of its own.
	Path string
	// SHA256 in hexadecimal digits is what a SquashFS must have; "" takes any.
	SHA256 string
}

// ParseExtension reads "PATH" or "PATH,sha256=DIGITS".
func ParseExtension(text string) (Extension, error) {
	path, sum, pinned := strings.Cut(text, ",sha256=")
	if b, err := hex.DecodeString(sum); pinned && (err != nil || len(b) != sha256.Size) {
		return Extension{}, fmt.Errorf("image: extension %s: sha256 has 64 hexadecimal digits", text)
	}
	return Extension{Path: path, SHA256: strings.ToLower(sum)}, nil
}

// rows reads what is in it. Only folders, files and links are taken.
func (x Extension) rows(ctx context.Context) (Table, error) {
	info, err := os.Stat(x.Path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("image: extension: %w", err)
	case info.IsDir() && x.SHA256 != "":
		return nil, fmt.Errorf("image: extension %s: a folder has no sha256; make a SquashFS of it", x.Path)
	case info.IsDir():
		return x.folder()
	}
	if sum, _, err := fileSum(x.Path); err != nil {
		return nil, err
	} else if x.SHA256 != "" && sum != x.SHA256 {
		return nil, fmt.Errorf("image: extension %s has sha256 %s, and not %s", x.Path, sum, x.SHA256)
	}
	found, err := Walk(ctx, x.Path)
	if err != nil {
		return nil, err
	}
	var t Table
	for _, f := range found {
		e := Entry{Path: f.Path, Kind: f.Kind, Mode: f.Mode, UID: f.UID, GID: f.GID, Target: f.Target, Reason: x.reason()}
		if f.Kind == KindFile {
			e.Content = append([]byte{}, f.Content...)
		}
		t = append(t, e)
	}
	return t, nil
}

// folder reads a folder of this machine.
func (x Extension) folder() (Table, error) {
	var t Table
	err := filepath.WalkDir(x.Path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == x.Path {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(x.Path, name)
		e := Entry{Path: "/" + filepath.ToSlash(inside), Mode: uint32(info.Mode().Perm()), Reason: x.reason()}
		if info.Mode()&(fs.ModeSetuid|fs.ModeSetgid|fs.ModeSticky) != 0 {
			return fmt.Errorf("%s: no setuid, setgid or sticky bit is allowed; take it away", name)
		}
		switch info.Mode().Type() {
		case fs.ModeDir:
			e.Kind = KindFolder
		case 0:
			e.Kind, e.Source = KindFile, name
		case fs.ModeSymlink:
			var more error
			e.Kind = KindLink
			e.Target, more = os.Readlink(name)
			err = errors.Join(err, more)
		default:
			return fmt.Errorf("%s is no folder, file or link; leave it out", name)
		}
		t = append(t, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("image: extension %s: %w", x.Path, err)
	}
	return t, nil
}

func (x Extension) reason() string { return "of the extension " + filepath.Base(x.Path) }

// extended adds the rows of extensions. A folder that is there already is left as it
// is; a file that is there is never written over.
func (t Table) extended(ctx context.Context, all []Extension) (Table, error) {
	there := map[string]Entry{}
	for _, e := range t {
		there[e.Path] = e
	}
	for _, x := range all {
		rows, err := x.rows(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range rows {
			old, twice := there[e.Path]
			switch {
			case twice && old.Kind == KindFolder && e.Kind == KindFolder:
				continue
			case twice:
				return nil, fmt.Errorf("image: extension %s: %s is there already (%s), and an extension overwrites nothing; give it another name", x.Path, e.Path, old.Reason)
			case e.Kind == KindChar:
				return nil, fmt.Errorf("image: extension %s: %s is a device; the manifest's isolation.devices gives services theirs", x.Path, e.Path)
			}
			there[e.Path] = e
			t = append(t, e)
		}
	}
	return t, nil
}
