package tpm

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// SecretBytesMax is the longest secret that can be sealed (MAX_SYM_DATA).
const SecretBytesMax = 128

// sealedArea is the public area of a secret that only a policy opens: no password
// does, as userWithAuth is off.
func sealedArea(policy [DigestBytes]byte) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(be.AppendUint16(nil, algKeyedHash), algSHA256)
	b = be.AppendUint32(b, fixedTPM|fixedParent)
	b = appendSized(b, policy[:])
	return be.AppendUint16(b, algNull)
}

// Seal is TPM2_Create (part 3, 12.1) of a secret below parent, which opens under the
// policy. Send it in a session: without one the secret is there for all to see.
func Seal(parent Primary, policy [DigestBytes]byte, secret []byte) (Call, error) {
	if len(secret) == 0 || len(secret) > SecretBytesMax {
		return Call{}, fmt.Errorf("tpm: seal: the secret has %d bytes; give 1 to %d, such as a key that encrypts the rest", len(secret), SecretBytesMax)
	}
	return Call{what: "seal", code: codeCreate, handles: []uint32{parent.Handle}, names: [][]byte{parent.Name},
		params: createParams(secret, appendSized(sealedArea(policy), nil)), sized: true, answerSized: true}, nil
}

// DecodeSealed reads the answer to [Seal]: what only the same TPM can load again.
// Both may stand on a disk. A policy other than that asked for is an error.
func DecodeSealed(a Answer, policy [DigestBytes]byte) (private, public []byte, err error) {
	r := a.reader("seal")
	private, public = clone(r.sized()), clone(r.sized())
	if r.err != nil {
		return nil, nil, r.err
	}
	if !bytes.HasPrefix(public, sealedArea(policy)) {
		return nil, nil, fmt.Errorf("tpm: seal: the object has another policy than was asked for")
	}
	return private, public, nil
}

// SealedPolicy is the policy of a sealed secret's public area.
func SealedPolicy(public []byte) (policy [DigestBytes]byte, err error) {
	const at = 2 + 2 + 4
	r := reader{what: "read a sealed secret", b: public}
	r.take(at)
	digest := r.sized()
	if r.err == nil && len(digest) != DigestBytes {
		r.err = fmt.Errorf("tpm: read a sealed secret: its policy has %d bytes", len(digest))
	}
	copy(policy[:], digest)
	return policy, r.err
}

// Load is TPM2_Load (part 3, 12.2).
func Load(parent Primary, private, public []byte) Call {
	return Call{what: "load", code: codeLoad, handles: []uint32{parent.Handle}, names: [][]byte{parent.Name},
		params: appendSized(appendSized(nil, private), public), sized: true, answerHandle: true, answerSized: true}
}

// Loaded checks the answer to [Load] against the public area that was sent.
func Loaded(a Answer, public []byte) error {
	r := a.reader("load")
	name := r.sized()
	if err := r.end(); err != nil {
		return err
	}
	if !bytes.Equal(name, areaName(public)) {
		return fmt.Errorf("tpm: load: something else was loaded")
	}
	return nil
}

// Unseal is TPM2_Unseal (part 3, 12.7), in a session of its policy.
func Unseal(handle uint32, public []byte) Call {
	return Call{what: "unseal", code: codeUnseal, handles: []uint32{handle}, names: [][]byte{areaName(public)}, answerSized: true}
}

// DecodeSecret reads the answer to [Unseal].
func DecodeSecret(a Answer) ([]byte, error) {
	r := a.reader("unseal")
	secret := clone(r.sized())
	return secret, r.end()
}
