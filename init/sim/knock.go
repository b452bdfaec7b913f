package sim

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Those who connect to a port that PID 1 holds for a service, the service that
// accepts them, and its connection to PID 1 where it is a relay. A client that
// nobody accepts waits; the model loses none of them.

// doorPort is the port of the first service with one; the others follow.
const doorPort = 4000

// randomDoor has the last service be started by a connection, and what it needs with
// it. It draws from a stream of its own.
func randomDoor(m *wire.Manifest, r rand) {
	if !r.percent(30) {
		return
	}
	s := &m.Services[len(m.Services)-1]
	if s.Kind != wire.KindDaemon {
		return
	}
	s.Port, s.Relay, s.Restart = doorPort, r.percent(70), wire.RestartOnFailure
}

// BindPort is Sys.BindPort.
func (w *world) BindPort(fd int32, _ int, port uint16) errno {
	e := w.enter("bind", callNsec)
	s := w.socket(fd)
	switch {
	case e != 0:
		return e
	case s == nil:
		return eBADF
	case w.doors[port] != nil && !w.doors[port].dead:
		return unix.EADDRINUSE
	}
	w.doors[port] = s
	return 0
}

// SocketPair is Sys.SocketPair.
func (w *world) SocketPair() (int32, int32, errno) {
	if e := w.enter("socketpair", callNsec); e != 0 {
		return -1, -1, e
	}
	s := &stream{changed: func() {}}
	near, e := w.place(&file{name: "relay", ops: s})
	if e != 0 {
		return -1, -1, e
	}
	far, e := w.place(&file{name: "relay's end", ops: &relayEnd{s}})
	if e != 0 {
		w.Close(near)
		return -1, -1, e
	}
	return near, far, 0
}

// relayEnd is the relay's end of its connection to PID 1: its standard output.
type relayEnd struct{ stream *stream }

func (e *relayEnd) ready() uint32            { return epollOut }
func (e *relayEnd) read([]byte) (int, errno) { return 0, eAGAIN }
func (e *relayEnd) closed()                  { e.stream.ended = true }
func (e *relayEnd) write(b []byte) (int, errno) {
	if e.stream.over {
		return 0, ePIPE
	}
	e.stream.in = append(e.stream.in, b...) // whatever it prints, PID 1 has to bear
	return len(b), 0
}

// connect has somebody knock at a service's port; false when nobody listens there.
func (w *world) connect(spec *wire.Service) bool {
	door := w.doors[spec.Port]
	if door == nil || door.dead || door.backlog == 0 || len(door.accepts) > door.backlog {
		return false
	}
	w.trace.line(w.now, "~ somebody connects to "+spec.Name)
	door.accepts = append(door.accepts, &stream{changed: func() {}})
	return true
}

// idleNsec is how long a service that nobody connects to stays.
const idleNsec = 300 * msec

// attend is a service with a port: it accepts who waits, asks PID 1 for them if it is
// a relay, and leaves when nobody came for a while.
func (w *world) attend(p *process, c *child, spec *wire.Service, since int64) {
	door := w.doors[spec.Port]
	if c.input == nil || door == nil || c.input.ops != fileOps(door) {
		w.check.broken(ruleKnock, spec.Name+" is started without its socket")
	}
	if len(door.accepts) > 0 {
		door.accepts, since = nil, w.now
		if spec.Relay {
			w.askFor(c, spec)
		}
	}
	if w.now-since < idleNsec {
		w.later(p, 20*msec, func() { w.attend(p, c, spec, since) })
		return
	}
	w.trace.line(w.now, "~ "+p.who()+" leaves")
	w.kill(p, 0)
}

// askFor sends one request for somebody, and holds the reply to the contract. What
// was printed before it spoils the frames, so only a quiet relay is held to it.
func (w *world) askFor(c *child, spec *wire.Service) {
	end, ok := c.outputs[0].ops.(*relayEnd)
	if !ok || end.stream.over {
		return
	}
	verb := pick(&w.operator.rand, wire.VerbStatus, wire.VerbLoop, wire.VerbReboot)
	w.operator.count++
	id := w.operator.count<<4 | uint32(verb)
	b, _ := wire.AppendRequest(nil, &wire.Request{ID: id, Verb: verb, Caller: wire.Caller{Name: []byte("alice"), Role: wire.RoleAdmin}})
	peer := &peer{world: w, stream: end.stream, awaits: []uint32{id}, failed: func() {}, linked: true}
	peer.done = func(r *wire.Reply) {
		if forbidden := r.Error.Code == wire.CodeForbidden; forbidden != verb.Changes() {
			w.check.broken(ruleKnock, "a relay's "+verb.String()+" is answered with code "+itoa(int64(r.Error.Code)))
		}
	}
	if len(end.stream.in) == 0 && !c.printed {
		end.stream.changed = peer.changed
		end.write(b)
	}
}

// called tells whether a service is started by a connection only.
func (c *checks) called(i int) bool {
	all := c.world.plan.manifest.Services
	if all[i].Port != 0 {
		return true
	}
	for k := range all {
		c.world.loop.Service(k, &c.view)
		for _, n := range c.view.Needs {
			if int(n) == i && all[k].Port != 0 && all[i].Kind == wire.KindOneShot {
				return true
			}
		}
	}
	return false
}

// knocked: somebody was heard; that is as good as an operator's word to start it,
// and what it needs that is one-shot.
func (c *checks) knocked(i int) {
	c.world.loop.Service(i, &c.view)
	needs := append([]int16(nil), c.view.Needs...)
	c.services[i].wanted = true
	for _, n := range needs {
		if c.called(int(n)) {
			c.services[n].wanted = true
		}
	}
}

// knockAll connects to every service that listens; after it each is to be accepted.
func (w *world) knockAll() {
	for i := range w.plan.manifest.Services {
		if s := &w.plan.manifest.Services[i]; s.Port != 0 {
			w.connect(s)
		}
	}
}

// attended checks that nobody waits at a service that can run.
func (c *checks) attended(cannot []bool) {
	for i := range c.services {
		s := c.services[i].spec
		door := c.world.doors[s.Port]
		if s.Port != 0 && !cannot[i] && door != nil && len(door.accepts) > 0 {
			c.world.loop.Service(i, &c.view)
			c.broken(ruleKnock, "somebody waits at "+s.Name+", which is "+c.view.State)
		}
	}
}
