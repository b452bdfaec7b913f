package pki

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

// How long things are good, each from shortly before it is made.
const (
	// rootLife is long, as a root is changed by hand in every manifest.
	rootLife = 20 * 365 * 24 * time.Hour
	// NodeLife is a node's endorsement: five years.
	NodeLife = 5 * 365 * 24 * time.Hour
	// OperatorLife is an operator's.
	OperatorLife = 365 * 24 * time.Hour
	// NodeLeafLife is the longest that a node's leaf is good. A gate takes a new one
	// at a third of it.
	NodeLeafLife = 24 * time.Hour
	// OperatorLeafLife is long enough for a clock that is some minutes off.
	OperatorLeafLife = 10 * time.Minute
	// early is how far a beginning lies back, for clocks that are behind.
	early = 5 * time.Minute
)

// Holder is a key with the certificate that says whose it is: the root's own, or
// an endorsement.
type Holder struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// NewKey makes an Ed25519 key.
func NewKey() (ed25519.PrivateKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("pki: make a key: %w", err)
	}
	return key, nil
}

// NewRoot makes the operators' root over key. name is for people.
func NewRoot(key crypto.Signer, name string, now time.Time) (Holder, error) {
	t := &x509.Certificate{Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-early), NotAfter: now.Add(rootLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLen: 1, KeyUsage: x509.KeyUsageCertSign}
	c, err := sign(t, t, key.Public(), key)
	if err != nil {
		return Holder{}, fmt.Errorf("pki: make root %s: %w", name, err)
	}
	return Holder{Certificate: c, Key: key}, nil
}

// Endorse has the root vouch that public is the key of identity i, for life.
func (root Holder) Endorse(public crypto.PublicKey, i Identity, now time.Time, life time.Duration) (*x509.Certificate, error) {
	if err := i.check(); err != nil {
		return nil, err
	}
	t := &x509.Certificate{Subject: pkix.Name{CommonName: i.Name}, NotBefore: now.Add(-early), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{usageOf(i.Kind)}, URIs: []*url.URL{i.uri()}}
	c, err := sign(t, root.Certificate, public, root.Key)
	if err != nil {
		return nil, fmt.Errorf("pki: endorse %s: %w", i, err)
	}
	return c, nil
}

// usageOf is what leaves below an endorsement may be used for: a second wall, in
// the certificate itself, between operators and nodes.
func usageOf(k Kind) x509.ExtKeyUsage {
	if k == Node {
		return x509.ExtKeyUsageServerAuth
	}
	return x509.ExtKeyUsageClientAuth
}

// Leaf makes a key and a leaf for it, good for life, with the endorsement behind it
// as a peer needs it. Its subject is empty: nobody reads one.
func (h Holder) Leaf(now time.Time, life time.Duration) (tls.Certificate, error) {
	i, err := identityOf(h.Certificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	return h.leaf(&x509.Certificate{NotBefore: now.Add(-early), NotAfter: now.Add(life),
		ExtKeyUsage: []x509.ExtKeyUsage{usageOf(i.Kind)}})
}

// leaf signs t for a new key.
func (h Holder) leaf(t *x509.Certificate) (tls.Certificate, error) {
	key, err := NewKey()
	if err != nil {
		return tls.Certificate{}, err
	}
	t.KeyUsage, t.BasicConstraintsValid = x509.KeyUsageDigitalSignature, true
	c, err := sign(t, h.Certificate, key.Public(), h.Key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("pki: issue a leaf: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{c.Raw, h.Certificate.Raw}, PrivateKey: key, Leaf: c}, nil
}

// sign makes a certificate of t with a random serial number, RFC 5280 section 4.1.2.2.
func sign(t, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial.Add(serial, big.NewInt(1))
	der, err := x509.CreateCertificate(rand.Reader, t, parent, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
