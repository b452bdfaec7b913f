// Package gate ends TLS for PID 1: it proves who calls, and passes their requests on
// with that proof. It decides nothing and has nothing but the key of a leaf.
//
//	client ──TLS 1.3──▶ gate ──frames with the caller──▶ PID 1, which decides
//
// Always true here: a request reaches PID 1 only from a connection whose client was
// proven, and with that client's name and role, whatever stood in it; one request at
// a time is with PID 1, and its answer is read whole before anybody is sent a byte
// of it, so that a slow client holds up itself alone; every wait has a deadline and
// every table a bound; when PID 1's end of the connection is gone the gate is over.
//
//	gate.go      its life: accept, idle, the end of its leaf
//	pending.go   who is not proven yet
//	conn.go      who is
//	relay.go     the connection to PID 1
package gate

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"mote/ctl/pki"
)

// Bounds, each with what happens at it.
const (
	// pendingMax clients shake hands at once; a further one takes the place of the one
	// that has been at it longest, so that whoever only connects holds up nobody.
	pendingMax = 256
	// connsMax proven clients at once, callerMax of them one operator's; a further one
	// is told so.
	connsMax  = 64
	callerMax = 16
	// handshakeLimit is for a whole handshake.
	handshakeLimit = 5 * time.Second
	// quietLimit is how long a proven client may say nothing.
	quietLimit = 2 * time.Minute
	// frameLimit is for the rest of a request whose head has come, and for a client to
	// take an answer.
	frameLimit = 10 * time.Second
	// answerLimit is for PID 1's answer, which it gives at once, or when a disk has kept something.
	answerLimit = 30 * time.Second
	// acceptPause is how long nothing is accepted when there is no descriptor left.
	acceptPause = 50 * time.Millisecond
	// paceEvery is how often one client may ask in the long run, paceBurst how many
	// times at once: PID 1 has other things to do.
	paceEvery = 5 * time.Millisecond
	paceBurst = 64
)

// Config is what a gate is given.
type Config struct {
	// Leaf is the node's, Roots whom clients must be endorsed by.
	Leaf  tls.Certificate
	Roots pki.Roots
	// Idle ends the gate when there was no client for so long.
	Idle time.Duration
	// Now is the clock that certificates are held against.
	Now func() time.Time
}

// ErrRelay: PID 1's end is gone or speaks something else.
var ErrRelay = errors.New("gate: the connection to PID 1 broke")

// gate is one that runs.
type gate struct {
	config Config
	tls    *tls.Config
	relay  *relay
	// last is when the last client left; guarded by mu, as what follows.
	mu      sync.Mutex
	pending pending
	conns   int
	callers map[string]int
	last    time.Time
}

// Serve accepts clients from l until nobody has come for Config.Idle, the leaf has
// lived a third of its life (nil: PID 1 starts another gate when somebody connects),
// ctx is done, or PID 1's connection broke (ErrRelay). It closes both.
func Serve(ctx context.Context, l net.Listener, pid1 net.Conn, c Config) error {
	ctx, stop := context.WithCancelCause(ctx)
	g := &gate{config: c, tls: pki.ServerConfig(c.Leaf, c.Roots, c.Now), callers: map[string]int{}, last: time.Now(),
		relay: &relay{conn: pid1, replies: make(chan []byte, 1)}}
	life := c.Leaf.Leaf.NotAfter.Sub(c.Leaf.Leaf.NotBefore) / 3
	rotate := time.AfterFunc(c.Leaf.Leaf.NotBefore.Add(life).Sub(c.Now()), func() { stop(nil) })
	defer rotate.Stop()
	g.relay.broke = func() { stop(ErrRelay) }
	context.AfterFunc(ctx, func() {
		l.Close()
		pid1.Close()
	})
	go g.relay.watch()
	go g.untilIdle(ctx, stop)
	var all sync.WaitGroup
	g.accept(ctx, l, &all)
	all.Wait()
	if err := context.Cause(ctx); errors.Is(err, ErrRelay) {
		return err
	}
	return nil
}

// accept takes clients in until ctx is done.
func (g *gate) accept(ctx context.Context, l net.Listener, all *sync.WaitGroup) {
	for ctx.Err() == nil {
		conn, err := l.Accept()
		if err != nil {
			select { // most likely there is no descriptor left
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		place := g.begin(conn)
		all.Add(1)
		go func() {
			defer all.Done()
			end := context.AfterFunc(ctx, func() { conn.Close() })
			defer end()
			g.client(conn, place)
			conn.Close()
		}()
	}
}

// untilIdle stops the gate when nobody has been there for long enough. A client that
// connects in that instant waits in the socket's queue, for the next gate.
func (g *gate) untilIdle(ctx context.Context, stop context.CancelCauseFunc) {
	for wait := g.config.Idle; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		g.mu.Lock()
		busy := g.conns+g.pending.count() > 0
		wait = g.config.Idle - time.Since(g.last)
		g.mu.Unlock()
		if busy {
			wait = g.config.Idle
		} else if wait <= 0 {
			stop(nil)
			return
		}
	}
}

// client is the life of one connection: proof, then requests.
func (g *gate) client(conn net.Conn, place *handshake) {
	s := tls.Server(conn, g.tls)
	caller, err := g.prove(s)
	if !g.proven(place, caller, err) {
		if err == nil {
			refuse(s, "too many clients", "close one, or ask later")
		}
		return
	}
	defer g.left(caller)
	g.requests(s, caller)
}
