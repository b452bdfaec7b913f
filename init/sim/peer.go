package sim

import "mote/wire"

// A peer of the control socket: real frames, sent in pieces, read late, broken
// off; and replies held to the contract.

type peer struct {
	world  *world
	stream *stream
	// pieces are what is sent, each after a wait.
	pieces [][]byte
	// awaits are the ids of the replies that must come, in order; strict: they must
	// all come, as nothing is wrong with the requests.
	awaits   []uint32
	strict   bool
	readNsec int64
	buffer   []byte
	reading  bool
	done     func(reply *wire.Reply)
	failed   func()
	closed   bool
	// linked: the connection is a relay's, which goes on after the last reply.
	linked bool
}

// knock connects to the control socket; false while that can't be.
func (w *world) knock(p *peer, uid uint32) bool {
	s := w.unix["/run/mote/control"]
	if s == nil || s.dead || s.backlog == 0 || len(s.accepts) > s.backlog {
		return false
	}
	p.world = w
	p.stream = &stream{uid: uid, changed: p.changed}
	s.accepts = append(s.accepts, p.stream)
	p.send()
	return true
}

// send sends the next piece.
func (p *peer) send() {
	if len(p.pieces) == 0 || p.stream.over || p.closed {
		return
	}
	p.stream.in = append(p.stream.in, p.pieces[0]...)
	p.pieces = p.pieces[1:]
	p.world.after(p.world.rand.between(0, 5*msec), p.send)
}

// changed: PID 1 wrote, or closed its end. The peer reads in its own time.
func (p *peer) changed() {
	if p.reading {
		return
	}
	p.reading = true
	p.world.after(p.readNsec, func() {
		p.reading = false
		p.read()
	})
}

func (p *peer) read() {
	if p.closed {
		return
	}
	p.buffer = append(p.buffer, p.stream.out...)
	p.stream.out = nil
	for {
		payload, used, ok := wire.NextFrame(p.buffer)
		if !ok {
			p.world.check.broken(ruleControl, "sends a frame that is none")
		}
		if used == 0 {
			break
		}
		p.reply(payload)
		p.buffer = p.buffer[used:]
	}
	switch {
	case len(p.awaits) == 0 && len(p.pieces) == 0 && p.linked:
		p.closed = true
	case len(p.awaits) == 0 && len(p.pieces) == 0:
		p.leave()
	case p.stream.over:
		p.closed = true
		if p.strict && p.failed == nil {
			p.world.check.broken(ruleControl, "closes a peer that still waits for its answer")
		}
		if p.failed != nil {
			p.failed()
		}
	}
}

// leave ends the connection from this side.
func (p *peer) leave() {
	p.closed = true
	p.stream.ended = true
	if p.world.rand.chance(4) {
		p.stream.reset = true
	}
}

// reply checks one: its id, and that its body can be read by the verb's rules.
func (p *peer) reply(payload []byte) {
	var r wire.Reply
	c := &p.world.check
	if err := wire.DecodeReply(payload, &r); err != nil {
		c.broken(ruleControl, "answers "+err.Error())
	}
	if r.ID == 0 && r.Error.Code == wire.CodeMalformed {
		return
	}
	if len(p.awaits) == 0 || r.ID != p.awaits[0] {
		c.broken(ruleControl, "answers request "+itoa(int64(r.ID))+", which was not the next one")
	}
	p.awaits = p.awaits[1:]
	if r.Error.Code == 0 {
		c.answered(&r)
	}
	if p.done != nil {
		p.done(&r)
	}
}

// decodeAny reads a body by the verb that the id carries.
func decodeAny(r *wire.Reply) error {
	switch verbOf(r.ID) {
	case wire.VerbStatus:
		return wire.DecodeStatus(r.Body, new(wire.Status))
	case wire.VerbTimeline:
		return wire.DecodeTimeline(r.Body, new(wire.Timeline))
	case wire.VerbLogs, wire.VerbPrevious:
		return wire.DecodeLogs(r.Body, new(wire.Logs))
	case wire.VerbLoop:
		return wire.DecodeLoop(r.Body, new(wire.LoopStatus))
	case wire.VerbApply:
		if len(r.Body) > 0 { // the last piece's
			return wire.DecodeApplied(r.Body, new(wire.Applied))
		}
	}
	return nil
}

// verbOf: an id is a count and, below, its verb.
func verbOf(id uint32) wire.Verb { return wire.Verb(id & 15) }

// frame makes a request with a new id.
func (o *operator) frame(verb wire.Verb, name string) (b []byte, id uint32) {
	o.count++
	id = o.count<<4 | uint32(verb)
	r := wire.Request{ID: id, Verb: verb}
	if verb.Named() {
		r.Name = []byte(name)
	}
	b, _ = wire.AppendRequest(nil, &r)
	return b, id
}
