package image

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Kind is what an [Entry] makes in the image.
type Kind uint8

// The kinds of entry. The zero value is none of them, and is refused.
const (
	// KindFolder is an empty directory, usually a mount point.
	KindFolder Kind = 1
	// KindFile is a regular file with the bytes of Source or Content.
	KindFile Kind = 2
	// KindLink is a symbolic link to Target.
	KindLink Kind = 3
	// KindChar is a character device with the numbers Major and Minor.
	KindChar Kind = 4
)

// String returns the kind's name as it is printed in errors and lists.
func (k Kind) String() string {
	switch k {
	case KindFolder:
		return "folder"
	case KindFile:
		return "file"
	case KindLink:
		return "link"
	case KindChar:
		return "char"
	}
	return "unknown kind"
}

// Entry declares one path of the image. There are no others in it.
type Entry struct {
	// Path is absolute and clean, in the image.
	Path string
	Kind Kind
	// Mode is the nine permission bits. Links have 0777 whatever it says.
	Mode uint32
	// UID and GID own it; zero is root.
	UID, GID uint32
	// Source is the file on this machine whose bytes are taken; when it is
	// empty, Content is. Only for KindFile.
	Source  string
	Content []byte
	// Raw stores the file uncompressed and in one piece. It costs bytes and
	// saves the time to decompress them at start.
	Raw bool
	// Target is what a link points to.
	Target string
	// Major and Minor are a device's numbers, see the kernel's devices.txt.
	Major, Minor uint32
	// Reason says why it must be there. Without one the table is refused.
	Reason string
}

// Table is what an image contains, one entry a path, in any order.
type Table []Entry

// sorted returns a copy in the order of the paths, so that parents stand before
// their children and the order of declaration has no influence on the bytes.
func (t Table) sorted() Table {
	s := slices.Clone(t)
	slices.SortFunc(s, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return s
}

// Check returns what is wrong with the table, all of it joined, or nil. Every
// error names the path and the field.
func (t Table) Check() error {
	var faults []error
	// Only folders may have something below them, and parents come first.
	kinds := map[string]Kind{"/": KindFolder}
	for _, e := range t.sorted() {
		if err := e.check(); err != nil {
			faults = append(faults, err)
			continue
		}
		if _, twice := kinds[e.Path]; twice {
			faults = append(faults, fmt.Errorf("image: %s: declared twice; keep one", e.Path))
		}
		if parent := path.Dir(e.Path); kinds[parent] != KindFolder {
			faults = append(faults, fmt.Errorf("image: %s: its folder %s is not declared; add an entry for it", e.Path, parent))
		}
		kinds[e.Path] = e.Kind
	}
	return errors.Join(faults...)
}

// pathBytesMax bounds a path: mksquashfs reads definitions line by line, and
// nothing here comes near it.
const pathBytesMax = 255

// check returns what is wrong with the entry itself.
func (e Entry) check() error {
	refuse := func(field, why string) error {
		return fmt.Errorf("image: %s: %s: %s", e.Path, field, why)
	}
	switch {
	case !plainPath(e.Path) || e.Path == "/":
		return refuse("path", "must be absolute, clean, at most 255 bytes of a-z A-Z 0-9 . _ + - and /")
	case strings.TrimSpace(e.Reason) == "":
		return refuse("reason", "is missing; say why the image needs it, or leave it out")
	case e.Mode&^0o777 != 0:
		return refuse("mode", "only the nine permission bits are allowed: no setuid, setgid or sticky bit")
	case e.Mode&0o002 != 0 && (e.Kind == KindFile || e.Kind == KindFolder):
		return refuse("mode", "is writable for everybody; take the last w away")
	case e.Kind != KindFile && (e.Source != "" || e.Content != nil || e.Raw):
		return refuse("kind", "only a file has source, content or raw")
	case e.Source != "" && e.Content != nil:
		return refuse("source", "and content are both given; keep one")
	case (e.Kind == KindLink) != (e.Target != ""):
		return refuse("target", "belongs to a link, and only to a link")
	case e.Kind == KindLink && !plainPath("/"+strings.TrimLeft(e.Target, "./")):
		return refuse("target", "must be a plain path")
	case e.Kind < KindFolder || e.Kind > KindChar:
		return refuse("kind", "is not one of folder, file, link, char")
	}
	return nil
}

// plainPath reports whether p is absolute and clean and has no character that
// means something to mksquashfs's definitions or expressions (blanks, quotes,
// wildcards, parentheses).
func plainPath(p string) bool {
	if len(p) > pathBytesMax || !path.IsAbs(p) || path.Clean(p) != p {
		return false
	}
	return !strings.ContainsFunc(p, odd)
}

// odd reports whether r may not stand in a path.
func odd(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("._+-/", r)
}
