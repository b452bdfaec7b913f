package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"mote/wire"
)

// Spec is an image to be built.
type Spec struct {
	// Manifest is what the node shall be; nil is one without services.
	Manifest *wire.Manifest
	// Unchecked builds a manifest that a node will refuse in part, as tests of
	// just that need it.
	Unchecked bool
	// Init is PID 1, see [Init].
	Init Program
	// Programs are started by the manifest's services.
	Programs []Program
	// Files are further rows, such as a service's configuration.
	Files Table
	// Extensions are added last.
	Extensions []Extension
	// Out is the image. Beside it stands Out+".inputs", which says what it was
	// made from.
	Out string
	// Keep is the folder where static binaries are kept between builds.
	Keep string
	// GOARCH is the node's architecture; empty is this machine's.
	GOARCH string
	// Packing says how the table is written.
	Packing Packing
}

// File is one path of a built image.
type File struct {
	Entry
	// SizeBytes is its length, before compression.
	SizeBytes int64
}

// Result is a built image.
type Result struct {
	Out string
	// SHA256 of the whole image, in hexadecimal digits, and its length.
	SHA256 string
	Bytes  int64
	// Files are all its paths, sorted.
	Files []File
	// Fresh is false when the image was there already, made from the same.
	Fresh bool
}

// Build makes the image at spec.Out, with every binary that it needs. When
// nothing has changed since Out was built, nothing is built. An error says
// which path, package or tool it is about; Out is then as it was.
func Build(ctx context.Context, spec Spec) (Result, error) {
	if spec.GOARCH == "" {
		spec.GOARCH = runtime.GOARCH
	}
	if spec.GOARCH != "amd64" && spec.GOARCH != "arm64" {
		return Result{}, fmt.Errorf("image: architecture %q: PID 1 has assembly for amd64 and arm64 only", spec.GOARCH)
	}
	if spec.Out == "" || spec.Keep == "" {
		return Result{}, errors.New("image: Out and Keep must both be given")
	}
	if err := os.MkdirAll(filepath.Dir(spec.Out), 0o755); err != nil {
		return Result{}, fmt.Errorf("image: %w", err)
	}
	table, err := spec.table(ctx)
	if err != nil {
		return Result{}, err
	}
	result := Result{Out: spec.Out}
	// Every row's content is in the key, so whatever made it, the bytes decide.
	key, files, err := spec.inputs(ctx, table)
	if err != nil {
		return Result{}, err
	}
	result.Files = files
	note := spec.Out + ".inputs"
	if result.SHA256, result.Bytes, err = fileSum(spec.Out); err == nil {
		was, err := os.ReadFile(note)
		if err == nil && string(was) == noteText(key, result.SHA256) {
			return result, nil
		}
	}
	// Should this be cut short, no note claims the new image: the old one names
	// the old image's hash.
	if err := spec.Packing.write(ctx, table, spec.Out); err != nil {
		return Result{}, err
	}
	result.Fresh = true
	if result.SHA256, result.Bytes, err = fileSum(spec.Out); err != nil {
		return Result{}, err
	}
	if err := os.WriteFile(note, []byte(noteText(key, result.SHA256)), 0o644); err != nil {
		return Result{}, fmt.Errorf("image: %w", err)
	}
	return result, nil
}

// noteText is the content of the file beside an image. It is compared as a
// whole, so that a note of another form is no match.
func noteText(key, sum string) string {
	return "inputs " + key + "\nsha256 " + sum + "\n"
}

// table returns the checked rows of the image, with every binary built.
func (s Spec) table(ctx context.Context) (Table, error) {
	// PID 1 is a program like the others, but for its flags and its path.
	programs := append([]Program{s.Init}, s.Programs...)
	keys, err := programKeys(ctx, s.GOARCH, programs)
	if err != nil {
		return nil, err
	}
	// A node without services is a node: the budget of `base` is about it.
	manifest := s.Manifest
	if manifest == nil {
		manifest = new(wire.Manifest)
	}
	encoded, err := wire.AppendManifest(nil, manifest)
	if err != nil {
		return nil, fmt.Errorf("image: manifest: %w", err)
	}
	t := append(baseTable(), Entry{Path: wire.ManifestPath, Kind: KindFile, Mode: 0o644, Content: encoded,
		Reason: "what the node shall be; PID 1 reads it at start"})
	// Files may not replace a row: Check refuses what is declared twice.
	t = withMountPoints(append(t, s.Files...), manifest)
	b := builder{goarch: s.GOARCH, keep: s.Keep}
	for i, p := range programs {
		e := Entry{Path: p.Path, Kind: KindFile, Mode: 0o755, Raw: p.Raw, Reason: p.Reason}
		// Refuse what the table would refuse before minutes of building.
		if err := e.check(); err != nil {
			return nil, err
		}
		if e.Source, err = b.binary(ctx, p, keys[i]); err != nil {
			return nil, err
		}
		t = append(t, e)
	}
	if t, err = t.extended(ctx, s.Extensions); err != nil {
		return nil, err
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	if s.Unchecked {
		return t, nil
	}
	return t, checkManifest(manifest, t)
}

// checkManifest returns what is wrong with the manifest, and an error for every
// service whose program is not in the table: the node would say the same, but
// only once it has booted.
func checkManifest(m *wire.Manifest, t Table) error {
	var faults []error
	for _, p := range m.Validate() {
		faults = append(faults, p)
	}
	for _, s := range m.Services {
		found := false
		for _, e := range t {
			found = found || (len(s.Exec) > 0 && e.Path == s.Exec[0] && e.Kind == KindFile)
		}
		if !found {
			faults = append(faults, fmt.Errorf("image: service %s: exec %s is not in the image; add the program or correct the path", s.Name, strings.Join(s.Exec, " ")))
		}
	}
	return errors.Join(faults...)
}

// inputs returns the hash of all that decides about the image's bytes, and its
// files.
func (s Spec) inputs(ctx context.Context, t Table) (string, []File, error) {
	key := sha256.New()
	// It exits with 0 or 1, depending on the release, and prints all the same.
	version, err := exec.CommandContext(ctx, "mksquashfs", "-version").Output()
	if err != nil && len(version) == 0 {
		return "", nil, fmt.Errorf("image: mksquashfs -version: %w; install squashfs-tools 4.5 or later", err)
	}
	packing := s.Packing.filled()
	// The number of threads has no influence on the bytes; a test says so.
	packing.Processors = 0
	fmt.Fprintf(key, "%s\n%q\n", version, packing.args())
	var files []File
	for _, e := range t.sorted() {
		content, err := e.bytes()
		if err != nil {
			return "", nil, fmt.Errorf("image: %s: %w", e.Path, err)
		}
		fmt.Fprintf(key, "%s %d %o %d %d %t %q %d %d %s\n", e.Path, e.Kind, e.Mode, e.UID, e.GID, e.Raw,
			e.Target, e.Major, e.Minor, bytesSum(content))
		files = append(files, File{Entry: e, SizeBytes: int64(len(content))})
	}
	return hex.EncodeToString(key.Sum(nil)), files, nil
}
