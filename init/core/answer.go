package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// answers are the bodies of replies, here so that answering allocates nothing.
type answers struct {
	status   wire.Status
	services [servicesMax]wire.ServiceStatus
	timeline wire.Timeline
	marks    [marksMax]wire.MarkRecord
	logs     wire.Logs
	records  [wire.LogRecordsMax]wire.LogRecord
	text     [ringBytes]byte
	loop     wire.LoopStatus
	applied  wire.Applied
	sources  [ranksCount]wire.SourceStatus
	request  wire.Request
	network  wire.NetTables
	links    [wire.NetLinksMax]wire.NetItem
	adds     [wire.NetAddressesMax]wire.NetItem
	routes   [wire.NetRoutesMax]wire.NetItem
}

// forbidden decides whether a caller may. A relay names who asks, and may have been
// taken over: so it changes nothing but what carries an operator's own signature, a
// manifest, or is of one that did.
func forbidden(req *wire.Request, relay bool) (next string) {
	signed := req.Verb == wire.VerbApply || req.Verb == wire.VerbConfirm
	switch {
	case relay != (req.Caller.Role != 0):
		return "a relay names its caller, and nobody else does"
	case relay && signed && req.Caller.Role < wire.RoleAdmin:
		return "ask an admin"
	case relay && !signed && req.Verb.Changes():
		return "a change needs its operator's signature, which this release takes of manifests only"
	}
	return ""
}

// answer appends the reply to one request of peer at as a frame; nil is that it comes
// later.
func (l *Loop) answer(b, payload []byte, at int) []byte {
	a := &l.answers
	req := &a.request
	if err := wire.DecodeRequest(payload, req); err != nil {
		return wire.AppendReplyError(b, req.ID, wire.ReplyError{Code: wire.CodeMalformed,
			What: err.Error(), Next: "use a client of the same release"})
	}
	if next := forbidden(req, at == relayConn); next != "" {
		return wire.AppendReplyError(b, req.ID, wire.ReplyError{Code: wire.CodeForbidden, What: "that is not allowed", Next: next})
	}
	service := -1
	if req.Verb.Named() {
		if service = l.serviceNamed(req.Name); service < 0 {
			return wire.AppendReplyError(b, req.ID, wire.ReplyError{Code: wire.CodeUnknownService,
				What: "no service of that name", Next: "status lists them"})
		}
	}
	var body wire.Body
	switch req.Verb {
	case wire.VerbStatus:
		body = l.status()
	case wire.VerbTimeline:
		body = l.timeline()
	case wire.VerbLogs:
		body = l.logs(l.rings[service], req.Args)
	case wire.VerbPrevious:
		body = l.logs(l.rings[ringLast], req.Args)
	case wire.VerbLoop:
		body = l.loopStatus()
	case wire.VerbApply, wire.VerbConfirm:
		applied, wrong, later := l.applyRequest(at, req)
		if later {
			return nil
		}
		return appendApplied(b, req.ID, applied, wrong)
	case wire.VerbNetwork:
		body = l.network()
	default:
		if wrong := l.command(req.Verb, service); wrong.Code != 0 {
			return wire.AppendReplyError(b, req.ID, wrong)
		}
	}
	out, ok := wire.AppendReply(b, req.ID, false, body)
	if !ok {
		return wire.AppendReplyError(b, req.ID, wire.ReplyError{Code: wire.CodeTooLarge,
			What: "the answer does not fit a frame", Next: "ask for less"})
	}
	return out
}

// appendApplied appends the reply to an apply or a confirmation.
func appendApplied(b []byte, id uint32, body *wire.Applied, wrong *wire.ReplyError) []byte {
	if wrong != nil {
		return wire.AppendReplyError(b, id, *wrong)
	}
	if body == nil {
		out, _ := wire.AppendReply(b, id, false, nil)
		return out
	}
	out, _ := wire.AppendReply(b, id, false, body) // at most 128 names
	return out
}

func (l *Loop) serviceNamed(name []byte) int {
	for i := range l.machine.services[:l.machine.count] {
		if s := &l.machine.services[i]; string(name) == s.spec.Name && !s.leaving {
			return i
		}
	}
	return -1
}

// command queues what a changing verb asks for; the next turn decides it.
func (l *Loop) command(verb wire.Verb, service int) wire.ReplyError {
	if l.machine.shutdown.goal != goalNone {
		return wire.ReplyError{Code: wire.CodeStopping, What: "the node is going down", Next: "wait for it"}
	}
	if service >= 0 && l.machine.services[service].last.kind == endRefused {
		return wire.ReplyError{Code: wire.CodeUnusable, What: "its description was refused", Next: "mend the manifest"}
	}
	switch verb {
	case wire.VerbStart:
		l.push(evStart, service, 0, 0)
	case wire.VerbStop:
		l.push(evStop, service, 0, 0)
	case wire.VerbRestart:
		l.push(evRestart, service, 0, 0)
	case wire.VerbReboot:
		l.push(evShutdown, -1, 0, int64(goalReboot))
	case wire.VerbPowerOff:
		l.push(evShutdown, -1, 0, int64(goalPowerOff))
	default:
		return wire.ReplyError{Code: wire.CodeUnknownVerb, What: "no such verb here", Next: "use a client of the same release"}
	}
	return wire.ReplyError{}
}

func (l *Loop) status() *wire.Status {
	a := &l.answers
	a.status = wire.Status{Node: l.manifest.Node, Version: Version, State: "booting",
		NowNsec: uint64(l.now), Area: l.areaStatus(), Manifest: l.manifestStatus(), Time: l.links.clock.Status(l.now)}
	switch {
	case l.machine.shutdown.goal != goalNone:
		a.status.State = "stopping"
	case l.machine.isReady:
		a.status.State = "ready"
	}
	count := 0
	for i := range l.machine.services[:l.machine.count] {
		s := &l.machine.services[i]
		if s.spec == &vacant {
			continue
		}
		a.services[count] = wire.ServiceStatus{Name: s.spec.Name, State: s.state.String(),
			PID: uint32(l.starts[i].pid), Restarts: s.restarts, SinceNsec: uint64(s.since),
			ReadyNsec: uint64(s.readyAt), LastEnd: s.last.words(), WaitingFor: l.waitingFor(i)}
		count++
	}
	a.status.Services = a.services[:count]
	return &a.status
}

// words tells an end as replies do.
func (e *end) words() wire.End {
	switch e.kind {
	case endExit:
		return wire.End{Code: uint8(e.code), Reason: "exited"}
	case endSignal:
		return wire.End{Signal: uint8(e.code), Reason: "killed"}
	case endOOM:
		return wire.End{Signal: uint8(unix.SIGKILL), Reason: "oom"}
	case endExec:
		return wire.End{Reason: "exec-failed"}
	case endClone:
		return wire.End{Reason: "clone-failed"}
	case endTimeout:
		return wire.End{Reason: "start-timeout"}
	case endRefused:
		return wire.End{Reason: "refused"}
	}
	return wire.End{}
}

// waitingFor names what service i waits for; every wait has a name.
func (l *Loop) waitingFor(i int) string {
	switch l.machine.services[i].state {
	case waiting:
		switch n := l.machine.unmet(int16(i)); n {
		case met:
			return ""
		case unmetNetwork:
			return l.waitingForNet()
		case unmetArea:
			return "the state area"
		default:
			return l.starts[n].readyOf
		}
	case starting:
		if n := l.starts[i].statusLen; n > 0 {
			return string(l.starts[i].status[:n])
		}
		return "its own readiness"
	case stopping, killing, stuck:
		return "the end of its processes"
	case backoff:
		return "its next restart"
	case done, down:
		if l.machine.awaitsKnock(int16(i)) {
			return wire.WaitingForConnection
		}
	}
	return ""
}

func (l *Loop) waitingForNet() string {
	if l.links.net == nil {
		return "the network, which could not be opened"
	}
	return l.links.net.WaitingFor(l.now)
}

func (l *Loop) timeline() *wire.Timeline {
	a := &l.answers
	for i := range l.marks.list[:l.marks.count] {
		m := &l.marks.list[i]
		a.marks[i] = wire.MarkRecord{Name: l.markName(m), TimeNsec: uint64(m.nsec)}
	}
	a.timeline.Marks = a.marks[:l.marks.count]
	return &a.timeline
}

// logs gives the newest records of a ring, oldest first.
func (l *Loop) logs(r *ring, args wire.Args) *wire.Logs {
	a := &l.answers
	a.logs = wire.Logs{}
	if r == nil {
		return &a.logs
	}
	most := uint64(wire.LogRecordsMax)
	if args.TailRecords != 0 {
		most = min(most, uint64(args.TailRecords))
	}
	a.logs.Dropped = r.dropped
	skip := r.records - min(r.records, most)
	a.logs.Dropped += skip
	count, used := 0, 0
	for at := r.head; ; {
		rec, next, ok := r.get(at, a.text[used:])
		if !ok {
			break
		}
		at = next
		if skip > 0 {
			skip--
			continue
		}
		if uint64(rec.nsec) < args.SinceNsec {
			continue
		}
		used += len(rec.text)
		a.records[count] = wire.LogRecord{TimeNsec: uint64(rec.nsec), Stream: wire.Stream(rec.stream), Text: rec.text}
		count++
	}
	a.logs.Records = a.records[:count]
	return &a.logs
}

func (l *Loop) loopStatus() *wire.LoopStatus {
	a, t := &l.answers, &l.turns
	for r := range ranksCount {
		c := &t.ranks[r]
		a.sources[r] = wire.SourceStatus{Name: rankNames[r], Events: c.events,
			Dropped: c.dropped, LongestNsec: uint64(c.longestNsec)}
	}
	a.loop = wire.LoopStatus{Turns: t.count, Events: t.events, Stale: l.sources.stale,
		TurnsByTime: t.buckets[:], Sources: a.sources[:]}
	return &a.loop
}

// network is what is known of links, addresses and routes; nothing, where rtnetlink
// could not be opened.
func (l *Loop) network() *wire.NetTables {
	a := &l.answers
	a.network.NowNsec = uint64(l.now)
	a.network.Tables = [...][]wire.NetItem{a.links[:0], a.adds[:0], a.routes[:0]}
	if l.links.net != nil {
		l.links.net.Describe(&a.network)
	}
	return &a.network
}
