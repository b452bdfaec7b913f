package tpm

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
)

// Attributes of an object (part 2, 8.3).
const (
	fixedTPM            = 1 << 1
	fixedParent         = 1 << 4
	sensitiveDataOrigin = 1 << 5
	userWithAuth        = 1 << 6
	noDA                = 1 << 10 // wrong guesses at it lock nothing
	restricted          = 1 << 16
	decrypts            = 1 << 17
	signs               = 1 << 18
)

const (
	algKeyedHash = 0x0008
	algECDSA     = 0x0018
	algECC       = 0x0023
	curveP256    = 0x0003
	pointBytes   = 32
)

// Template is the public area of a primary key, up to its point. A TPM makes the
// same key of the same template, until its hierarchy is cleared.
type Template struct {
	what      string
	hierarchy uint32
	public    []byte
}

// StorageKey is the key below which secrets are sealed and to which sessions are
// salted: P-256 in the owner's hierarchy, as TCG's provisioning guidance has it (7.5.1,
// "SRK") and systemd makes it.
func StorageKey() Template {
	return Template{"make the storage key", Owner, eccArea(
		fixedTPM|fixedParent|sensitiveDataOrigin|userWithAuth|noDA|restricted|decrypts,
		algAES, 8*aesKeyBytes, modeCFB, algNull)}
}

// QuoteKey is a key that signs only what the TPM itself has made: P-256, ECDSA with
// SHA-256, in the endorsement hierarchy.
func QuoteKey() Template {
	return Template{"make the quote key", Endorsement, eccArea(
		fixedTPM|fixedParent|sensitiveDataOrigin|userWithAuth|noDA|restricted|signs,
		algNull, algECDSA, algSHA256)}
}

// eccArea is TPMT_PUBLIC up to unique: the words are the symmetric algorithm and the
// scheme with what they need.
func eccArea(attributes uint32, algorithms ...uint16) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, algECC), algSHA256)
	b = be.AppendUint32(b, attributes)
	b = appendSized(b, nil) // no policy
	for _, a := range algorithms {
		b = be.AppendUint16(b, a)
	}
	return be.AppendUint16(be.AppendUint16(b, curveP256), algNull)
}

// Primary is a primary key that is loaded.
type Primary struct {
	Handle uint32
	// Name identifies it: what was sealed below it opens below no other.
	Name []byte
	// Public is its TPMT_PUBLIC.
	Public []byte
	point  *ecdh.PublicKey
}

// CreatePrimary is TPM2_CreatePrimary (part 3, 24.1).
func CreatePrimary(t Template) Call {
	unique := appendSized(appendSized(clone(t.public), nil), nil)
	return Call{what: t.what, code: codeCreatePrimary, handles: []uint32{t.hierarchy}, names: [][]byte{handleName(t.hierarchy)},
		params: createParams(nil, unique), sized: true, answerHandle: true, answerSized: true}
}

// createParams are the parameters of TPM2_Create and TPM2_CreatePrimary: an empty
// password and the secret, the public area, nothing to be told with it.
func createParams(secret, public []byte) []byte {
	b := appendSized(nil, appendSized(appendSized(nil, nil), secret))
	b = appendSized(b, public)
	b = appendSized(b, nil)                    // outside facts
	return binary.BigEndian.AppendUint32(b, 0) // no PCRs of its creation
}

// Primary reads the answer to [CreatePrimary]. A key other than t's is an error.
func (t Template) Primary(a Answer) (Primary, error) {
	r := a.reader(t.what)
	p := Primary{Handle: a.Handle, Public: clone(r.sized())}
	if r.err != nil {
		return Primary{}, r.err
	}
	return p, p.fill(t)
}

// ParsePrimary reads a public area that was kept, to check what its key signed.
func ParsePrimary(t Template, public []byte) (Primary, error) {
	p := Primary{Public: clone(public)}
	return p, p.fill(t)
}

func (p *Primary) fill(t Template) error {
	unique, is := bytes.CutPrefix(p.Public, t.public)
	if !is {
		return fmt.Errorf("tpm: %s: the key has other attributes than were asked for", t.what)
	}
	r := reader{what: t.what, b: unique}
	x, y := r.sized(), r.sized()
	if err := r.end(); err != nil {
		return err
	}
	if len(x) > pointBytes || len(y) > pointBytes {
		return fmt.Errorf("tpm: %s: a coordinate of %d bytes", t.what, max(len(x), len(y)))
	}
	// Some TPMs leave zeros in front away.
	b := make([]byte, 1+2*pointBytes)
	b[0] = 4
	copy(b[1+pointBytes-len(x):], x)
	copy(b[1+2*pointBytes-len(y):], y)
	point, err := ecdh.P256().NewPublicKey(b)
	if err != nil {
		return fmt.Errorf("tpm: %s: %w", t.what, err)
	}
	p.point, p.Name = point, areaName(p.Public)
	return nil
}

// Key is the public key for checking signatures.
func (p Primary) Key() *ecdsa.PublicKey {
	x, y := coordinates(p.point)
	return &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
}

// areaName is a public area's name: its algorithm and its hash (part 1, 16).
func areaName(area []byte) []byte {
	sum := sha256.Sum256(area)
	return append(binary.BigEndian.AppendUint16(nil, algSHA256), sum[:]...)
}
