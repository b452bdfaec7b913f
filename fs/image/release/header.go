// Package release is the form of a release file, mote-VERSION-PROFILE-ARCH.mote:
// a signed header and the parts that it names, one after the other. SPEC.md
// beside this file is its contract.
//
// Always true here: nothing of a file is believed before the signature over its
// header was verified with a key that the caller already had; a key inside the
// file would prove nothing. The header has one encoding only (RFC 8949, section
// 4.2.1), and any other is refused. A part is read exactly as long as it was
// signed, and one byte more is an error.
package release

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"mote/fs/image/verity"
)

// format is the number of this form of header.
const format = 1

// Kind tells what a part is.
type Kind uint8

// The kinds of parts, in the order in which they stand in a file.
const (
	// KindUKI is the signed kernel: stub, kernel and command line.
	KindUKI Kind = 1
	// KindRoot is the SquashFS, padded to whole blocks.
	KindRoot Kind = 2
	// KindTree is the hash tree over it.
	KindTree Kind = 3
	// KindLoader is the signed boot loader that the UKI was tried with.
	KindLoader Kind = 4
)

// kindNames are the words for them.
func (k Kind) String() string {
	switch k {
	case KindUKI:
		return "uki"
	case KindRoot:
		return "root"
	case KindTree:
		return "tree"
	case KindLoader:
		return "loader"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Part is what the header says of one part.
type Part struct {
	_     struct{} `cbor:",toarray"`
	Kind  Kind
	Bytes int64
	Sum   [sha256.Size]byte
}

// Source is something that others made and that went into a part.
type Source struct {
	_ struct{} `cbor:",toarray"`
	// Name and Version are the distribution's, "systemd-stub" and "252.39-1~deb12u2".
	Name, Version string
	// Sum is the SHA-256 of the file as it was taken, before it was signed.
	Sum [sha256.Size]byte
}

// Header is what is signed.
type Header struct {
	// Format is 1.
	Format uint8 `cbor:"1,keyasint"`
	// Version, Profile and Arch (a GOARCH) are those of the file's name.
	Version string `cbor:"2,keyasint"`
	Profile string `cbor:"3,keyasint"`
	Arch    string `cbor:"4,keyasint"`
	// Counter is the security counter: it is raised by a release that closes a
	// hole, and a node refuses what is below the highest it has accepted.
	Counter uint64 `cbor:"5,keyasint"`
	// BuiltSec is when it was signed, in seconds since 1970; a node's clock is
	// never before it.
	BuiltSec int64 `cbor:"6,keyasint"`
	// RootHash, Salt and DataBlocks are the root's, see verity.Root.
	RootHash   [sha256.Size]byte `cbor:"7,keyasint"`
	Salt       [sha256.Size]byte `cbor:"8,keyasint"`
	DataBlocks int64             `cbor:"9,keyasint"`
	// Parts stand in the file in this order.
	Parts []Part `cbor:"10,keyasint"`
	// Sources are the pinned parts that are not Mote's.
	Sources []Source `cbor:"11,keyasint"`
}

// Root is the header's verity root.
func (h Header) Root() verity.Root {
	return verity.Root{Hash: h.RootHash, Salt: h.Salt, DataBlocks: h.DataBlocks}
}

// Part returns the part of a kind.
func (h Header) Part(k Kind) (Part, bool) {
	at := slices.IndexFunc(h.Parts, func(p Part) bool { return p.Kind == k })
	if at < 0 {
		return Part{}, false
	}
	return h.Parts[at], true
}

// FileName is how the file is called.
func (h Header) FileName() string {
	return fmt.Sprintf("mote-%s-%s-%s.mote", h.Version, h.Profile, h.Arch)
}

// coder are the two modes of the encoding.
func coder() (cbor.EncMode, cbor.DecMode, error) {
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, nil, err
	}
	dec, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxArrayElements: 64, MaxMapPairs: 16, MaxNestedLevels: 4,
		// A header of a later format is refused by its number, which needs no key
		// that isn't known here.
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField, UTF8: cbor.UTF8RejectInvalid,
	}.DecMode()
	return enc, dec, err
}

// encode returns the header's one encoding, after checking what it says.
func (h Header) encode() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	enc, _, err := coder()
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	b, err := enc.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("release: encode the header: %w", err)
	}
	return b, nil
}

// decode reads an encoded header. It is pure and bounded; the bytes are those
// whose signature was good, or a fuzzer's.
func decode(b []byte) (Header, error) {
	enc, dec, err := coder()
	if err != nil {
		return Header{}, fmt.Errorf("release: %w", err)
	}
	var h Header
	if err := dec.Unmarshal(b, &h); err != nil {
		return Header{}, fmt.Errorf("release: header: %w", err)
	}
	if err := h.check(); err != nil {
		return Header{}, err
	}
	again, err := enc.Marshal(h)
	if err != nil {
		return Header{}, fmt.Errorf("release: header: %w", err)
	}
	if !bytes.Equal(again, b) {
		return Header{}, errors.New("release: header: not in its one deterministic encoding")
	}
	return h, nil
}

// check returns what is wrong with what a header says.
func (h Header) check() error {
	if h.Format != format {
		return fmt.Errorf("release: header format %d; this program knows %d", h.Format, format)
	}
	for _, w := range []struct{ what, word string }{
		{"version", h.Version}, {"profile", h.Profile}, {"architecture", h.Arch}} {
		if !plain(w.word) {
			return fmt.Errorf("release: %s %q: 1 to %d of a-z A-Z 0-9 . + ~ _, or - within", w.what, w.word, wordBytesMax)
		}
	}
	if h.Counter > counterMax {
		return fmt.Errorf("release: security counter %d; at most %d", h.Counter, uint64(counterMax))
	}
	if h.BuiltSec < 0 {
		return fmt.Errorf("release: built at %d, before 1970", h.BuiltSec)
	}
	if len(h.Sources) > partsMax {
		return fmt.Errorf("release: %d sources; at most %d", len(h.Sources), partsMax)
	}
	return h.checkParts()
}

// checkParts holds the parts to each other: all that are needed, each once, in
// order, root and tree as long as the root says.
func (h Header) checkParts() error {
	if len(h.Parts) > partsMax {
		return fmt.Errorf("release: %d parts; at most %d", len(h.Parts), partsMax)
	}
	last := Kind(0)
	for _, p := range h.Parts {
		if p.Kind <= last || p.Kind > KindLoader {
			return fmt.Errorf("release: part %s is unknown, twice there or out of order", p.Kind)
		}
		if p.Bytes < 1 || p.Bytes > partBytesMax {
			return fmt.Errorf("release: part %s has %d bytes; 1 to %d are possible", p.Kind, p.Bytes, int64(partBytesMax))
		}
		last = p.Kind
	}
	for _, k := range []Kind{KindUKI, KindRoot, KindTree, KindLoader} {
		if _, ok := h.Part(k); !ok {
			return fmt.Errorf("release: part %s is missing", k)
		}
	}
	root, _ := h.Part(KindRoot)
	tree, _ := h.Part(KindTree)
	if h.DataBlocks != root.Bytes/verity.BlockBytes || root.Bytes%verity.BlockBytes != 0 {
		return fmt.Errorf("release: root of %d bytes is not %d blocks", root.Bytes, h.DataBlocks)
	}
	if want := verity.TreeBytes(h.DataBlocks); tree.Bytes != want {
		return fmt.Errorf("release: tree of %d bytes; over %d blocks it has %d", tree.Bytes, h.DataBlocks, want)
	}
	return nil
}

// plain says whether a word may be in a file's name, on FAT too.
func plain(word string) bool {
	for i, c := range []byte(word) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || !bytes.ContainsRune([]byte(".+~_-"), rune(c))) {
			return false
		}
	}
	return word != "" && len(word) <= wordBytesMax
}
