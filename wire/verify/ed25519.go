// Package verify tells whether a signature is good. It makes none: PID 1 and whoever
// reads what an operator signed need no more.
//
// Always true here: nothing is secret, so nothing has to take the same time; what
// the standard library's crypto/ed25519 accepts is accepted, and nothing else.
package verify

import "filippo.io/edwards25519"

// Sizes of RFC 8032 section 5.1, in bytes.
const (
	KeySize       = 32
	SignatureSize = 64
)

// Ed25519 tells whether signature is key's over all parts of a message, one behind
// the other: RFC 8032 section 5.1.7, without the cofactor, as most verifiers do.
func Ed25519(key *[KeySize]byte, signature *[SignatureSize]byte, message ...[]byte) bool {
	a, err := new(edwards25519.Point).SetBytes(key[:])
	if err != nil {
		return false
	}
	s, err := edwards25519.NewScalar().SetCanonicalBytes(signature[32:])
	if err != nil {
		return false
	}
	h := newHash()
	h.write(signature[:32])
	h.write(key[:])
	for _, part := range message {
		h.write(part)
	}
	digest := h.sum()
	k, err := edwards25519.NewScalar().SetUniformBytes(digest[:])
	if err != nil {
		return false
	}
	// [S]B = R + [k]A, so R = [k](-A) + [S]B.
	r := new(edwards25519.Point).VarTimeDoubleScalarBaseMult(k, a.Negate(a), s)
	return string(r.Bytes()) == string(signature[:32])
}
