package wire

import "math"

// A manifest on its way: signed, with its generation. SPEC.md is the contract.
//
// What is signed travels as the bytes that were signed, so that who verifies
// encodes nothing; it is read only after its signature was found good. Verifying is
// package verify's, signing ctl/manifest's.

const (
	// EnvelopeContext goes before the signed bytes when they are signed, so that
	// a signature made for something else is never one for a manifest.
	EnvelopeContext = "mote manifest 1\x00"
	// EnvelopeForm is the only form of what is signed that there is.
	EnvelopeForm = 1
	// KeySize is that of Ed25519's public keys, RFC 8032 section 5.1.5; bytes.
	KeySize = 32
	// SignatureSize is that of its signatures, section 5.1.6; bytes.
	SignatureSize = 64
	// SignedSizeMax bounds what is signed: a manifest, and 128 bytes around it.
	SignedSizeMax = ManifestSizeMax + 128
	// EnvelopeSizeMax bounds the whole, in bytes.
	EnvelopeSizeMax = SignedSizeMax + KeySize + SignatureSize + 16
	// MachineSizeMax bounds a machine's UUID as text: RFC 9562's has 36 bytes.
	MachineSizeMax = WordSizeMax
)

const (
	keyEnvelopeSigned    = 0
	keyEnvelopeKey       = 1
	keyEnvelopeSignature = 2
)

const (
	keySignedForm       = 0
	keySignedGeneration = 1
	keySignedManifest   = 2
	keySignedMachine    = 3
)

// Envelope is what is sent. Nothing in it is to be believed before its signature
// was verified with a key that is trusted for another reason than standing in it.
type Envelope struct {
	// Signed is a SignedManifest in CBOR; a part of what was decoded.
	Signed []byte
	// Key says which of the trusted keys to verify with.
	Key [KeySize]byte
	// Signature is Ed25519's over EnvelopeContext and Signed.
	Signature [SignatureSize]byte
}

// SignedManifest is what a signature vouches for.
type SignedManifest struct {
	// Generation is above that of every manifest that the node had before: an old
	// one, however well signed, is refused.
	Generation uint64
	// Manifest is one in CBOR, for DecodeManifest; a part of what was decoded.
	Manifest []byte
	// Machine is the UUID by SMBIOS of the only machine that may take it; empty is
	// any machine.
	Machine string
}

// AppendSigned appends s in CBOR, which is what is to be signed.
func AppendSigned(b []byte, s *SignedManifest) ([]byte, error) {
	e := Encoder{Out: b}
	m := e.Map()
	e.uintField(&m, keySignedForm, EnvelopeForm)
	e.uintField(&m, keySignedGeneration, s.Generation)
	e.Key(&m, keySignedManifest)
	e.Out = append(e.Out, s.Manifest...)
	e.textField(&m, keySignedMachine, s.Machine)
	e.End(m)
	var again SignedManifest
	if err := DecodeSigned(e.Out[len(b):], &again); err != nil {
		return b, err
	}
	return e.Out, nil
}

// DecodeSigned reads what was signed into s, which it sets whole, or returns a
// Refusal. That the manifest inside is one is for DecodeManifest.
func DecodeSigned(b []byte, s *SignedManifest) error {
	*s = SignedManifest{}
	d := NewDecoder(b, "signed manifest")
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keySignedForm:
			d.field("form")
			d.uintField(EnvelopeForm)
		case keySignedGeneration:
			d.field("generation")
			s.Generation = d.uintField(math.MaxUint64)
		case keySignedManifest:
			d.field("manifest")
			start := d.at
			d.Skip()
			if !d.Refused() {
				s.Manifest = b[start:d.at:d.at]
			}
		case keySignedMachine:
			d.field("machine")
			s.Machine = d.textField(MachineSizeMax)
		default:
			d.Unknown()
		}
	}
	d.field("")
	switch {
	case len(b) > SignedSizeMax:
		d.refuse(RefusedSize, SignedSizeMax)
	case s.Generation == 0 || s.Manifest == nil || b[1] != keySignedForm:
		// Keys ascend, so the form is first where it is there: behind the map's head.
		d.refuse(RefusedKeyMissing, d.at)
	}
	return d.End()
}

// AppendEnvelope appends v in CBOR.
func AppendEnvelope(b []byte, v *Envelope) ([]byte, error) {
	e := Encoder{Out: b}
	m := e.Map()
	e.bytesField(&m, keyEnvelopeSigned, v.Signed)
	e.bytesField(&m, keyEnvelopeKey, v.Key[:])
	e.bytesField(&m, keyEnvelopeSignature, v.Signature[:])
	e.End(m)
	var again Envelope
	if err := DecodeEnvelope(e.Out[len(b):], &again); err != nil {
		return b, err
	}
	return e.Out, nil
}

// DecodeEnvelope reads an envelope into v, which it sets whole, or returns a
// Refusal. Whether the signature is good is not asked here.
func DecodeEnvelope(b []byte, v *Envelope) error {
	*v = Envelope{}
	d := NewDecoder(b, "envelope")
	have := 0
	for m := d.Map(); d.Next(&m); have++ {
		switch m.Key {
		case keyEnvelopeSigned:
			d.field("signed")
			v.Signed = d.bytesField(SignedSizeMax)
		case keyEnvelopeKey:
			d.field("key")
			d.exactly(v.Key[:])
		case keyEnvelopeSignature:
			d.field("signature")
			d.exactly(v.Signature[:])
		default:
			d.Unknown()
		}
	}
	d.field("")
	if have != keyEnvelopeSignature+1 {
		d.refuse(RefusedKeyMissing, d.at)
	}
	return d.End()
}

// exactly reads a byte string of just as many bytes as there is room for.
func (d *Decoder) exactly(to []byte) {
	start := d.at
	b := d.Bytes(len(to))
	if !d.Refused() && len(b) != len(to) {
		d.refuse(RefusedRange, start)
	}
	copy(to, b)
}
