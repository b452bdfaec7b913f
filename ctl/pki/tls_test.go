package pki

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// TestHandshakes holds whole handshakes, as both ends see them.
func TestHandshakes(t *testing.T) {
	h, other := newHouse(t), newHouse(t)
	clock := func() time.Time { return start }
	roots := Roots{h.root.Certificate}
	node := h.leaf(h.holder(edge, start, NodeLife), start, NodeLeafLife)
	operator := h.leaf(h.holder(alice, start, OperatorLife), start, OperatorLeafLife)
	client := func(change func(c *tls.Config)) *tls.Config {
		c := ClientConfig(operator, roots, edge.Name, clock)
		change(c)
		return c
	}
	shows := func(leaf tls.Certificate) *tls.Config {
		return client(func(c *tls.Config) { c.Certificates = []tls.Certificate{leaf} })
	}
	for _, c := range []struct {
		name   string
		client *tls.Config
		server tls.Certificate
		// want is in the error of one end or the other; empty: it comes to pass.
		want string
	}{
		{"an operator at a node", client(func(*tls.Config) {}), node, ""},
		{"without the hybrid key exchange", client(func(c *tls.Config) { c.CurvePreferences = []tls.CurveID{tls.X25519} }), node, ""},
		{"no client certificate", client(func(c *tls.Config) { c.Certificates = nil }), node, "didn't provide a certificate"},
		{"TLS 1.2", client(func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }), node, "unsupported versions"},
		{"another protocol", client(func(c *tls.Config) { c.NextProtos = []string{"h2"} }), node, "no application protocol"},
		{"no protocol", client(func(c *tls.Config) { c.NextProtos = nil }), node, ErrProtocol.Error()},
		{"an operator of another root", shows(other.leaf(other.holder(alice, start, OperatorLife), start, time.Hour)), node, ErrRoot.Error()},
		{"a node as a client", shows(node), node, ErrKind.Error()},
		{"an expired leaf", shows(h.leaf(h.holder(alice, start, OperatorLife), start.Add(-time.Hour), time.Minute)), node, ErrTime.Error()},
		{"a leaf of tomorrow", shows(h.leaf(h.holder(alice, start, OperatorLife), start.Add(24*time.Hour), time.Minute)), node, ErrTime.Error()},
		{"another node answers", client(func(*tls.Config) {}), h.leaf(h.holder(Identity{Kind: Node, Name: "edge-2"}, start, NodeLife), start, time.Hour), ErrNode.Error()},
		{"a node of another root answers", client(func(*tls.Config) {}), other.leaf(other.holder(edge, start, NodeLife), start, time.Hour), ErrRoot.Error()},
		{"an operator answers", client(func(*tls.Config) {}), operator, ErrKind.Error()},
		{"a node's leaf of yesterday answers", client(func(*tls.Config) {}), h.leaf(h.holder(edge, start, NodeLife), start.Add(-48*time.Hour), NodeLeafLife), ErrTime.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, curve, err := handshake(c.client, ServerConfig(c.server, roots, clock), roots)
			switch {
			case c.want == "" && (err != nil || got != alice):
				t.Errorf("%v, %v", got, err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, %v; want %q", got, err, c.want)
			case c.want == "" && c.client.CurvePreferences == nil && curve != tls.X25519MLKEM768:
				t.Errorf("the key exchange is %v", curve)
			}
		})
	}
}

// handshake lets both ends shake hands and say a byte, and gives whom the server
// saw and what either end says went wrong.
func handshake(client, server *tls.Config, roots Roots) (Identity, tls.CurveID, error) {
	near, far := net.Pipe()
	limit := time.Now().Add(10 * time.Second) // a pipe between goroutines: a deadline for a hang only
	near.SetDeadline(limit)
	far.SetDeadline(limit)
	ended := make(chan error, 1)
	s := tls.Server(far, server)
	go func() {
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte{1})
		}
		ended <- err
		far.Close()
	}()
	c := tls.Client(near, client)
	_, err := io.ReadFull(c, make([]byte, 1))
	near.Close()
	if err = errors.Join(<-ended, err); err != nil {
		return Identity{}, 0, err
	}
	i, err := roots.Caller(s.ConnectionState(), start)
	return i, s.ConnectionState().CurveID, err
}

// TestFiles: what is written is read as the same again, and nothing else is.
func TestFiles(t *testing.T) {
	h := newHouse(t)
	holder := h.holder(edge, start, NodeLife)
	text, err := holder.Encode()
	must(t, err)
	again, err := DecodeHolder(text)
	must(t, err)
	if i, err := again.Identity(); err != nil || i != edge {
		t.Errorf("%v, %v", i, err)
	}
	leaf, err := EncodeLeaf(h.leaf(again, start, time.Hour))
	must(t, err)
	if l, err := DecodeLeaf(leaf); err != nil || l.Leaf == nil || len(l.Certificate) != 2 {
		t.Errorf("%v", err)
	}
	root := EncodeCertificates(h.root.Certificate)
	for name, n := range map[string]int{"one root": 1, "two": 2} {
		if r, err := DecodeRoots([]byte(strings.Repeat(string(root), n))); err != nil || len(r) != n {
			t.Errorf("%s: %v", name, err)
		}
	}
	foreign := h.holder(edge, start, NodeLife)
	foreignText, err := foreign.Encode()
	must(t, err)
	for name, wrong := range map[string]func() error{
		"no root":        func() error { _, err := DecodeRoots(nil); return err },
		"three roots":    func() error { _, err := DecodeRoots([]byte(strings.Repeat(string(root), 3))); return err },
		"an endorsement": func() error { _, err := DecodeRoots(EncodeCertificates(holder.Certificate)); return err },
		"a key alone": func() error {
			_, err := DecodeHolder(text[:strings.Index(string(text), "-----BEGIN CERT")])
			return err
		},
		"another's key": func() error {
			_, err := DecodeHolder(foreignText[:strings.Index(string(foreignText), "-----BEGIN CERT")], EncodeCertificates(holder.Certificate))
			return err
		},
		"two keys":             func() error { _, err := DecodeHolder(text, foreignText); return err },
		"a leaf of its holder": func() error { _, err := DecodeLeaf(text); return err },
		"a block of something": func() error { _, err := DecodeRoots([]byte("-----BEGIN X-----\n-----END X-----\n")); return err },
		"a certificate of garbage": func() error {
			_, err := DecodeRoots([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
			return err
		},
	} {
		if wrong() == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
