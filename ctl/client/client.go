// Package client asks nodes: one connection, mutual TLS 1.3, frames of wire/SPEC.md.
//
// Always true here: the node that answers is the one that was meant, or nothing was
// asked; an answer is whole or an error; every wait ends with the context.
package client

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"mote/ctl/pki"
	"mote/wire"
)

// The ways in which a node can't be asked, for errors.Is.
var (
	// ErrUnreachable: nobody answers at the address.
	ErrUnreachable = errors.New("nobody answers")
	// ErrNotTheNode: what answers can't prove that it is the node.
	ErrNotTheNode = errors.New("what answers is not the node")
	// ErrRefused: the node does not take this operator's certificate.
	ErrRefused = errors.New("the node refuses this operator")
	// ErrBroken: the connection ended in the middle.
	ErrBroken = errors.New("the connection broke")
	// ErrTime: it did not answer in time.
	ErrTime = errors.New("no answer in time")
)

// framesMax is how many frames an answer may have.
const framesMax = 64

// Who is an operator, and the root by which nodes are known.
type Who struct {
	Holder pki.Holder
	Roots  pki.Roots
	// Now is the clock of certificates.
	Now func() time.Time
}

// Client is a connection to one node. It is for one request at a time.
type Client struct {
	conn *tls.Conn
	in   *bufio.Reader
	id   uint32
}

// Dial connects to the node of that name. Errors are ErrUnreachable, ErrNotTheNode,
// ErrTime; that a node refuses the operator is seen with the first request.
func Dial(ctx context.Context, name, address string, who Who) (*Client, error) {
	leaf, err := who.Holder.Leaf(who.Now(), pki.OperatorLeafLife)
	if err != nil {
		return nil, err
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, explain(ctx, err)
	}
	conn := tls.Client(raw, pki.ClientConfig(leaf, who.Roots, name, who.Now))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, explain(ctx, err)
	}
	return &Client{conn: conn, in: bufio.NewReader(conn)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Certificates are what the node showed: its leaf, then its endorsement.
func (c *Client) Certificates() []*x509.Certificate { return c.conn.ConnectionState().PeerCertificates }

// Ask sends a request, whose id is set here, and gives the bodies of the answer's
// frames. A refusal by the node is a wire.ReplyError.
func (c *Client) Ask(ctx context.Context, r wire.Request) (bodies [][]byte, err error) {
	c.id++
	r.ID = c.id
	frame, ok := wire.AppendRequest(nil, &r)
	if !ok {
		return nil, fmt.Errorf("client: %s %q is no request", r.Verb, r.Name)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.conn.SetDeadline(time.Unix(1, 0)) }) // wakes what waits
	defer stop()
	if _, err := c.conn.Write(frame); err != nil {
		return nil, explain(ctx, err)
	}
	for range framesMax {
		reply, err := c.read()
		switch {
		case err != nil:
			return nil, explain(ctx, err)
		case reply.ID != r.ID && reply.ID != 0:
			return nil, fmt.Errorf("client: %w: it answers request %d, not %d", ErrBroken, reply.ID, r.ID)
		case reply.Error.Code != 0:
			return nil, reply.Error
		}
		if bodies = append(bodies, reply.Body); !reply.More {
			return bodies, nil
		}
	}
	return nil, fmt.Errorf("client: %w: an answer of more than %d frames", ErrBroken, framesMax)
}

// read reads one frame.
func (c *Client) read() (reply wire.Reply, err error) {
	var head [wire.FrameHeadSize]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return reply, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > wire.FrameSizeMax {
		return reply, fmt.Errorf("%w: a frame of %d bytes", ErrBroken, size)
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return reply, err
	}
	return reply, wire.DecodeReply(payload, &reply)
}

// explain says which of the ways it is, and what to do.
func explain(ctx context.Context, err error) error {
	var op *net.OpError
	var alert tls.AlertError
	timeout := net.Error(nil)
	is := func(reason error, next string) error { return fmt.Errorf("client: %w: %w; %s", reason, err, next) }
	switch {
	case errors.Is(err, ErrBroken):
		return err
	case ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout():
		return is(ErrTime, "look whether it runs and is reachable, or give it longer with --timeout")
	case errors.As(err, &op) && op.Op == "dial":
		return is(ErrUnreachable, "look whether it runs, and at its address in the context")
	case errors.As(err, &alert) || errors.As(err, &op) && op.Op == "remote error":
		return is(ErrRefused, "its manifest must have the root that endorsed you, and both clocks must be right")
	case errors.Is(err, pki.ErrRoot), errors.Is(err, pki.ErrKind), errors.Is(err, pki.ErrNode), errors.Is(err, pki.ErrTime),
		errors.Is(err, pki.ErrKey), errors.Is(err, pki.ErrIdentity), errors.Is(err, pki.ErrProtocol), errors.Is(err, pki.ErrNone):
		return is(ErrNotTheNode, "do not go on before you know what it is")
	}
	return is(ErrBroken, "try again")
}
