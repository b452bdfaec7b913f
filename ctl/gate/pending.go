package gate

import (
	"container/list"
	"crypto/tls"
	"net"
	"time"

	"mote/ctl/pki"
)

// pending are the connections whose clients are not proven yet, oldest first.
type pending struct{ list.List }

// handshake is one of them.
type handshake struct {
	conn net.Conn
	at   *list.Element
}

func (p *pending) count() int { return p.Len() }

// begin makes room for a new client: where there is none, the one goes that has been
// at it longest. An honest client takes some milliseconds, so whoever floods must
// open pendingMax connections in these to hit it.
func (g *gate) begin(conn net.Conn) *handshake {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pending.Len() >= pendingMax {
		oldest := g.pending.Front()
		g.pending.Remove(oldest)
		oldest.Value.(*handshake).conn.Close()
	}
	h := &handshake{conn: conn}
	h.at = g.pending.PushBack(h)
	return h
}

// prove shakes hands, and says who is there.
func (g *gate) prove(s *tls.Conn) (pki.Identity, error) {
	if err := s.SetDeadline(time.Now().Add(handshakeLimit)); err != nil {
		return pki.Identity{}, err
	}
	if err := s.Handshake(); err != nil {
		return pki.Identity{}, err
	}
	return g.config.Roots.Caller(s.ConnectionState(), g.config.Now())
}

// proven moves a client that is to those that are served; false where it is not, or
// where there is no place for it.
func (g *gate) proven(h *handshake, caller pki.Identity, err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pending.Remove(h.at) // does nothing where it had to make room
	g.last = time.Now()
	if err != nil || g.conns >= connsMax || g.callers[caller.Name] >= callerMax {
		return false
	}
	g.conns++
	g.callers[caller.Name]++
	return true
}

// left: a proven client is gone.
func (g *gate) left(caller pki.Identity) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns--
	g.last = time.Now()
	if g.callers[caller.Name]--; g.callers[caller.Name] == 0 {
		delete(g.callers, caller.Name)
	}
}
