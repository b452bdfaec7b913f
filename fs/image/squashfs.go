package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Packing says how a table is written. The zero value is how a release is.
type Packing struct {
	// BlockBytes is the SquashFS block, a power of two from 4,096 to
	// 1,048,576; zero means blockBytes.
	BlockBytes uint32
	// Level is zstd's compression level, 1 to 22; zero means zstdLevel. A low
	// one makes tests quick.
	Level int
	// Processors bounds mksquashfs's threads; zero means one a processor.
	// It has no influence on the bytes.
	Processors int
	// TimeSec is the time of every file and of the file system, in seconds
	// since 1970; zero means buildTimeSec.
	TimeSec uint32
}

// What the zero values of [Packing] mean. README.md has the measurements.
const (
	// blockBytes: below it a root is up to a fifth larger, above it at most a
	// twentieth smaller, and a page fault decompresses more than it wants.
	blockBytes = 128 << 10
	// zstdLevel: 22 saves 0.02 % more and takes twice as long.
	zstdLevel = 19
	// buildTimeSec is 2026-01-01T00:00:00Z. A fixed instant and not the newest
	// commit's, so that a change which is not in the image doesn't change it.
	buildTimeSec = 1767225600
)

// filled returns p with the zero values replaced.
func (p Packing) filled() Packing {
	if p.BlockBytes == 0 {
		p.BlockBytes = blockBytes
	}
	if p.Level == 0 {
		p.Level = zstdLevel
	}
	if p.TimeSec == 0 {
		p.TimeSec = buildTimeSec
	}
	return p
}

// args returns what mksquashfs(1) is told beside its source and target. Owner
// and mode come from the definitions for every path, so that neither the user
// nor the umask of this machine has a say; -all-root would override them.
func (p Packing) args() []string {
	p = p.filled()
	timeSec := strconv.FormatUint(uint64(p.TimeSec), 10)
	args := []string{
		"-comp", "zstd", "-Xcompression-level", strconv.Itoa(p.Level),
		"-b", strconv.FormatUint(uint64(p.BlockBytes), 10),
		"-all-time", timeSec, "-mkfs-time", timeSec,
		"-root-mode", "755", "-root-uid", "0", "-root-gid", "0",
		// Nobody mounts the root over NFS, and nothing in it has attributes.
		"-no-exports", "-no-xattrs",
		"-noappend", "-no-recovery", "-exit-on-error", "-no-progress", "-quiet",
	}
	if p.Processors > 0 {
		args = append(args, "-processors", strconv.Itoa(p.Processors))
	}
	return args
}

// write makes out from the table. The table has been checked. Files and folders
// are staged beside out; what would need root (devices, owners) exists only as
// definitions for mksquashfs. On an error out is as it was.
func (p Packing) write(ctx context.Context, t Table, out string) (err error) {
	folder, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return fmt.Errorf("image: stage: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	root := filepath.Join(folder, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return fmt.Errorf("image: stage: %w", err)
	}
	// Parents first, so that each has its folder.
	t = t.sorted()
	for _, e := range t {
		if err := e.stage(root); err != nil {
			return fmt.Errorf("image: stage %s: %w", e.Path, err)
		}
	}
	definitions := filepath.Join(folder, "definitions")
	if err := os.WriteFile(definitions, []byte(t.definitions()), 0o600); err != nil {
		return fmt.Errorf("image: stage: %w", err)
	}
	made := filepath.Join(folder, "image")
	args := append([]string{root, made, "-pf", definitions}, p.args()...)
	if err := squashfsTool(ctx, "mksquashfs", append(args, t.actions()...)); err != nil {
		return err
	}
	// On one file system, for the folder stands beside out: whole or not at all.
	if err := os.Rename(made, out); err != nil {
		return fmt.Errorf("image: put in place: %w", err)
	}
	return nil
}

// stage makes a file or an empty folder below root. It is readable by its owner
// even where the image says otherwise, or mksquashfs could not read it.
func (e Entry) stage(root string) error {
	at := filepath.Join(root, e.Path)
	switch e.Kind {
	case KindFolder:
		return os.Mkdir(at, 0o700)
	case KindFile:
		content, err := e.bytes()
		if err != nil {
			return err
		}
		return os.WriteFile(at, content, 0o600)
	}
	return nil
}

// bytes returns a file's content.
func (e Entry) bytes() ([]byte, error) {
	if e.Source == "" {
		return e.Content, nil
	}
	return os.ReadFile(e.Source)
}

// definitions returns the pseudo-file definitions of every path, as
// mksquashfs(1) reads them: "m" changes what was staged, "c" and "s" add.
func (t Table) definitions() string {
	var b strings.Builder
	for _, e := range t {
		switch e.Kind {
		case KindFolder, KindFile:
			fmt.Fprintf(&b, "%s m %o %d %d\n", e.Path, e.Mode, e.UID, e.GID)
		case KindChar:
			fmt.Fprintf(&b, "%s c %o %d %d %d %d\n", e.Path, e.Mode, e.UID, e.GID, e.Major, e.Minor)
		case KindLink:
			fmt.Fprintf(&b, "%s s 777 %d %d %s\n", e.Path, e.UID, e.GID, e.Target)
		}
	}
	return b.String()
}

// actions returns what keeps the raw files as they are. Their tails are not in
// fragment blocks either (mksquashfs packs tails only with -tailends), so that
// such a file stands in the image in one piece.
func (t Table) actions() []string {
	var args []string
	for _, e := range t {
		if e.Raw {
			args = append(args, "-action", "uncompressed@pathname("+e.Path+")")
		}
	}
	return args
}

// squashfsTool runs one of squashfs-tools with nothing of this machine's
// environment but PATH: SOURCE_DATE_EPOCH would contradict -mkfs-time.
func squashfsTool(ctx context.Context, name string, args []string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	said, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("image: %w; install squashfs-tools 4.5 or later", err)
	}
	if err != nil {
		return fmt.Errorf("image: %s: %w\n%s", name, err, said)
	}
	return nil
}
