package uki

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Policy is a promise of the owner's about register 11: a secret that is sealed to
// the owner's key (TPM2_PolicyAuthorize) opens for every image that has one, so it
// outlives upgrades. The form is systemd's, one for each bank.
// Source: systemd-measure(1), "sign".
type Policy struct {
	// PCRs are [11]. KeySum is the SHA-256 of the key's SubjectPublicKeyInfo, Digest
	// the policy's, both in hexadecimal.
	PCRs   []int  `json:"pcrs"`
	KeySum string `json:"pkfp"`
	Digest string `json:"pol"`
	// Signature is RSASSA-PKCS1-v1_5 with SHA-256 over the digest's bytes.
	Signature []byte `json:"sig"`
}

// policyDigest is what TPM2_PolicyPCR makes of register 11 in a new session: TPM 2.0
// part 3, 23.7, with one TPML_PCR_SELECTION of the SHA-256 bank.
func policyDigest(pcr [sha256.Size]byte) [sha256.Size]byte {
	const policyPCR, algorithmSHA256, selectBytes = 0x17f, 0x000b, 3
	b := make([]byte, sha256.Size) // a new session's digest
	b = binary.BigEndian.AppendUint32(b, policyPCR)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint16(b, algorithmSHA256)
	b = append(b, selectBytes, 0, 1<<(MeasuredPCR-8), 0)
	values := sha256.Sum256(pcr[:])
	return sha256.Sum256(append(b, values[:]...))
}

// SignedPolicies predicts register 11 for an image, and signs that with the owner's
// RSA key: JSON, the same bytes for the same image and key.
func SignedPolicies(image []byte, key crypto.Signer) ([]byte, error) {
	pcr, err := PCR11(image)
	if err != nil {
		return nil, err
	}
	if _, ok := key.Public().(*rsa.PublicKey); !ok {
		return nil, fmt.Errorf("uki: the policy's key is a %T; RSA is what a TPM checks everywhere", key.Public())
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, fmt.Errorf("uki: the policy's key: %w", err)
	}
	digest := policyDigest(pcr)
	signed := sha256.Sum256(digest[:])
	// Without a salt it is PKCS #1 v1.5, which takes no chance: rand only hides the
	// time that it takes.
	signature, err := key.Sign(rand.Reader, signed[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("uki: sign the policy: %w", err)
	}
	sum := sha256.Sum256(public)
	b, err := json.Marshal(struct {
		PCR11  string   `json:"pcr11"`
		SHA256 []Policy `json:"sha256"`
	}{hex.EncodeToString(pcr[:]), []Policy{{[]int{MeasuredPCR}, hex.EncodeToString(sum[:]), hex.EncodeToString(digest[:]), signature}}})
	return append(b, '\n'), err
}
