package release

import (
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The file's beginning: eight letters, the header's length, the header, its
// signature; then the parts.
const (
	magic       = "MoteRel1"
	lengthBytes = 4
)

// signed is what stands before the header when it is signed, so that no
// signature that the key makes elsewhere is one of a release.
const signed = "mote release header 1\x00"

// The refusals. An error wraps one of them and says what was found.
var (
	ErrForm      = errors.New("not a release file")
	ErrKey       = errors.New("not signed by the pinned key")
	ErrTruncated = errors.New("truncated")
	ErrOversized = errors.New("more bytes than signed")
	ErrPart      = errors.New("part differs from the signed header")
	ErrProfile   = errors.New("release of another profile")
	ErrArch      = errors.New("release for another architecture")
	ErrOlder     = errors.New("security counter below the accepted one")
	ErrJump      = errors.New("security counter too far ahead")
)

// Contents are a file's parts.
type Contents map[Kind][]byte

// Write signs a header for the parts and writes the whole file. Sizes and sums
// of the parts are filled in; everything else of the header is the caller's. It
// returns the header as it was signed.
func Write(w io.Writer, h Header, parts Contents, key crypto.Signer) (Header, error) {
	h.Format, h.Parts = format, nil
	for k := KindUKI; k <= KindLoader; k++ {
		if b, ok := parts[k]; ok {
			h.Parts = append(h.Parts, Part{Kind: k, Bytes: int64(len(b)), Sum: sha256.Sum256(b)})
		}
	}
	encoded, err := h.encode()
	if err != nil {
		return Header{}, err
	}
	if len(encoded) > headerBytesMax {
		return Header{}, fmt.Errorf("release: header of %d bytes; at most %d", len(encoded), headerBytesMax)
	}
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return Header{}, fmt.Errorf("release: the key is %T; releases are signed with Ed25519", key.Public())
	}
	signature, err := key.Sign(nil, append([]byte(signed), encoded...), crypto.Hash(0))
	if err != nil {
		return Header{}, fmt.Errorf("release: sign: %w", err)
	}
	begin := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(encoded)))
	pieces := [][]byte{begin, encoded, signature}
	for _, p := range h.Parts {
		pieces = append(pieces, parts[p.Kind])
	}
	for _, b := range pieces {
		if _, err := w.Write(b); err != nil {
			return Header{}, fmt.Errorf("release: write: %w", err)
		}
	}
	return h, nil
}

// Wants is what a file must be, beside signed. Zero values want nothing.
type Wants struct {
	Profile, Arch string
	// Counter is the security counter that was accepted last: what is older is
	// refused, and what is more than CounterJumpMax ahead too. A nil one is of
	// somebody who only looks.
	Counter *uint64
}

// Open verifies the header with key and returns it; r stands at the first part
// then. Errors wrap ErrForm, ErrKey, ErrTruncated, or what Wants refuses.
func Open(r io.Reader, key ed25519.PublicKey, wants Wants) (Header, error) {
	if len(key) != ed25519.PublicKeySize {
		return Header{}, fmt.Errorf("release: %w: the key has %d bytes, an Ed25519 key has %d", ErrKey, len(key), ed25519.PublicKeySize)
	}
	encoded, signature, err := readHeader(r)
	if err != nil {
		return Header{}, err
	}
	if !ed25519.Verify(key, append([]byte(signed), encoded...), signature) {
		return Header{}, fmt.Errorf("release: %w; get the file again, or the key of whoever made it", ErrKey)
	}
	h, err := decode(encoded)
	if err != nil {
		return Header{}, err
	}
	return h, wants.check(h)
}

// readHeader takes the header and its signature off r, unverified.
func readHeader(r io.Reader) (encoded, signature []byte, err error) {
	begin := make([]byte, len(magic)+lengthBytes)
	if _, err := io.ReadFull(r, begin); err != nil {
		return nil, nil, cut("its beginning", err)
	}
	size := binary.BigEndian.Uint32(begin[len(magic):])
	if string(begin[:len(magic)]) != magic {
		return nil, nil, fmt.Errorf("release: %w: it begins with %q", ErrForm, begin[:len(magic)])
	}
	if size > headerBytesMax {
		return nil, nil, fmt.Errorf("release: %w: a header of %d bytes; at most %d", ErrForm, size, headerBytesMax)
	}
	both := make([]byte, int(size)+ed25519.SignatureSize)
	if _, err := io.ReadFull(r, both); err != nil {
		return nil, nil, cut("the header", err)
	}
	return both[:size], both[size:], nil
}

// check refuses what is well signed but not for this machine.
func (w Wants) check(h Header) error {
	switch {
	case w.Profile != "" && h.Profile != w.Profile:
		return fmt.Errorf("release: %w: %s, wanted %s", ErrProfile, h.Profile, w.Profile)
	case w.Arch != "" && h.Arch != w.Arch:
		return fmt.Errorf("release: %w: %s, wanted %s", ErrArch, h.Arch, w.Arch)
	case w.Counter != nil && h.Counter < *w.Counter:
		return fmt.Errorf("release: %w: %d, accepted was %d", ErrOlder, h.Counter, *w.Counter)
	case w.Counter != nil && h.Counter-*w.Counter > CounterJumpMax:
		return fmt.Errorf("release: %w: %d, accepted was %d, at most %d more are taken", ErrJump, h.Counter, *w.Counter, CounterJumpMax)
	}
	return nil
}

// Parts reads the parts behind an opened header and gives each, once it is
// whole and as signed, to take, in the file's order. The bytes are take's to
// keep. What follows the last part is an error.
func Parts(r io.Reader, h Header, take func(Part, []byte) error) error {
	for _, p := range h.Parts {
		b := make([]byte, p.Bytes) // bounded by the checked header
		if _, err := io.ReadFull(r, b); err != nil {
			return cut("part "+p.Kind.String(), err)
		}
		if sha256.Sum256(b) != p.Sum {
			return fmt.Errorf("release: %w: %s", ErrPart, p.Kind)
		}
		if err := take(p, b); err != nil {
			return err
		}
	}
	// One byte is enough to know: a stream without an end is not read to it.
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return fmt.Errorf("release: %w", ErrOversized)
	} else if err != io.EOF {
		return fmt.Errorf("release: read: %w", err)
	}
	return nil
}

// Read verifies a whole file and returns all of it.
func Read(r io.Reader, key ed25519.PublicKey, wants Wants) (Header, Contents, error) {
	h, err := Open(r, key, wants)
	if err != nil {
		return Header{}, nil, err
	}
	parts := Contents{}
	err = Parts(r, h, func(p Part, b []byte) error {
		parts[p.Kind] = b
		return nil
	})
	if err != nil {
		return Header{}, nil, err
	}
	return h, parts, nil
}

// Peek returns the header of a file without verifying anything, to show it to
// somebody who has no key. Nothing may be done by what it says.
func Peek(r io.Reader) (Header, error) {
	encoded, _, err := readHeader(r)
	if err != nil {
		return Header{}, err
	}
	return decode(encoded)
}

// cut names an end that came too early.
func cut(where string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("release: %w within %s", ErrTruncated, where)
	}
	return fmt.Errorf("release: read %s: %w", where, err)
}
