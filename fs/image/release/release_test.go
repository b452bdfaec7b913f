package release

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"mote/fs/image/verity"
)

// keyOf is a key that is the same in every run.
func keyOf(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func pub(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// sample is a header with its parts, all small.
func sample(t testing.TB, fill byte) (Header, Contents) {
	t.Helper()
	root := bytes.Repeat([]byte{fill}, 3*verity.BlockBytes)
	tree, r, err := verity.Tree(root, [32]byte{fill})
	if err != nil {
		t.Fatal(err)
	}
	h := Header{Version: "1.2.3-rc1", Profile: "edge", Arch: "amd64", Counter: 7, BuiltSec: 1767225600,
		RootHash: r.Hash, Salt: r.Salt, DataBlocks: r.DataBlocks,
		Sources: []Source{{Name: "systemd-stub", Version: "252"}}}
	return h, Contents{KindUKI: {fill, 2, 3}, KindRoot: root, KindTree: tree, KindLoader: {4, fill}}
}

func write(t testing.TB, h Header, parts Contents, key ed25519.PrivateKey) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Write(&b, h, parts, key); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	h, parts := sample(t, 1)
	file := write(t, h, parts, keyOf(1))
	// A reader that gives one byte at a time is a slow network.
	got, found, err := Read(iotest.OneByteReader(bytes.NewReader(file)), pub(keyOf(1)), Wants{Profile: "edge", Arch: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	if got.FileName() != "mote-1.2.3-rc1-edge-amd64.mote" || got.Counter != 7 || got.Root().Hash != h.RootHash {
		t.Errorf("%+v", got)
	}
	for k, want := range parts {
		if !bytes.Equal(found[k], want) {
			t.Errorf("part %s differs", k)
		}
	}
	if again := write(t, h, parts, keyOf(1)); !bytes.Equal(file, again) {
		t.Error("the same release has other bytes the second time")
	}
	peeked, err := Peek(bytes.NewReader(file))
	if err != nil || peeked.Version != "1.2.3-rc1" {
		t.Errorf("%+v, %v", peeked, err)
	}
}

// TestForgeries are files that an attacker can make, each refused by its name.
func TestForgeries(t *testing.T) {
	h, parts := sample(t, 1)
	other, otherParts := sample(t, 2)
	good, stranger := write(t, h, parts, keyOf(1)), write(t, h, parts, keyOf(2))
	second := write(t, other, otherParts, keyOf(1))
	partsAt := headerEnd(good) + ed25519.SignatureSize // in both: they differ by digests only
	counter := func(n uint64) *uint64 { return &n }
	for _, c := range []struct {
		name  string
		file  []byte
		wants Wants
		want  error
	}{
		{"correctly signed by another key", stranger, Wants{}, ErrKey},
		{"the pinned key's signature on another header", swapped(good, stranger), Wants{}, ErrKey},
		{"parts of another release of the same key", append(bytes.Clone(good[:partsAt]), second[partsAt:]...), Wants{}, ErrPart},
		{"empty", nil, Wants{}, ErrTruncated},
		{"not a release", bytes.Repeat([]byte("not mine"), 9), Wants{}, ErrForm},
		{"a header without an end", append([]byte(magic), 0xff, 0xff, 0xff, 0xff), Wants{}, ErrForm},
		{"one byte less", good[:len(good)-1], Wants{}, ErrTruncated},
		{"one byte more", append(bytes.Clone(good), 0), Wants{}, ErrOversized},
		{"another profile", good, Wants{Profile: "control"}, ErrProfile},
		{"another architecture", good, Wants{Arch: "arm64"}, ErrArch},
		{"older than accepted", good, Wants{Counter: counter(8)}, ErrOlder},
		{"too far ahead", write(t, withCounter(h, 7+CounterJumpMax+1), parts, keyOf(1)), Wants{Counter: counter(7)}, ErrJump},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Read(bytes.NewReader(c.file), pub(keyOf(1)), c.wants)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	for _, n := range []uint64{0, 7} {
		if _, _, err := Read(bytes.NewReader(good), pub(keyOf(1)), Wants{Counter: counter(n)}); err != nil {
			t.Errorf("accepted was %d: %v", n, err)
		}
	}
	if _, _, err := Read(bytes.NewReader(good), nil, Wants{}); !errors.Is(err, ErrKey) {
		t.Errorf("without a key: %v", err)
	}
}

func withCounter(h Header, n uint64) Header {
	h.Counter = n
	return h
}

// swapped is the file with the signature of another.
func swapped(file, signature []byte) []byte {
	h := headerEnd(signature)
	out := bytes.Clone(file)
	copy(out[headerEnd(file):], signature[h:h+ed25519.SignatureSize])
	return out
}

// headerEnd is where the signature begins.
func headerEnd(file []byte) int {
	encoded, _, _ := readHeader(bytes.NewReader(file))
	return len(magic) + lengthBytes + len(encoded)
}

// TestEveryFlippedBitIsRefused takes a bit in each byte of the header and its
// signature, and in some of each block behind them.
func TestEveryFlippedBitIsRefused(t *testing.T) {
	h, parts := sample(t, 1)
	file := write(t, h, parts, keyOf(1))
	header := headerEnd(file) + ed25519.SignatureSize
	for i, step := 0, 1; i < len(file); i += step {
		if i >= header {
			step = 61
		}
		file[i] ^= 1 << (i % 8)
		if _, _, err := Read(bytes.NewReader(file), pub(keyOf(1)), Wants{}); err == nil {
			t.Fatalf("a flipped bit in byte %d was taken", i)
		}
		file[i] ^= 1 << (i % 8)
	}
}

// TestShorterIsRefused cuts a file at each byte of its beginning, and then
// more rarely.
func TestShorterIsRefused(t *testing.T) {
	h, parts := sample(t, 1)
	file := write(t, h, parts, keyOf(1))
	for i := 0; i < len(file); i += 1 + i/1024 {
		if _, _, err := Read(bytes.NewReader(file[:i]), pub(keyOf(1)), Wants{}); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at byte %d: %v", i, err)
		}
	}
}

// endless is a stream that never stops; it counts what was taken of it.
type endless struct{ taken int }

func (e *endless) Read(b []byte) (int, error) {
	e.taken += len(b)
	return len(b), nil
}

func TestAnEndlessStreamIsLeftAfterOneByte(t *testing.T) {
	h, parts := sample(t, 1)
	tail := &endless{}
	_, _, err := Read(io.MultiReader(bytes.NewReader(write(t, h, parts, keyOf(1))), tail), pub(keyOf(1)), Wants{})
	if !errors.Is(err, ErrOversized) || tail.taken != 1 {
		t.Errorf("%v, after %d bytes", err, tail.taken)
	}
}

func TestHeadersThatAreNotWritten(t *testing.T) {
	for name, change := range map[string]func(*Header, Contents){
		"a path as version":   func(h *Header, _ Contents) { h.Version = "../x" },
		"no profile":          func(h *Header, _ Contents) { h.Profile = "" },
		"a long architecture": func(h *Header, _ Contents) { h.Arch = strings.Repeat("a", 64) },
		"a huge counter":      func(h *Header, _ Contents) { h.Counter = counterMax + 1 },
		"before 1970":         func(h *Header, _ Contents) { h.BuiltSec = -1 },
		"blocks of another":   func(h *Header, _ Contents) { h.DataBlocks++ },
		"no loader":           func(_ *Header, p Contents) { delete(p, KindLoader) },
		"an empty kernel":     func(_ *Header, p Contents) { p[KindUKI] = nil },
		"a short tree":        func(_ *Header, p Contents) { p[KindTree] = p[KindTree][1:] },
	} {
		h, parts := sample(t, 1)
		change(&h, parts)
		if _, err := Write(io.Discard, h, parts, keyOf(1)); err == nil {
			t.Errorf("%s: was written", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	h, parts := sample(f, 1)
	file := write(f, h, parts, keyOf(1))
	encoded, _, _ := readHeader(bytes.NewReader(file))
	f.Add(encoded)
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decode(b)
		if err != nil {
			return
		}
		again, err := h.encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%x was read, and written as %x (%v)", b, again, err)
		}
	})
}
