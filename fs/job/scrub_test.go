package job

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/fs"
	"mote/fs/image/disk"
	"mote/fs/image/release"
	"mote/fs/image/verity"
)

// Where the parts of the disk stand that newDisk makes.
const (
	mib    = 1 << 20
	espAt  = 1 * mib
	rootA  = 65 * mib
	rootB  = 69 * mib
	blocks = 200 // of data: the tree has two levels
)

// newSlot is a release whose parts are only told from others.
func newSlot(t *testing.T, version string, key ed25519.PrivateKey) disk.Release {
	t.Helper()
	data := bytes.Repeat(append([]byte("root of "+version), make([]byte, 4096-len("root of ")-len(version))...), blocks)
	tree, root, err := verity.Tree(data, sha256.Sum256([]byte(version)))
	if err != nil {
		t.Fatal(err)
	}
	parts := release.Contents{release.KindUKI: bytes.Repeat([]byte("kernel "+version), 5000), release.KindRoot: data, release.KindTree: tree,
		release.KindLoader: bytes.Repeat([]byte("loader"), 3000)}
	var file bytes.Buffer
	h, err := release.Write(&file, release.Header{Version: version, Profile: "edge", Arch: "amd64", Counter: 4,
		RootHash: root.Hash, Salt: root.Salt, DataBlocks: root.DataBlocks}, parts, key)
	if err != nil {
		t.Fatal(err)
	}
	head := file.Len()
	for _, p := range h.Parts {
		head -= int(p.Bytes)
	}
	return disk.Release{Header: h, Parts: parts, Head: file.Bytes()[:head], Tries: disk.TriesMax}
}

// newDisk is a raw disk with releases, and its key.
func newDisk(t *testing.T, versions ...string) (*os.File, ed25519.PublicKey) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var slots []disk.Release
	for _, v := range versions {
		slots = append(slots, newSlot(t, v, key))
	}
	layout, err := disk.Lay(slots, 512, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw := filepath.Join(t.TempDir(), "raw")
	if _, err := disk.Write(raw, layout); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(raw, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file, public
}

// examine scrubs a raw disk.
func examine(t *testing.T, file *os.File, key ed25519.PublicKey) Report {
	t.Helper()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r, _ := Scrub(t.Context(), Disk{Whole: file, WholeBytes: info.Size(), SectorBytes: 512,
		ESP:   io.NewSectionReader(file, espAt, 64*mib),
		Slots: [2]io.ReaderAt{io.NewSectionReader(file, rootA, 4*mib), io.NewSectionReader(file, rootB, 4*mib)}}, key, 0)
	return r
}

// flip inverts one bit.
func flip(t *testing.T, file *os.File, at int64) {
	t.Helper()
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := file.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// content finds where a text stands on the boot partition.
func content(t *testing.T, file *os.File, text string) int64 {
	t.Helper()
	b := make([]byte, 4*mib)
	if _, err := file.ReadAt(b, espAt); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte(text))
	if at < 0 {
		t.Fatalf("%q is not on the boot partition", text)
	}
	return espAt + int64(at)
}

func TestScrubOfAGoodDisk(t *testing.T) {
	file, key := newDisk(t, "2.0", "1.0")
	r := examine(t, file, key)
	if len(r.Findings) != 0 || len(r.Slots) != 2 || r.Slots[0].Version != "2.0" || r.Slots[1].Version != "1.0" || r.Slots[1].Counter != 4 ||
		r.Slots[0].Bytes < blocks*4096 {
		t.Errorf("%+v", r)
	}
	file, key = newDisk(t, "2.0")
	if r := examine(t, file, key); len(r.Findings) != 0 || r.Slots[1].Version != "" {
		t.Errorf("a disk with an empty slot: %+v", r)
	}
}

// TestScrubFindsEachBit flips one bit in each kind of place that a node depends on.
func TestScrubFindsEachBit(t *testing.T) {
	const tree = blocks * 4096
	for name, c := range map[string]struct {
		at    func(t *testing.T, f *os.File) int64
		where string
		block int64
	}{
		"protective MBR":          {is(450), "protective MBR", -1},
		"primary GPT":             {is(512 + 40), "first partition table", -1},
		"primary GPT's magic":     {is(512), "first partition table", -1},
		"primary GPT's rows":      {is(1024 + 60), "first partition table", -1},
		"backup GPT":              {fromEnd(512 - 40), "second partition table", -1},
		"backup GPT's rows":       {fromEnd(512 + 32*512 - 60), "second partition table", -1},
		"boot sector":             {is(espAt + 36), "boot partition", -1},
		"boot sector's copy":      {is(espAt + 6*512 + 36), "boot partition", -1},
		"FAT":                     {is(espAt + 32*512 + 4*40), "boot partition", -1},
		"FAT's copy":              {is(espAt + 32*512 + 64*mib/512*4 - 4096), "boot partition", -1},
		"kernel of A":             {at("kernel 2.0", 20_000), "slot a: kernel", -1},
		"kernel of B":             {at("kernel 1.0", 20_000), "slot b: kernel", -1},
		"loader":                  {at("loaderloader", 9000), "boot partition: loader", -1},
		"settings":                {at("timeout 0", 8), "boot partition: settings", -1},
		"header of A":             {at("MoteRel1", 30), "slot a: header", -1},
		"name of A's entry":       {at("m\x00o\x00t\x00e\x00-\x00", 13), "slot a: kernel", -1},
		"first block of A":        {is(rootA), "slot a: root", 0},
		"a block of A":            {is(rootA + 77*4096 + 9), "slot a: root", 77},
		"last block of B":         {is(rootB + (blocks-1)*4096 + 4095), "slot b: root", blocks - 1},
		"top of A's tree":         {is(rootA + tree + 5), "slot a: tree", blocks},
		"bottom of B's tree":      {is(rootB + tree + 4096 + 64), "slot b: tree", blocks + 1},
		"padding of B's tree":     {is(rootB + tree + 3*4096 - 1), "slot b: tree", blocks + 2},
		"first cluster of A file": {firstCluster("MOTEA2~1EFI"), "slot a: kernel", -1},
	} {
		t.Run(name, func(t *testing.T) {
			file, key := newDisk(t, "2.0", "1.0")
			flip(t, file, c.at(t, file))
			r := examine(t, file, key)
			for _, f := range r.Findings {
				if f.Where == c.where && f.Block == c.block && f.What != "" {
					return
				}
			}
			t.Errorf("not found: %+v", r.Findings)
		})
	}
}

func is(at int64) func(*testing.T, *os.File) int64 {
	return func(*testing.T, *os.File) int64 { return at }
}

func at(text string, more int64) func(*testing.T, *os.File) int64 {
	return func(t *testing.T, f *os.File) int64 { return content(t, f, text) + more }
}

func fromEnd(n int64) func(*testing.T, *os.File) int64 {
	return func(t *testing.T, f *os.File) int64 {
		info, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		return info.Size() - n
	}
}

// firstCluster is where a short entry has the number of its first cluster.
func firstCluster(short string) func(*testing.T, *os.File) int64 {
	return func(t *testing.T, f *os.File) int64 { return content(t, f, short) + 26 }
}

// TestScrubRefusesForgeries: what was signed by another key, or belongs to the other
// slot, is none of this slot's.
func TestScrubRefusesForgeries(t *testing.T) {
	file, _ := newDisk(t, "2.0", "1.0")
	other, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := examine(t, file, other)
	for _, slot := range r.Slots {
		if slot.Version != "" {
			t.Errorf("believed: %+v", slot)
		}
	}
	if len(r.Findings) < 2 || !strings.Contains(r.Findings[0].What, release.ErrKey.Error()) {
		t.Errorf("%+v", r.Findings)
	}
}

// broken is a slot in which one block can't be read.
type broken struct {
	io.ReaderAt
	block int64
}

func (b broken) ReadAt(p []byte, at int64) (int, error) {
	if at/4096 <= b.block && (at+int64(len(p))-1)/4096 >= b.block {
		return 0, errors.New("input/output error")
	}
	return b.ReaderAt.ReadAt(p, at)
}

func TestScrubNamesABlockThatCantBeRead(t *testing.T) {
	file, key := newDisk(t, "2.0", "1.0")
	r, err := Scrub(t.Context(), Disk{ESP: io.NewSectionReader(file, espAt, 64*mib), Slots: [2]io.ReaderAt{
		io.NewSectionReader(file, rootA, 4*mib), broken{io.NewSectionReader(file, rootB, 4*mib), 130}}}, key, 0)
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Where != "slot b: root" || r.Findings[0].Block != 130 {
		t.Errorf("%v, %+v", err, r.Findings)
	}
}

// TestScrubKeepsItsRate: a scrub that may read little does not get far before its
// time is over, and says what it had.
func TestScrubKeepsItsRate(t *testing.T) {
	file, key := newDisk(t, "2.0", "1.0")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	r, err := Scrub(ctx, Disk{ESP: io.NewSectionReader(file, espAt, 64*mib), Slots: [2]io.ReaderAt{
		io.NewSectionReader(file, rootA, 4*mib), io.NewSectionReader(file, rootB, 4*mib)}}, key, 1000)
	if !errors.Is(err, context.DeadlineExceeded) || r.Bytes > 200_000 {
		t.Errorf("%v after %d bytes", err, r.Bytes)
	}
}

// TestReleaseKey reads the kernel's words.
func TestReleaseKey(t *testing.T) {
	if key, err := ReleaseKey("quiet " + fs.KeyWordName + "00ff gpt"); err != nil || !bytes.Equal(key, []byte{0, 0xff}) {
		t.Errorf("%x, %v", key, err)
	}
	for _, words := range []string{"", "quiet", fs.KeyWordName + "xyz"} {
		if _, err := ReleaseKey(words); err == nil {
			t.Errorf("%q has a key", words)
		}
	}
}
