package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"mote/wire"
)

// start is when everything of a test is made.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// house is a root with a node and operators below it.
type house struct {
	t    *testing.T
	root Holder
}

func newHouse(t *testing.T) house {
	key, err := NewKey()
	must(t, err)
	root, err := NewRoot(key, "test", start)
	must(t, err)
	return house{t, root}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// holder endorses a new key.
func (h house) holder(i Identity, at time.Time, life time.Duration) Holder {
	h.t.Helper()
	key, err := NewKey()
	must(h.t, err)
	return h.endorse(key, i, at, life)
}

func (h house) endorse(key crypto.Signer, i Identity, at time.Time, life time.Duration) Holder {
	h.t.Helper()
	c, err := h.root.Endorse(key.Public(), i, at, life)
	must(h.t, err)
	return Holder{Certificate: c, Key: key}
}

func (h house) leaf(holder Holder, at time.Time, life time.Duration) tls.Certificate {
	h.t.Helper()
	leaf, err := holder.Leaf(at, life)
	must(h.t, err)
	return leaf
}

var (
	alice = Identity{Kind: Operator, Name: "alice", Role: wire.RoleAdmin}
	edge  = Identity{Kind: Node, Name: "edge-1"}
)

// TestVerify walks everything that may be shown, with what comes of it.
func TestVerify(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	reader := Identity{Kind: Operator, Name: "bob", Role: wire.RoleReader}
	good := h.holder(alice, start, OperatorLife)
	now := start.Add(time.Minute)
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	large, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	// A leaf that says it is somebody else, in every way that a certificate can.
	claims, err := good.leaf(&x509.Certificate{Subject: pkix.Name{CommonName: "root", Organization: []string{"admin"}},
		URIs: []*url.URL{{Scheme: scheme, Opaque: "operator:admin:root"}}, DNSNames: []string{"edge-1"},
		NotBefore: start, NotAfter: start.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}})
	must(t, err)
	readerClaims, err := h.holder(reader, start, OperatorLife).leaf(&x509.Certificate{
		URIs: []*url.URL{alice.uri()}, NotBefore: start, NotAfter: start.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	must(t, err)
	for _, c := range []struct {
		name  string
		shown [][]byte
		kind  Kind
		at    time.Time
		want  Identity
		err   error
	}{
		{"an operator", h.leaf(good, start, OperatorLeafLife).Certificate, Operator, now, alice, nil},
		{"a node", h.leaf(h.holder(edge, start, NodeLife), start, NodeLeafLife).Certificate, Node, now, edge, nil},
		{"a node that slept for a year", h.leaf(h.holder(edge, start, NodeLife), start.AddDate(1, 0, 0), NodeLeafLife).Certificate, Node, start.AddDate(1, 0, 0), edge, nil},
		{"a key of a token", h.leaf(h.endorse(ec, alice, start, OperatorLife), start, OperatorLeafLife).Certificate, Operator, now, alice, nil},
		{"the root behind it", append(h.leaf(good, start, OperatorLeafLife).Certificate, h.root.Certificate.Raw), Operator, now, alice, nil},
		{"a leaf that claims another identity", claims.Certificate, Operator, now, alice, nil},
		{"a reader's leaf that claims an admin's", readerClaims.Certificate, Operator, now, reader, nil},
		{"nothing", nil, Operator, now, Identity{}, ErrNone},
		{"another root", other.leaf(other.holder(alice, start, OperatorLife), start, OperatorLeafLife).Certificate, Operator, now, Identity{}, ErrRoot},
		{"another root behind it", append(other.leaf(other.holder(alice, start, OperatorLife), start, OperatorLeafLife).Certificate, other.root.Certificate.Raw), Operator, now, Identity{}, ErrRoot},
		{"no endorsement", h.leaf(good, start, OperatorLeafLife).Certificate[:1], Operator, now, Identity{}, ErrRoot},
		{"another's endorsement", [][]byte{h.leaf(good, start, OperatorLeafLife).Certificate[0], h.holder(edge, start, NodeLife).Certificate.Raw}, Operator, now, Identity{}, ErrRoot},
		{"the endorsement itself", [][]byte{good.Certificate.Raw}, Operator, now, Identity{}, ErrRoot},
		{"the root itself", [][]byte{h.root.Certificate.Raw}, Operator, now, Identity{}, ErrRoot},
		{"many certificates", append(h.leaf(good, start, OperatorLeafLife).Certificate, h.root.Certificate.Raw, h.root.Certificate.Raw), Operator, now, Identity{}, ErrRoot},
		{"an expired leaf", h.leaf(good, start, OperatorLeafLife).Certificate, Operator, start.Add(OperatorLeafLife + time.Second), Identity{}, ErrTime},
		{"a leaf of tomorrow", h.leaf(good, start.Add(24*time.Hour), OperatorLeafLife).Certificate, Operator, now, Identity{}, ErrTime},
		{"an expired endorsement", h.leaf(good, start.Add(OperatorLife), time.Hour).Certificate, Operator, start.Add(OperatorLife + time.Minute), Identity{}, ErrTime},
		{"an endorsement of tomorrow", h.leaf(h.holder(alice, start.Add(24*time.Hour), OperatorLife), start, time.Hour).Certificate, Operator, now, Identity{}, ErrTime},
		{"an operator as a node", h.leaf(good, start, OperatorLeafLife).Certificate, Node, now, Identity{}, ErrKind},
		{"an operator's leaf for everything, as a node", claims.Certificate, Node, now, Identity{}, ErrKind},
		{"a node as an operator", h.leaf(h.holder(edge, start, NodeLife), start, NodeLeafLife).Certificate, Operator, now, Identity{}, ErrKind},
		{"a larger curve", h.leaf(h.endorse(large, alice, start, OperatorLife), start, OperatorLeafLife).Certificate, Operator, now, Identity{}, ErrKey},
		{"RSA", h.leaf(h.endorse(rsaKey, alice, start, OperatorLife), start, OperatorLeafLife).Certificate, Operator, now, Identity{}, ErrKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			var shown []*x509.Certificate
			for _, der := range c.shown {
				one, err := x509.ParseCertificate(der)
				must(t, err)
				shown = append(shown, one)
			}
			got, err := Roots{h.root.Certificate}.Verify(shown, c.kind, c.at)
			if got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%v, %v; want %v, %v", got, err, c.want, c.err)
			}
		})
	}
}

// TestTwoRoots: while a root is replaced both are trusted.
func TestTwoRoots(t *testing.T) {
	old, young := newHouse(t), newHouse(t)
	roots := Roots{old.root.Certificate, young.root.Certificate}
	for _, h := range []house{old, young} {
		c, err := x509.ParseCertificate(h.leaf(h.holder(edge, start, NodeLife), start, time.Hour).Certificate[0])
		must(t, err)
		holder := h.holder(edge, start, NodeLife)
		leaf := h.leaf(holder, start, time.Hour)
		if i, err := roots.Verify([]*x509.Certificate{leaf.Leaf, holder.Certificate}, Node, start); err != nil || i != edge {
			t.Errorf("%v, %v", i, err)
		}
		if _, err := roots.Verify([]*x509.Certificate{c, holder.Certificate}, Node, start); err == nil {
			t.Error("a leaf of one key passes below the endorsement of another")
		}
	}
}

// TestIdentities: an endorsement says one thing, in one way.
func TestIdentities(t *testing.T) {
	for _, i := range []Identity{alice, edge, {Kind: Operator, Name: "x", Role: wire.RoleReader}} {
		if got, err := identityOf(&x509.Certificate{URIs: []*url.URL{i.uri()}}); err != nil || got != i {
			t.Errorf("%v becomes %v, %v", i, got, err)
		}
	}
	one := []*url.URL{alice.uri()}
	for name, c := range map[string]*x509.Certificate{
		"nothing":      {},
		"two":          {URIs: []*url.URL{alice.uri(), edge.uri()}},
		"a host":       {URIs: one, DNSNames: []string{"a"}},
		"an address":   {URIs: one, IPAddresses: []net.IP{{10, 0, 0, 1}}},
		"mail":         {URIs: one, EmailAddresses: []string{"a@b"}},
		"https":        {URIs: []*url.URL{{Scheme: "https", Opaque: "node:edge-1"}}},
		"no role":      {URIs: []*url.URL{{Scheme: scheme, Opaque: "operator:alice"}}},
		"wrong role":   {URIs: []*url.URL{{Scheme: scheme, Opaque: "operator:root:alice"}}},
		"node's role":  {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:admin:edge-1"}}},
		"no name":      {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:"}}},
		"large letter": {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:Edge"}}},
		"a query":      {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:edge-1", RawQuery: "a=b"}}},
		"a fragment":   {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:edge-1", Fragment: "a"}}},
		"a path":       {URIs: []*url.URL{{Scheme: scheme, Path: "/node:edge-1"}}},
		"another kind": {URIs: []*url.URL{{Scheme: scheme, Opaque: "signer:edge-1"}}},
		"much more":    {URIs: []*url.URL{{Scheme: scheme, Opaque: "node:" + strings.Repeat("a", 64)}}},
	} {
		if got, err := identityOf(c); !errors.Is(err, ErrIdentity) {
			t.Errorf("%s is %v, %v", name, got, err)
		}
	}
	for _, i := range []Identity{{}, {Kind: Node}, {Kind: Node, Name: "a", Role: 1}, {Kind: Operator, Name: "a"}, {Kind: "x", Name: "a"}, {Kind: Node, Name: "A b"}} {
		if _, err := newHouse(t).root.Endorse(nil, i, start, time.Hour); err == nil {
			t.Errorf("%+v is endorsed", i)
		}
	}
}
