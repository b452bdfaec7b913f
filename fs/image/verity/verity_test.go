package verity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"mote/size/installed"
)

// blocks returns data that is the same in every run.
func blocks(count int) []byte {
	data := make([]byte, count*BlockBytes)
	rand.NewChaCha8([32]byte{7}).Read(data)
	return data
}

var salt = sha256.Sum256([]byte("a salt"))

// sizes are around each place where a level begins.
var sizes = []int{1, 2, 127, 128, 129, 1000, 128 * 128, 128*128 + 1}

// TestTreeAgreesWithVeritysetup asks the distribution's own tool, which shares
// no line with this.
func TestTreeAgreesWithVeritysetup(t *testing.T) {
	tool := installed.Program(t, "veritysetup")
	for _, count := range sizes {
		t.Run(strconv.Itoa(count), func(t *testing.T) {
			data := blocks(count)
			tree, root, err := Tree(data, salt)
			if err != nil {
				t.Fatal(err)
			}
			slot := filepath.Join(t.TempDir(), "slot")
			verify := func(b []byte) ([]byte, error) {
				if err := os.WriteFile(slot, b, 0o600); err != nil {
					t.Fatal(err)
				}
				return exec.CommandContext(t.Context(), tool, "verify", "--no-superblock", "--format=1", "--hash=sha256",
					"--data-block-size=4096", "--hash-block-size=4096", "--data-blocks="+strconv.Itoa(count),
					"--hash-offset="+strconv.Itoa(len(data)), "--salt="+hex.EncodeToString(salt[:]),
					slot, slot, hex.EncodeToString(root.Hash[:])).CombinedOutput()
			}
			whole := append(bytes.Clone(data), tree...)
			if said, err := verify(whole); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			whole[len(data)-1] ^= 1
			if said, err := verify(whole); err == nil {
				t.Fatalf("veritysetup took a flipped bit: %s", said)
			}
		})
	}
}

func TestTreeBytesIsTheLengthOfTheTree(t *testing.T) {
	for _, count := range sizes {
		tree, root, err := Tree(blocks(count), salt)
		if err != nil {
			t.Fatal(err)
		}
		if got := TreeBytes(root.DataBlocks); got != int64(len(tree)) {
			t.Errorf("%d blocks: TreeBytes %d, the tree has %d", count, got, len(tree))
		}
	}
}

// TestTreeDoesNotDependOnProcessors builds with one and with many.
func TestTreeDoesNotDependOnProcessors(t *testing.T) {
	data := blocks(1001)
	many, manyRoot, _ := Tree(data, salt)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one, oneRoot, _ := Tree(data, salt)
	if !bytes.Equal(one, many) || oneRoot != manyRoot {
		t.Error("one processor makes another tree than many")
	}
}

// TestCheckNamesEachFlippedBlock flips one bit in every block of a slot with
// three levels, one after the other.
func TestCheckNamesEachFlippedBlock(t *testing.T) {
	data := blocks(130)
	tree, root, err := Tree(data, salt)
	if err != nil {
		t.Fatal(err)
	}
	slot := append(data, tree...)
	if at, err := Check(slot, root); at != -1 || err != nil {
		t.Fatalf("a good slot: block %d, %v", at, err)
	}
	for i := range len(slot) / BlockBytes {
		slot[i*BlockBytes+i] ^= 4
		if at, err := Check(slot, root); at != int64(i) || err != nil {
			t.Errorf("flipped in block %d: found in %d, %v", i, at, err)
		}
		slot[i*BlockBytes+i] ^= 4
	}
	root.Salt[0] ^= 1
	if at, _ := Check(slot, root); at == -1 {
		t.Error("a slot is good by another salt")
	}
}

func TestCheckRefusesAnotherLength(t *testing.T) {
	data := blocks(3)
	tree, root, _ := Tree(data, salt)
	slot := append(data, tree...)
	for _, b := range [][]byte{slot[:len(slot)-1], append(bytes.Clone(slot), 0), nil} {
		if _, err := Check(b, root); err == nil {
			t.Errorf("%d bytes were taken for %d", len(b), len(slot))
		}
	}
	root.DataBlocks = 0
	if _, err := Check(nil, root); err == nil {
		t.Error("a root of no blocks was taken")
	}
}

func TestTreeRefusesWhatIsNotBlocks(t *testing.T) {
	for _, size := range []int{0, 1, BlockBytes - 1, BlockBytes + 1} {
		if _, _, err := Tree(make([]byte, size), salt); err == nil {
			t.Errorf("%d bytes were taken", size)
		}
	}
	if got := len(Pad(make([]byte, BlockBytes+1))); got != 2*BlockBytes {
		t.Errorf("Pad gave %d bytes", got)
	}
}

func TestWordsAndUUID(t *testing.T) {
	r := Root{DataBlocks: 3}
	for i := range r.Hash {
		r.Hash[i], r.Salt[i] = byte(i), 0xff
	}
	if got, want := r.UUID(), "00010203-0405-0607-0809-0a0b0c0d0e0f"; got != want {
		t.Errorf("UUID %s, want %s", got, want)
	}
	want := fmt.Sprintf(`dm-mod.create="root,,,ro,0 24 verity 1 /dev/vda /dev/vda 4096 4096 3 3 sha256 %x %x"`, r.Hash, r.Salt)
	if got := r.Words("/dev/vda")[0]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func BenchmarkTree(b *testing.B) {
	data := blocks(2048)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, _, err := Tree(data, salt); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCheckStreamAgreesWithCheck flips a byte in each block, and reads in pieces.
func TestCheckStreamAgreesWithCheck(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 150*BlockBytes/16)
	tree, root, err := Tree(data, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	slot := append(bytes.Clone(data), tree...)
	read := 0
	pace := func(n int) error { read += n; return nil }
	if err := CheckStream(bytes.NewReader(slot), root, pace); err != nil || read != len(slot) {
		t.Fatalf("%v after %d bytes of %d", err, read, len(slot))
	}
	for block := range len(slot) / BlockBytes {
		slot[block*BlockBytes+block] ^= 1
		want, _ := Check(slot, root)
		var bad BadBlock
		if err := CheckStream(bytes.NewReader(slot), root, pace); !errors.As(err, &bad) || bad.Number != want || bad.Tree != (block >= 150) {
			t.Errorf("block %d: %v, want %d", block, err, want)
		}
		slot[block*BlockBytes+block] ^= 1
	}
}
