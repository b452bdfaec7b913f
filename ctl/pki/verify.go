package pki

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// The reasons for which a peer is refused, for errors.Is.
var (
	// ErrNone: it showed no certificate.
	ErrNone = errors.New("no certificate")
	// ErrRoot: nothing that it showed leads to a trusted root by one endorsement.
	ErrRoot = errors.New("not endorsed by a trusted root")
	// ErrTime: a certificate is past its end, or before its beginning.
	ErrTime = errors.New("a certificate that is not good now; look at both clocks")
	// ErrKind: an operator where a node is wanted, or a node where an operator is.
	ErrKind = errors.New("endorsed as something else")
	// ErrKey: a key of another kind than Ed25519 and ECDSA P-256.
	ErrKey = errors.New("a key of a kind that is not taken")
)

// Roots are whom a party trusts: one, or two while a root is replaced.
type Roots []*x509.Certificate

// shownMax certificates a peer may show: its leaf, its endorsement, the root.
const shownMax = 3

// Verify says who showed these certificates, the leaf first: they must be a leaf
// and an endorsement of kind below one of the roots, all good at now. What the
// leaf says of itself is not read.
func (r Roots) Verify(shown []*x509.Certificate, kind Kind, now time.Time) (Identity, error) {
	refuse := func(reason error, detail any) (Identity, error) {
		return Identity{}, fmt.Errorf("pki: %w: %v", reason, detail)
	}
	if len(shown) == 0 {
		return refuse(ErrNone, "the peer showed nothing; give the client a context with a key")
	}
	if len(shown) > shownMax {
		return refuse(ErrRoot, fmt.Sprintf("%d certificates, at most %d are looked at", len(shown), shownMax))
	}
	for _, c := range shown {
		if !keyOK(c) {
			return refuse(ErrKey, c.PublicKeyAlgorithm)
		}
	}
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{usageOf(kind)}}
	for _, root := range r {
		options.Roots.AddCert(root)
	}
	for _, c := range shown[1:] {
		options.Intermediates.AddCert(c)
	}
	chains, err := shown[0].Verify(options)
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return refuse(ErrTime, invalid.Detail)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return refuse(ErrKind, "it can't stand for a "+string(kind))
	case err != nil:
		return refuse(ErrRoot, err)
	}
	return pick(chains, kind)
}

// pick takes the one chain that is leaf, endorsement, root.
func pick(chains [][]*x509.Certificate, kind Kind) (Identity, error) {
	for _, chain := range chains {
		if len(chain) != 3 || chain[0].IsCA || !chain[1].MaxPathLenZero {
			continue
		}
		i, err := identityOf(chain[1])
		if err == nil && i.Kind != kind {
			err = fmt.Errorf("pki: %w: it is %s, where a %s is wanted", ErrKind, i, kind)
		}
		return i, err
	}
	return Identity{}, fmt.Errorf("pki: %w: no leaf below one endorsement", ErrRoot)
}

// keyOK takes the kinds of key that are issued, and those of hardware tokens.
func keyOK(c *x509.Certificate) bool {
	switch key := c.PublicKey.(type) {
	case ed25519.PublicKey:
		return true
	case *ecdsa.PublicKey:
		return key.Curve == elliptic.P256()
	}
	return false
}
