package pki

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// protocol is what both ends name by ALPN (RFC 7301): another form of frames will
// be another word, and ends that don't know each other's part at once.
const protocol = "mote/1"

// ErrProtocol: the peer does not say that it speaks ours.
var ErrProtocol = errors.New("the other side does not speak " + protocol)

// ServerConfig is a node's end: TLS 1.3, with X25519MLKEM768 where the client has
// it (Go's order), and nobody comes in without an operator's certificate. now is
// asked at each handshake. Sessions are never resumed, as that would carry a
// client past the end of its certificate.
func ServerConfig(leaf tls.Certificate, r Roots, now func() time.Time) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS13, NextProtos: []string{protocol},
		ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			_, err := r.Caller(s, now())
			return err
		},
	}
}

// Caller is the operator at the other end of a connection to a node.
func (r Roots) Caller(s tls.ConnectionState, now time.Time) (Identity, error) {
	return r.peer(s, Operator, now)
}

func (r Roots) peer(s tls.ConnectionState, kind Kind, now time.Time) (Identity, error) {
	if s.NegotiatedProtocol != protocol {
		return Identity{}, fmt.Errorf("pki: %w, but %q", ErrProtocol, s.NegotiatedProtocol)
	}
	return r.Verify(s.PeerCertificates, kind, now)
}

// ErrNode: another node answered than the one that was meant.
var ErrNode = errors.New("another node answers")

// ClientConfig is an operator's end of a connection to the node of that name. The
// address plays no part in who the node is, so no name is sent and none compared.
func ClientConfig(leaf tls.Certificate, r Roots, node string, now func() time.Time) *tls.Config {
	return &tls.Config{
		Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS13, NextProtos: []string{protocol},
		// Go's own check goes by host names; VerifyConnection below stands in its
		// place, and is called in every handshake.
		InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			i, err := r.peer(s, Node, now())
			if err == nil && i.Name != node {
				err = fmt.Errorf("pki: %w: it is %s, where %s is wanted; mend the context's address", ErrNode, i.Name, node)
			}
			return err
		},
	}
}
