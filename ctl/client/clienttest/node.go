// Package clienttest has nodes for tests: the real gate on loopback, before a PID 1
// that answers as the test says.
package clienttest

import (
	"context"
	"net"
	"testing"
	"time"

	"mote/ctl/client"
	"mote/ctl/gate"
	"mote/ctl/pki"
	"mote/wire"
)

// House is a root, with which nodes and operators are endorsed.
type House struct{ Root pki.Holder }

// NewHouse makes a root that is good now.
func NewHouse(t testing.TB) House {
	t.Helper()
	key, err := pki.NewKey()
	must(t, err)
	root, err := pki.NewRoot(key, "test", time.Now())
	must(t, err)
	return House{root}
}

// Holder endorses a new key.
func (h House) Holder(t testing.TB, i pki.Identity) pki.Holder {
	t.Helper()
	key, err := pki.NewKey()
	must(t, err)
	c, err := h.Root.Endorse(key.Public(), i, time.Now(), time.Hour)
	must(t, err)
	return pki.Holder{Certificate: c, Key: key}
}

// Operator is somebody of the house who asks.
func (h House) Operator(t testing.TB, role wire.Role) client.Who {
	t.Helper()
	return client.Who{Holder: h.Holder(t, pki.Identity{Kind: pki.Operator, Name: "alice", Role: role}), Roots: h.Roots(), Now: time.Now}
}

// Roots are whom the house's members trust.
func (h House) Roots() pki.Roots { return pki.Roots{h.Root.Certificate} }

// Node serves as the node of that name until the test ends, and gives its address.
// answer is PID 1's: the frames of its answer to a request.
func (h House) Node(t testing.TB, name string, answer func(*wire.Request) []byte) string {
	t.Helper()
	leaf, err := h.Holder(t, pki.Identity{Kind: pki.Node, Name: name}).Leaf(time.Now(), time.Hour)
	must(t, err)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	near, far := net.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go pid1(far, answer)
	go func() {
		ended <- gate.Serve(ctx, l, near, gate.Config{Leaf: leaf, Roots: h.Roots(), Idle: time.Hour, Now: time.Now})
	}()
	t.Cleanup(func() {
		stop()
		far.Close()
		<-ended
	})
	return l.Addr().String()
}

// pid1 answers frames, one after the other.
func pid1(conn net.Conn, answer func(*wire.Request) []byte) {
	var in []byte
	buf := make([]byte, wire.RequestSizeMax)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		in = append(in, buf[:n]...)
		for {
			payload, used, _ := wire.NextFrame(in)
			if used == 0 {
				break
			}
			var r wire.Request
			if wire.DecodeRequest(payload, &r) != nil {
				conn.Close()
				return
			}
			if _, err := conn.Write(answer(&r)); err != nil {
				return
			}
			in = in[used:]
		}
	}
}

// Replies answers by verb: a body, or an error.
func Replies(bodies map[wire.Verb]wire.Body) func(*wire.Request) []byte {
	return func(r *wire.Request) []byte {
		body, ok := bodies[r.Verb]
		if !ok {
			return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeUnknownService, What: "no service of that name", Next: "status lists them"})
		}
		b, _ := wire.AppendReply(nil, r.ID, false, body)
		return b
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
