package gate

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"time"

	"mote/ctl/pki"
	"mote/wire"
)

// requests answers a proven client's requests, one after the other, until it leaves,
// says nothing for too long, breaks the frames, or its certificate ends.
func (g *gate) requests(s *tls.Conn, caller pki.Identity) {
	end := s.ConnectionState().PeerCertificates[0].NotAfter
	left := time.Now().Add(end.Sub(g.config.Now())) // by the clock of deadlines
	pace := pace{at: time.Now()}
	for {
		payload, ok := readFrame(s, left)
		if !ok {
			return
		}
		pace.wait()
		answer, ok := g.answer(payload, caller)
		if !ok || s.SetWriteDeadline(time.Now().Add(frameLimit)) != nil {
			return
		}
		if _, err := s.Write(answer); err != nil {
			return
		}
	}
}

// readFrame reads one request: its head within quietLimit, the rest within
// frameLimit, all before the client's certificate ends. A length that no request has
// ends the connection.
func readFrame(s *tls.Conn, end time.Time) (payload []byte, ok bool) {
	if s.SetReadDeadline(earlier(end, time.Now().Add(quietLimit))) != nil {
		return nil, false
	}
	var head [wire.FrameHeadSize]byte
	if _, err := io.ReadFull(s, head[:]); err != nil {
		return nil, false
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > wire.RequestSizeMax || s.SetReadDeadline(earlier(end, time.Now().Add(frameLimit))) != nil {
		return nil, false
	}
	payload = make([]byte, size)
	_, err := io.ReadFull(s, payload)
	return payload, err == nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// answer gives the frames of the answer to one request. What can't be a request, or
// says by itself who asks, is refused here and never reaches PID 1. False ends the
// connection: PID 1 is gone.
func (g *gate) answer(payload []byte, caller pki.Identity) ([]byte, bool) {
	var r wire.Request
	if err := wire.DecodeRequest(payload, &r); err != nil {
		return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeMalformed, What: err.Error(),
			Next: "use a client of the same release"}), true
	}
	if r.Caller.Role != 0 {
		return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeForbidden, What: "a request that names its caller",
			Next: "leave that out; the certificate says who asks"}), true
	}
	r.Caller = wire.Caller{Name: []byte(caller.Name), Role: caller.Role}
	frame, ok := wire.AppendRequest(nil, &r)
	if !ok || len(frame) > wire.FrameHeadSize+wire.RequestSizeMax {
		return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeTooLarge, What: "a request that is too large with its caller",
			Next: "ask in smaller pieces"}), true
	}
	return g.relay.ask(frame, r.ID)
}

// refuse tells a client why it is not served, in a reply to no request.
func refuse(s *tls.Conn, what, next string) {
	if s.SetDeadline(time.Now().Add(frameLimit)) == nil {
		_, _ = s.Write(wire.AppendReplyError(nil, 0, wire.ReplyError{Code: wire.CodeBusy, What: what, Next: next}))
	}
}

// pace holds up a client that asks too often: at is when its budget is full again.
type pace struct{ at time.Time }

// wait spends one request.
func (p *pace) wait() {
	now := time.Now()
	if p.at.Before(now) {
		p.at = now
	}
	p.at = p.at.Add(paceEvery)
	if over := p.at.Sub(now) - paceBurst*paceEvery; over > 0 {
		time.Sleep(over)
	}
}
