package manifest

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"mote/wire"
)

// Manifests signed and verified: wire/SPEC.md, "Signed manifest". Verifying is a
// pure function of bytes and keys; PID 1's is to be this one again.

// The reasons for which Verify refuses, for errors.Is.
var (
	// ErrForm: it is not an envelope, or not a signed manifest.
	ErrForm = errors.New("not a signed manifest")
	// ErrKey: its key is not among the trusted ones.
	ErrKey = errors.New("signed by a key that is not trusted")
	// ErrSignature: it was changed after it was signed, or never signed.
	ErrSignature = errors.New("the signature is not good")
	// ErrOld: the node had a later one.
	ErrOld = errors.New("an old generation")
	// ErrMachine: it is another machine's.
	ErrMachine = errors.New("for another machine")
	// ErrManifest: what was signed asks for something that can't be.
	ErrManifest = errors.New("a manifest with problems")
)

// Wants is what a node holds a signed manifest against.
type Wants struct {
	// Trusted are the operators' keys.
	Trusted []ed25519.PublicKey
	// Newest is the generation in force; only a higher one is taken.
	Newest uint64
	// Machine is the node's UUID by SMBIOS, in lower case; empty is unknown, which
	// only a manifest for any machine is for.
	Machine string
}

// Sign makes the signed form of a compiled manifest. generation must be above
// that in force where it goes; machine is the UUID of the only machine that may
// take it, or empty.
func Sign(key ed25519.PrivateKey, generation uint64, machine string, compiled []byte) ([]byte, error) {
	signed, err := wire.AppendSigned(nil, &wire.SignedManifest{Generation: generation, Manifest: compiled, Machine: machine})
	if err != nil {
		return nil, fmt.Errorf("manifest: sign: %w", err)
	}
	v := wire.Envelope{Signed: signed}
	copy(v.Key[:], key.Public().(ed25519.PublicKey))
	copy(v.Signature[:], ed25519.Sign(key, message(signed)))
	return wire.AppendEnvelope(nil, &v)
}

// message is what the signature is over.
func message(signed []byte) []byte {
	return append([]byte(wire.EnvelopeContext), signed...)
}

// Verified is a manifest whose signature and place are good.
type Verified struct {
	wire.SignedManifest
	Key  ed25519.PublicKey
	Read *wire.Manifest
}

// Verify goes through the steps of SPEC.md. It believes nothing before the
// signature was found good, and returns the first reason to refuse.
func Verify(envelope []byte, wants Wants) (Verified, error) {
	refuse := func(reason error, detail string) (Verified, error) {
		return Verified{}, fmt.Errorf("manifest: %w: %s", reason, detail)
	}
	if len(envelope) > wire.EnvelopeSizeMax {
		return refuse(ErrForm, "too large")
	}
	var v wire.Envelope
	if err := wire.DecodeEnvelope(envelope, &v); err != nil {
		return refuse(ErrForm, err.Error())
	}
	var key ed25519.PublicKey
	for _, trusted := range wants.Trusted {
		if trusted.Equal(ed25519.PublicKey(v.Key[:])) {
			key = trusted
		}
	}
	if key == nil {
		return refuse(ErrKey, fmt.Sprintf("%x; trust it, or sign with another", v.Key))
	}
	if !ed25519.Verify(key, message(v.Signed), v.Signature[:]) {
		return refuse(ErrSignature, "it was changed after it was signed; get it again")
	}
	out := Verified{Key: key}
	if err := wire.DecodeSigned(v.Signed, &out.SignedManifest); err != nil {
		return refuse(ErrForm, err.Error())
	}
	if out.Generation <= wants.Newest {
		return refuse(ErrOld, fmt.Sprintf("it is %d, and %d is in force; sign it with a higher one", out.Generation, wants.Newest))
	}
	if out.Machine != "" && out.Machine != wants.Machine {
		return refuse(ErrMachine, fmt.Sprintf("%q, and this is %q", out.Machine, wants.Machine))
	}
	var err error
	if out.Read, err = wire.DecodeManifest(out.Manifest); err != nil {
		return refuse(ErrManifest, err.Error())
	}
	if problems := out.Read.Validate(); problems != nil {
		return refuse(ErrManifest, problems[0].Error())
	}
	return out, nil
}
