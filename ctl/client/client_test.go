package client_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"mote/ctl/client"
	"mote/ctl/client/clienttest"
	"mote/wire"
)

// TestAsk: an answer of one frame, of several, and a refusal.
func TestAsk(t *testing.T) {
	h := clienttest.NewHouse(t)
	address := h.Node(t, "edge-1", func(r *wire.Request) (all []byte) {
		if r.Verb == wire.VerbReboot {
			return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeForbidden, What: "no", Next: "sign it"})
		}
		for n := range 3 {
			b, _ := wire.AppendReply(nil, r.ID, n < 2, &wire.Logs{Dropped: uint64(n)})
			all = append(all, b...)
		}
		return all
	})
	c, err := client.Dial(t.Context(), "edge-1", address, h.Operator(t, wire.RoleReader))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		bodies, err := c.Ask(t.Context(), wire.Request{Verb: wire.VerbLogs, Name: []byte("a")})
		var logs wire.Logs
		if err != nil || len(bodies) != 3 || wire.DecodeLogs(bodies[2], &logs) != nil || logs.Dropped != 2 {
			t.Fatalf("%d bodies, %+v, %v", len(bodies), logs, err)
		}
	}
	var refusal wire.ReplyError
	if _, err := c.Ask(t.Context(), wire.Request{Verb: wire.VerbReboot}); !errors.As(err, &refusal) || refusal.Code != wire.CodeForbidden {
		t.Errorf("%v", err)
	}
	if _, err := c.Ask(t.Context(), wire.Request{Verb: wire.VerbLogs}); err == nil {
		t.Error("a request that can't be was sent")
	}
	if len(c.Certificates()) != 2 {
		t.Errorf("%d certificates", len(c.Certificates()))
	}
}

// TestTroubles: each way in which a node can't be asked has its error.
func TestTroubles(t *testing.T) {
	h, other := clienttest.NewHouse(t), clienttest.NewHouse(t)
	silent, err := net.Listen("tcp4", "127.0.0.1:0") // the kernel accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	status := clienttest.Replies(map[wire.Verb]wire.Body{wire.VerbStatus: &wire.Status{State: "ready"}})
	good, foreign := h.Node(t, "edge-1", status), other.Node(t, "edge-1", status)
	broken := h.Node(t, "edge-1", func(*wire.Request) []byte { return []byte{0xff, 0xff, 0xff, 0xff} })
	mixed := h.Operator(t, wire.RoleReader) // it knows the nodes of another house, which don't know it
	mixed.Roots = other.Roots()
	for _, c := range []struct {
		name, node, address string
		who                 client.Who
		want                error
	}{
		{"nobody listens", "edge-1", gone.Addr().String(), h.Operator(t, wire.RoleReader), client.ErrUnreachable},
		{"nobody answers", "edge-1", silent.Addr().String(), h.Operator(t, wire.RoleReader), client.ErrTime},
		{"another node", "edge-2", good, h.Operator(t, wire.RoleReader), client.ErrNotTheNode},
		{"another house's node", "edge-1", foreign, h.Operator(t, wire.RoleReader), client.ErrNotTheNode},
		{"another house's operator", "edge-1", foreign, mixed, client.ErrRefused},
		{"PID 1 goes away", "edge-1", broken, h.Operator(t, wire.RoleReader), client.ErrBroken},
		{"all is well", "edge-1", good, h.Operator(t, wire.RoleReader), nil},
	} {
		limit := 20 * time.Second
		if c.want == client.ErrTime {
			limit = 200 * time.Millisecond
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		conn, err := client.Dial(ctx, c.node, c.address, c.who)
		if err == nil {
			_, err = conn.Ask(ctx, wire.Request{Verb: wire.VerbStatus})
			conn.Close()
		}
		cancel()
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

// TestAskEnds: a node that does not answer is waited for as long as the context says.
func TestAskEnds(t *testing.T) {
	h := clienttest.NewHouse(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	address := h.Node(t, "edge-1", func(*wire.Request) []byte { <-hold; return nil })
	c, err := client.Dial(t.Context(), "edge-1", address, h.Operator(t, wire.RoleReader))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := c.Ask(ctx, wire.Request{Verb: wire.VerbStatus}); !errors.Is(err, client.ErrTime) {
		t.Errorf("%v", err)
	}
}
