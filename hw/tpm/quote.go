package tpm

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
)

const (
	attestMagic = 0xff544347 // TPM_GENERATED_VALUE: restricted keys sign nothing else that begins so
	attestQuote = 0x8018
)

// NonceBytesMax is the longest nonce of a quote.
const NonceBytesMax = DigestBytes

// Quote is TPM2_Quote (part 3, 18.4): the key signs what the PCRs are, and the nonce,
// which shows that it is not an old one.
func Quote(key Primary, s Selection, nonce []byte) (Call, error) {
	if len(nonce) > NonceBytesMax {
		return Call{}, fmt.Errorf("tpm: quote: a nonce of %d bytes; give %d at the most", len(nonce), NonceBytesMax)
	}
	b := appendSized(nil, nonce)
	b = binary.BigEndian.AppendUint16(b, algNull) // the key's own scheme
	return Call{what: "quote", code: codeQuote, handles: []uint32{key.Handle}, names: [][]byte{key.Name},
		params: appendSelection(b, s), sized: true, answerSized: true}, nil
}

// DecodeQuote reads the answer: TPMS_ATTEST, and TPMT_SIGNATURE over it.
func DecodeQuote(a Answer) (message, signature []byte, err error) {
	r := a.reader("quote")
	message = clone(r.sized())
	return message, clone(r.b), r.err
}

// Quoted is what a quote says.
type Quoted struct {
	Nonce []byte
	// ClockMsec is how long the TPM has run in all, ResetCount how often it was
	// started, RestartCount how often it woke up or was started with its state kept.
	ClockMsec                uint64
	ResetCount, RestartCount uint32
	// Firmware is its maker's number.
	Firmware uint64
	PCRs     Selection
	// sum is the hash of the PCRs.
	sum []byte
}

// DecodeQuoted reads a TPMS_ATTEST (part 2, 10.12.8) of a quote over PCRs of the
// SHA-256 bank; anything else is an error.
func DecodeQuoted(message []byte) (Quoted, error) {
	r := reader{what: "read a quote", b: message}
	if magic, kind := r.u32(), r.u16(); r.err == nil && (magic != attestMagic || kind != attestQuote) {
		return Quoted{}, fmt.Errorf("tpm: read a quote: it is of kind %#x, or no TPM's", kind)
	}
	r.sized() // who signed, by a name that only the TPM can tell
	q := Quoted{Nonce: clone(r.sized())}
	q.ClockMsec = uint64(r.u32())<<32 | uint64(r.u32())
	q.ResetCount, q.RestartCount = r.u32(), r.u32()
	r.u8() // whether the clock may have jumped back
	q.Firmware = uint64(r.u32())<<32 | uint64(r.u32())
	banks, alg, size := r.u32(), r.u16(), r.u8()
	bits := r.take(int(size))
	if r.err == nil && (banks != 1 || alg != algSHA256 || size != 3) {
		return Quoted{}, fmt.Errorf("tpm: read a quote: its PCRs are not of the SHA-256 bank alone")
	}
	q.sum = clone(r.sized())
	if err := r.end(); err != nil {
		return Quoted{}, err
	}
	q.PCRs = Selection(bits[0]) | Selection(bits[1])<<8 | Selection(bits[2])<<16
	return q, nil
}

// VerifyQuote checks that key signed the message, that it has the nonce, and that
// the PCRs in it have the values. Whether the key is a TPM's is another question: who
// asks has to know it from elsewhere.
func VerifyQuote(key *ecdsa.PublicKey, message, signature, nonce []byte, pcrs map[int][DigestBytes]byte) (Quoted, error) {
	r := reader{what: "check a quote", b: signature}
	scheme, hash, first, second := r.u16(), r.u16(), r.sized(), r.sized()
	if err := r.end(); err != nil {
		return Quoted{}, err
	}
	if scheme != algECDSA || hash != algSHA256 {
		return Quoted{}, fmt.Errorf("tpm: check a quote: signed by scheme %#x and hash %#x, not by ECDSA and SHA-256", scheme, hash)
	}
	signed := sha256.Sum256(message)
	if !ecdsa.Verify(key, signed[:], new(big.Int).SetBytes(first), new(big.Int).SetBytes(second)) {
		return Quoted{}, fmt.Errorf("tpm: check a quote: the signature is wrong; it is another key's, or was changed")
	}
	q, err := DecodeQuoted(message)
	if err != nil {
		return Quoted{}, err
	}
	if !bytes.Equal(q.Nonce, nonce) {
		return Quoted{}, fmt.Errorf("tpm: check a quote: it has another nonce; it was made for another question")
	}
	sum, err := pcrSum(q.PCRs, pcrs)
	if err != nil {
		return Quoted{}, err
	}
	if !bytes.Equal(q.sum, sum[:]) {
		return Quoted{}, fmt.Errorf("tpm: check a quote: the PCRs had other values than these")
	}
	return q, nil
}
