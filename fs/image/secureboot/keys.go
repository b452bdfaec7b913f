package secureboot

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// keyBits is what every firmware takes; some refuse more.
const keyBits = 2048

// NewSigner makes a key and a certificate for it, signed by itself, for name,
// valid for years from begin on. Firmware looks at no dates.
func NewSigner(name string, begin time.Time, years int) (Signer, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return Signer{}, fmt.Errorf("secureboot: make a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return Signer{}, fmt.Errorf("secureboot: make a serial number: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: begin.UTC(), NotAfter: begin.UTC().AddDate(years, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return Signer{}, fmt.Errorf("secureboot: make a certificate: %w", err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return Signer{}, fmt.Errorf("secureboot: make a certificate: %w", err)
	}
	return Signer{Certificate: c, Key: key}, nil
}
