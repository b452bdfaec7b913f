package pki

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// The types of PEM blocks, RFC 7468.
const (
	pemKey         = "PRIVATE KEY"
	pemCertificate = "CERTIFICATE"
)

// EncodeCertificates writes certificates as PEM, one behind the other.
func EncodeCertificates(list ...*x509.Certificate) []byte {
	var b []byte
	for _, c := range list {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw})...)
	}
	return b
}

// DecodeRoots reads one root or two.
func DecodeRoots(b []byte) (Roots, error) {
	_, list, err := decode(b)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > 2 {
		return nil, fmt.Errorf("pki: %d roots; give one, or two while it is replaced", len(list))
	}
	for _, c := range list {
		if !c.IsCA || !keyOK(c) || c.CheckSignatureFrom(c) != nil {
			return nil, fmt.Errorf("pki: %s is no root; give the root.crt that `mote gen` made", c.Subject.CommonName)
		}
	}
	return list, nil
}

// Encode writes a key and its certificate as PEM: who can read that is its holder.
func (h Holder) Encode() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(h.Key)
	if err != nil {
		return nil, fmt.Errorf("pki: write a key: %w", err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der})
	return append(key, EncodeCertificates(h.Certificate)...), nil
}

// DecodeHolder reads a key and its certificate, in one text or in two.
func DecodeHolder(texts ...[]byte) (Holder, error) {
	key, list, err := decode(slices.Concat(texts...))
	if err == nil && (key == nil || len(list) != 1) {
		err = fmt.Errorf("pki: a key and its one certificate are wanted, and there are %d certificates", len(list))
	}
	if err != nil {
		return Holder{}, err
	}
	h := Holder{Certificate: list[0], Key: key}
	if !matches(h.Certificate, key) {
		return Holder{}, errors.New("pki: the key is not that of the certificate; take both from the same `mote gen`")
	}
	return h, nil
}

// Identity is what the holder's endorsement says.
func (h Holder) Identity() (Identity, error) { return identityOf(h.Certificate) }

// EncodeLeaf writes a leaf with its key and what stands behind it.
func EncodeLeaf(leaf tls.Certificate) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("pki: write a leaf: %w", err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: pemKey, Bytes: der})
	for _, c := range leaf.Certificate {
		b = append(b, pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c})...)
	}
	return b, nil
}

// DecodeLeaf is the other way.
func DecodeLeaf(b []byte) (tls.Certificate, error) {
	key, list, err := decode(b)
	switch {
	case err != nil:
		return tls.Certificate{}, err
	case key == nil || len(list) != 2 || !matches(list[0], key):
		return tls.Certificate{}, fmt.Errorf("pki: no leaf: a key, its certificate and its endorsement are wanted, and there are %d certificates", len(list))
	}
	return tls.Certificate{Certificate: [][]byte{list[0].Raw, list[1].Raw}, PrivateKey: key, Leaf: list[0]}, nil
}

func matches(c *x509.Certificate, key crypto.Signer) bool {
	public, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(key.Public())
}

// decode reads PEM blocks: at most one key, and certificates.
func decode(b []byte) (key crypto.Signer, list []*x509.Certificate, err error) {
	for {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			return key, list, nil
		}
		switch block.Type {
		case pemKey:
			any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("pki: read a key: %w", err)
			}
			signer, ok := any.(crypto.Signer)
			if !ok || key != nil {
				return nil, nil, errors.New("pki: two keys, or one that can't sign; keep one Ed25519 key")
			}
			key = signer
		case pemCertificate:
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, fmt.Errorf("pki: read a certificate: %w", err)
			}
			list = append(list, c)
		default:
			return nil, nil, fmt.Errorf("pki: a block %q; only keys and certificates are read", block.Type)
		}
	}
}
