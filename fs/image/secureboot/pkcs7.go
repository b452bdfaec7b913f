// Package secureboot makes what firmware checks before it starts a program:
// Authenticode signatures, and the variables with the keys they are checked by.
//
// Always true here: the same key and content give the same bytes. So there is
// no signing time in a signature, which is why no PKCS#7 package is used: those
// that are kept put one in, and take it from the clock.
//
// Sources: RFC 2315 (PKCS #7), Microsoft's "Windows Authenticode Portable
// Executable Signature Format", the UEFI specification 2.10, chapter 32.
package secureboot

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
)

// oid returns one of the names below; a function, so that nobody changes them.
func oid(numbers ...int) asn1.ObjectIdentifier { return numbers }

func oidData() asn1.ObjectIdentifier          { return oid(1, 2, 840, 113549, 1, 7, 1) }
func oidSignedData() asn1.ObjectIdentifier    { return oid(1, 2, 840, 113549, 1, 7, 2) }
func oidContentType() asn1.ObjectIdentifier   { return oid(1, 2, 840, 113549, 1, 9, 3) }
func oidMessageDigest() asn1.ObjectIdentifier { return oid(1, 2, 840, 113549, 1, 9, 4) }
func oidRSA() asn1.ObjectIdentifier           { return oid(1, 2, 840, 113549, 1, 1, 1) }
func oidSHA256() asn1.ObjectIdentifier        { return oid(2, 16, 840, 1, 101, 3, 4, 2, 1) }
func oidIndirectData() asn1.ObjectIdentifier  { return oid(1, 3, 6, 1, 4, 1, 311, 2, 1, 4) }
func oidPEImage() asn1.ObjectIdentifier       { return oid(1, 3, 6, 1, 4, 1, 311, 2, 1, 15) }

// Signer is a certificate with its key, which may be in a token. The key is RSA:
// firmware takes nothing else everywhere.
type Signer struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// contentInfo of RFC 2315, section 7.
type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
}

// signedData of RFC 2315, section 9.1.
type signedData struct {
	Version      int
	Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
	Content      contentInfo
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	Signers      []signerInfo  `asn1:"set"`
}

// signerInfo of RFC 2315, section 9.2.
type signerInfo struct {
	Version    int
	Issuer     issuerAndSerial
	Digest     pkix.AlgorithmIdentifier
	Attributes asn1.RawValue `asn1:"optional,tag:0"`
	Encryption pkix.AlgorithmIdentifier
	Signature  []byte
}

// issuerAndSerial names a certificate.
type issuerAndSerial struct {
	Issuer asn1.RawValue
	Serial *big.Int
}

// attribute of PKCS #9; here each has one value.
type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

// sign returns the SignedData of content of a type. What is signed is signed,
// the value of content's element; with detached it doesn't travel along. With
// attributes, the signature is over them and they name type and digest.
func (s Signer) sign(kind asn1.ObjectIdentifier, content []byte, value []byte, attributes bool) ([]byte, error) {
	if _, ok := s.Key.Public().(*rsa.PublicKey); !ok {
		return nil, fmt.Errorf("secureboot: the key is %T; firmware takes RSA", s.Key.Public())
	}
	null := asn1.RawValue{Tag: asn1.TagNull}
	digest := pkix.AlgorithmIdentifier{Algorithm: oidSHA256(), Parameters: null}
	sum := sha256.Sum256(value)
	info := signerInfo{
		Version: 1, Digest: digest,
		Issuer:     issuerAndSerial{asn1.RawValue{FullBytes: s.Certificate.RawIssuer}, s.Certificate.SerialNumber},
		Encryption: pkix.AlgorithmIdentifier{Algorithm: oidRSA(), Parameters: null},
	}
	if attributes {
		set, err := attributeSet(kind, sum[:])
		if err != nil {
			return nil, err
		}
		// Signed as a SET, stored as [0]: RFC 2315, section 9.3.
		whole, err := asn1.Marshal(asn1.RawValue{Tag: asn1.TagSet, IsCompound: true, Bytes: set})
		if err != nil {
			return nil, fmt.Errorf("secureboot: %w", err)
		}
		sum = sha256.Sum256(whole)
		info.Attributes = asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: set}
	}
	var err error
	// PKCS #1 v1.5, which needs no chance; rand only blinds the computation.
	if info.Signature, err = s.Key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
		return nil, fmt.Errorf("secureboot: sign: %w", err)
	}
	data := signedData{
		Version: 1, Digests: []pkix.AlgorithmIdentifier{digest}, Content: contentInfo{Type: kind},
		Certificates: asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: s.Certificate.Raw},
		Signers:      []signerInfo{info},
	}
	if content != nil {
		data.Content.Content = asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: content}
	}
	b, err := asn1.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("secureboot: %w", err)
	}
	return b, nil
}

// attributeSet returns the inside of the set of signed attributes, in DER's
// order.
func attributeSet(kind asn1.ObjectIdentifier, sum []byte) ([]byte, error) {
	var all [][]byte
	for _, a := range []struct {
		name  asn1.ObjectIdentifier
		value any
	}{{oidContentType(), kind}, {oidMessageDigest(), sum}} {
		value, err := asn1.Marshal(a.value)
		if err != nil {
			return nil, fmt.Errorf("secureboot: %w", err)
		}
		b, err := asn1.Marshal(attribute{a.name, []asn1.RawValue{{FullBytes: value}}})
		if err != nil {
			return nil, fmt.Errorf("secureboot: %w", err)
		}
		all = append(all, b)
	}
	slices.SortFunc(all, bytes.Compare)
	return bytes.Join(all, nil), nil
}
