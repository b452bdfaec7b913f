package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mote/ctl/pki"
	"mote/wire"
)

// limit is for what happens at once, on a machine that has other work.
const limit = 30 * time.Second

// house is a root with a node and an operator, good around now.
type house struct {
	t     *testing.T
	root  pki.Holder
	roots pki.Roots
	node  tls.Certificate
}

func newHouse(t *testing.T) house {
	key, err := pki.NewKey()
	must(t, err)
	root, err := pki.NewRoot(key, "test", time.Now())
	must(t, err)
	h := house{t: t, root: root, roots: pki.Roots{root.Certificate}}
	h.node = h.leaf(pki.Identity{Kind: pki.Node, Name: "edge-1"}, time.Now(), time.Hour)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) leaf(i pki.Identity, at time.Time, life time.Duration) tls.Certificate {
	h.t.Helper()
	key, err := pki.NewKey()
	must(h.t, err)
	c, err := h.root.Endorse(key.Public(), i, time.Now(), time.Hour)
	must(h.t, err)
	leaf, err := pki.Holder{Certificate: c, Key: key}.Leaf(at, life)
	must(h.t, err)
	return leaf
}

func operator(name string, role wire.Role) pki.Identity {
	return pki.Identity{Kind: pki.Operator, Name: name, Role: role}
}

// running is a gate that serves, with a PID 1 that notes whom it asks for.
type running struct {
	house
	address string
	pid1    net.Conn
	// asked counts the requests that reached PID 1, last is the caller of the latest.
	asked atomic.Int64
	last  atomic.Pointer[wire.Caller]
	ended chan error
	stop  context.CancelFunc
}

// start serves on loopback. answer is PID 1's, nil for the node's state.
func start(t *testing.T, change func(c *Config), answer func(r *wire.Request) []byte) *running {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	must(t, err)
	r := &running{house: newHouse(t), address: l.Addr().String(), ended: make(chan error, 1)}
	near, far := net.Pipe()
	r.pid1 = far
	c := Config{Leaf: r.node, Roots: r.roots, Idle: time.Hour, Now: time.Now}
	if change != nil {
		change(&c)
	}
	if answer == nil {
		answer = func(q *wire.Request) []byte {
			b, _ := wire.AppendReply(nil, q.ID, false, &wire.Status{Node: "edge-1", State: "ready"})
			return b
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	r.stop = stop
	go r.answers(answer)
	go func() { r.ended <- Serve(ctx, l, near, c) }()
	t.Cleanup(func() {
		stop()
		far.Close()
	})
	return r
}

// answers is PID 1.
func (r *running) answers(answer func(*wire.Request) []byte) {
	var in []byte
	buf := make([]byte, 4096)
	for {
		n, err := r.pid1.Read(buf)
		if err != nil {
			return
		}
		in = append(in, buf[:n]...)
		for {
			payload, used, _ := wire.NextFrame(in)
			if used == 0 {
				break
			}
			var q wire.Request
			if wire.DecodeRequest(payload, &q) != nil {
				r.pid1.Close()
				return
			}
			r.last.Store(&wire.Caller{Name: append([]byte(nil), q.Caller.Name...), Role: q.Caller.Role})
			r.asked.Add(1)
			if _, err := r.pid1.Write(answer(&q)); err != nil {
				return
			}
			in = in[used:]
		}
	}
}

// dial is a client with a certificate.
func (r *running) dial(leaf tls.Certificate) (*tls.Conn, error) {
	c, err := tls.Dial("tcp4", r.address, pki.ClientConfig(leaf, r.roots, "edge-1", time.Now))
	if err == nil {
		r.t.Cleanup(func() { c.Close() })
		err = c.SetDeadline(time.Now().Add(limit))
	}
	return c, err
}

// ask sends a request and reads one reply.
func ask(c net.Conn, q wire.Request) (wire.Reply, error) {
	frame, ok := wire.AppendRequest(nil, &q)
	if !ok {
		return wire.Reply{}, errors.New("no request")
	}
	return exchange(c, frame)
}

func exchange(c net.Conn, frame []byte) (reply wire.Reply, err error) {
	if _, err := c.Write(frame); err != nil {
		return reply, err
	}
	var in []byte
	buf := make([]byte, 1)
	for {
		payload, used, ok := wire.NextFrame(in)
		if !ok {
			return reply, errors.New("no frame")
		}
		if used > 0 {
			return reply, wire.DecodeReply(payload, &reply)
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return reply, err
		}
		in = append(in, buf...)
	}
}

// honest is a client as it should be, who must be served.
func (r *running) honest() {
	r.t.Helper()
	c, err := r.dial(r.leaf(operator("alice", wire.RoleAdmin), time.Now(), time.Minute))
	must(r.t, err)
	defer c.Close()
	reply, err := ask(c, wire.Request{ID: 3, Verb: wire.VerbStatus})
	if err != nil || reply.ID != 3 || reply.Error.Code != 0 {
		r.t.Fatalf("an honest client got %+v, %v", reply, err)
	}
}

// TestGatePassesTheProvenCaller: PID 1 hears the name and role of the certificate.
func TestGatePassesTheProvenCaller(t *testing.T) {
	r := start(t, nil, nil)
	for role := wire.RoleReader; role <= wire.RoleAdmin; role++ {
		c, err := r.dial(r.leaf(operator("bob", role), time.Now(), time.Minute))
		must(t, err)
		if _, err := ask(c, wire.Request{ID: 1, Verb: wire.VerbStatus}); err != nil {
			t.Fatal(err)
		}
		if last := r.last.Load(); string(last.Name) != "bob" || last.Role != role {
			t.Errorf("PID 1 heard %s as %s, want bob as %s", last.Name, last.Role, role)
		}
	}
}

// TestGateRefuses walks who and what never reaches PID 1, with what they see of it.
func TestGateRefuses(t *testing.T) {
	r := start(t, nil, nil)
	other := newHouse(t)
	good := r.leaf(operator("alice", wire.RoleAdmin), time.Now(), time.Minute)
	for _, c := range []struct {
		name string
		leaf tls.Certificate
		max  uint16
		want string
	}{
		{"no certificate", tls.Certificate{}, 0, "certificate required"},
		{"another root", other.leaf(operator("alice", wire.RoleAdmin), time.Now(), time.Minute), 0, "bad certificate"},
		{"a node", r.node, 0, "bad certificate"},
		{"an expired leaf", r.leaf(operator("alice", wire.RoleAdmin), time.Now().Add(-time.Hour), time.Minute), 0, "bad certificate"},
		{"a leaf of tomorrow", r.leaf(operator("alice", wire.RoleAdmin), time.Now().Add(24*time.Hour), time.Minute), 0, "bad certificate"},
		{"TLS 1.2", good, tls.VersionTLS12, "protocol version"},
	} {
		config := pki.ClientConfig(c.leaf, r.roots, "edge-1", time.Now)
		if c.max != 0 {
			config.MinVersion, config.MaxVersion = c.max, c.max
		}
		if c.leaf.Certificate == nil {
			config.Certificates = nil
		}
		conn, err := tls.Dial("tcp4", r.address, config)
		if err == nil {
			must(t, conn.SetDeadline(time.Now().Add(limit)))
			_, err = ask(conn, wire.Request{ID: 1, Verb: wire.VerbStatus})
			conn.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	r.bytes(good)
	if n := r.asked.Load(); n != 0 {
		t.Errorf("PID 1 was asked %d times", n)
	}
	r.honest()
}

// bytes are what a proven client may send that is no request: refused with a code, or
// the end of the connection (0).
func (r *running) bytes(good tls.Certificate) {
	named, _ := wire.AppendRequest(nil, &wire.Request{ID: 9, Verb: wire.VerbStatus, Caller: wire.Caller{Name: []byte("root"), Role: wire.RoleAdmin}})
	for _, c := range []struct {
		name  string
		bytes []byte
		code  wire.Code
	}{
		{"garbage in a frame", []byte{0, 0, 0, 2, 0xff, 0xff}, wire.CodeMalformed},
		{"a second item", []byte{0, 0, 0, 6, 0xa2, 0, 7, 1, 1, 0}, wire.CodeMalformed},
		{"a request that names its caller", named, wire.CodeForbidden},
		{"a frame of nothing", []byte{0, 0, 0, 0}, 0},
		{"a frame past its bound", []byte{0, 1, 0, 1, 0xa0}, 0},
		{"a frame that no request has", []byte{0, 0, 0xff, 0xff, 0xa0}, 0},
		{"another protocol", []byte("GET / HTTP/1.1\r\n\r\n"), 0},
	} {
		conn, err := r.dial(good)
		must(r.t, err)
		reply, err := exchange(conn, c.bytes)
		if c.code == 0 && err == nil || c.code != 0 && (err != nil || reply.Error.Code != c.code || reply.Error.Next == "") {
			r.t.Errorf("%s: %+v, %v; want code %d", c.name, reply, err, c.code)
		}
		conn.Close()
	}
}
