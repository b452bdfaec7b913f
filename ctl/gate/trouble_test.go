package gate

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"mote/wire"
)

// TestHalfOpen: a thousand connections that never say a word hold up nobody, and none
// of them stays past the deadline.
func TestHalfOpen(t *testing.T) {
	r := start(t, nil, nil)
	var open []net.Conn
	for range 1000 {
		c, err := net.Dial("tcp4", r.address)
		must(t, err)
		defer c.Close()
		open = append(open, c)
	}
	r.honest()
	for _, c := range open { // all are closed: at once to make room, or by the deadline
		must(t, c.SetReadDeadline(time.Now().Add(limit)))
		if _, err := c.Read(make([]byte, 1)); err == nil {
			t.Fatal("somebody who said nothing got an answer")
		} else if e := net.Error(nil); errors.As(err, &e) && e.Timeout() {
			t.Fatal("a connection that said nothing is still there")
		}
	}
	r.honest()
}

// TestSlowloris: handshakes and requests that come byte by byte, or stop, hold up
// nobody but themselves.
func TestSlowloris(t *testing.T) {
	r := start(t, nil, nil)
	hello, err := net.Dial("tcp4", r.address)
	must(t, err)
	defer hello.Close()
	_, err = hello.Write([]byte{22, 3, 1}) // the head of a record, and no more
	must(t, err)
	for range callerMax { // an operator's all places, each with half a request
		c, err := r.dial(r.leaf(operator("bob", wire.RoleReader), time.Now(), time.Minute))
		must(t, err)
		if _, err := ask(c, wire.Request{ID: 1, Verb: wire.VerbStatus}); err != nil {
			t.Fatal(err)
		}
		_, err = c.Write([]byte{0, 0, 0, 9, 0xa1})
		must(t, err)
	}
	over, err := r.dial(r.leaf(operator("bob", wire.RoleReader), time.Now(), time.Minute))
	must(t, err)
	if reply, err := exchange(over, nil); err != nil || reply.Error.Code != wire.CodeBusy {
		t.Errorf("one more of the same operator: %+v, %v", reply, err)
	}
	r.honest()
}

// TestCertificateEnds: a connection does not outlive the certificate that it was
// opened with.
func TestCertificateEnds(t *testing.T) {
	r := start(t, nil, nil)
	c, err := r.dial(r.leaf(operator("alice", wire.RoleAdmin), time.Now(), 2*time.Second))
	must(t, err)
	if _, err := ask(c, wire.Request{ID: 1, Verb: wire.VerbStatus}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("it goes on: %v", err)
	}
}

// ends waits for the gate's end.
func (r *running) ends() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(limit):
		r.t.Fatal("the gate goes on")
	}
	return nil
}

// TestEnds: a gate leaves when idle, when its leaf has lived a third of its life, when
// PID 1 is gone or answers something else; and not while somebody is there.
func TestEnds(t *testing.T) {
	idle := start(t, func(c *Config) { c.Idle = 300 * time.Millisecond }, nil)
	c, err := idle.dial(idle.leaf(operator("alice", wire.RoleAdmin), time.Now(), time.Minute))
	must(t, err)
	for began := time.Now(); time.Since(began) < time.Second; {
		if _, err := ask(c, wire.Request{ID: 1, Verb: wire.VerbStatus}); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if err := idle.ends(); err != nil {
		t.Errorf("idle: %v", err)
	}
	old := start(t, func(c *Config) {
		first := c.Now()
		c.Now = func() time.Time { return first.Add(2 * time.Hour) } // long past a third
	}, nil)
	if err := old.ends(); err != nil {
		t.Errorf("an old leaf: %v", err)
	}
	gone := start(t, nil, nil)
	gone.honest()
	gone.pid1.Close()
	if err := gone.ends(); !errors.Is(err, ErrRelay) {
		t.Errorf("PID 1 gone: %v", err)
	}
	for name, answer := range map[string]func(*wire.Request) []byte{
		"another's answer": func(q *wire.Request) []byte {
			b, _ := wire.AppendReply(nil, q.ID+1, false, nil)
			return b
		},
		"no frame": func(*wire.Request) []byte { return []byte{0xff, 0xff, 0xff, 0xff} },
		"no reply": func(*wire.Request) []byte { return []byte{0, 0, 0, 1, 0xff} },
	} {
		r := start(t, nil, answer)
		c, err := r.dial(r.leaf(operator("alice", wire.RoleAdmin), time.Now(), time.Minute))
		must(t, err)
		if reply, err := ask(c, wire.Request{ID: 1, Verb: wire.VerbStatus}); err == nil {
			t.Errorf("%s: a client got %+v", name, reply)
		}
		if err := r.ends(); !errors.Is(err, ErrRelay) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnswersOfManyFrames come whole, and a slow reader of them holds up nobody.
func TestAnswersOfManyFrames(t *testing.T) {
	big := make([]wire.LogRecord, 60)
	for i := range big {
		big[i] = wire.LogRecord{TimeNsec: 1, Stream: wire.StreamOut, Text: make([]byte, 1000)}
	}
	r := start(t, nil, func(q *wire.Request) (all []byte) {
		for n := range 5 {
			b, _ := wire.AppendReply(nil, q.ID, n < 4, &wire.Logs{Records: big})
			all = append(all, b...)
		}
		return all
	})
	slow, err := r.dial(r.leaf(operator("bob", wire.RoleReader), time.Now(), time.Minute))
	must(t, err)
	frame, _ := wire.AppendRequest(nil, &wire.Request{ID: 1, Verb: wire.VerbStatus})
	for range 30 { // nothing of 9 MB is read
		_, err := slow.Write(frame)
		must(t, err)
	}
	c, err := r.dial(r.leaf(operator("alice", wire.RoleReader), time.Now(), time.Minute))
	must(t, err)
	reply, err := exchange(c, frame)
	for n := 1; n < 5 && err == nil; n++ {
		if !reply.More {
			t.Fatalf("%d frames", n)
		}
		reply, err = exchange(c, nil)
	}
	if err != nil || reply.More {
		t.Errorf("%v, more: %v", err, reply.More)
	}
}

// TestPace: a client that asks as fast as it can is held to its share.
func TestPace(t *testing.T) {
	p, began := pace{at: time.Now()}, time.Now()
	for range paceBurst {
		p.wait()
	}
	burst := time.Since(began)
	for range 20 {
		p.wait()
	}
	if took := time.Since(began); took < 20*paceEvery {
		t.Errorf("%d requests in %v, the first %d in %v", paceBurst+20, took, paceBurst, burst)
	}
}
