package core

import (
	"mote/fs"
	"mote/wire"
)

// Another manifest, as an operator sends it: received in pieces, judged whole, kept,
// and only then in force. wire/SPEC.md tells of the verbs; held.go judges, become.go
// brings the node to it, applystep.go keeps it.
//
// Always true here: one apply at a time; until a manifest is kept nothing of it is in
// force, and what can't be kept never is; who asked is answered when it is done, or
// refused with the reason. Every change leaves a line in the kernel's log: who, what,
// of which generation, and how it ended.

// apply is what is under way.
type apply struct {
	_     [0]func() // never compared: the compiler would write how
	phase applyPhase
	// conn and gen are who is to be told, id is of the request.
	conn int
	gen  uint32
	id   uint32
	verb wire.Verb
	mode wire.ApplyMode
	// tryNsec is how long a try lasts.
	tryNsec int64

	buf   []byte // what came so far
	next  *held
	plan  *plan
	want  keptRecord // what the record is to be
	memfd int32      // what the worker copies to a slot
	// begun: the phase's worker was started.
	begun bool
}

// applyPhase is how far it is.
type applyPhase uint8

const (
	applyNone      applyPhase = iota
	applyReceiving            // pieces come
	applyDropping             // the record is written without the pending one, whose slot is needed
	applyWriting              // the slot is written
	applyRecording            // the record is written
)

// try is a manifest that is in force for a while.
type try struct {
	_      [0]func() // never compared: the compiler would write how
	until  int64     // 0: there is none
	before *held
}

// tryMsecMax bounds a try: a day.
const tryMsecMax = 24 * 3_600_000

// applyRequest takes a request of VerbApply or VerbConfirm. Either it is answered by
// the refusal or the body, or later, by who goes on with it.
func (l *Loop) applyRequest(at int, req *wire.Request) (body *wire.Applied, wrong *wire.ReplyError, later bool) {
	if l.machine.shutdown.goal != goalNone {
		return nil, refusal(wire.CodeStopping, "the node is going down", "wait for it"), false
	}
	if req.Verb == wire.VerbConfirm {
		return l.confirm(at, req)
	}
	a, args := &l.apply, &req.Args.Apply
	if a.phase > applyReceiving || l.force.fetch.busy {
		return nil, refusal(wire.CodeBusy, "another manifest is under way", "ask again later"), false
	}
	whole, wrong := l.receive(at, args)
	if wrong != nil || !whole {
		return nil, wrong, false
	}
	a.id, a.verb, a.mode, a.tryNsec = req.ID, req.Verb, args.Mode, int64(args.TryMsec)*msec
	sealed := a.buf
	a.buf, a.phase = nil, applyNone
	if a.next, wrong = l.weigh(sealed, a.mode); wrong != nil {
		l.auditRefusal(a.next, wrong)
		a.next = nil
		return nil, wrong, false
	}
	a.plan = planOf(l.force.held, a.next, l.refused)
	if wrong = l.hasRoom(a.plan); wrong != nil {
		return nil, wrong, false
	}
	if a.mode == wire.ApplyDryRun {
		return l.applied(a.next, a.plan, false), nil, false
	}
	l.keepApply()
	if a.phase == applyNone { // there is nothing that could keep it
		return l.takeForce(), nil, false
	}
	return nil, nil, true
}

// receive takes a piece; whole tells that it was the last.
func (l *Loop) receive(at int, args *wire.ApplyArgs) (whole bool, wrong *wire.ReplyError) {
	a := &l.apply
	size, gen := int(args.SizeBytes), l.sources.gen(rankConn, at)
	switch {
	case args.Mode == 0 || size == 0 || len(args.Piece) == 0 || (args.Mode == wire.ApplyTry) != (args.TryMsec != 0) || args.TryMsec > tryMsecMax:
		return false, refusal(wire.CodeMalformed, "an apply without its mode, size, piece, or a try's time of at most a day", "see wire/SPEC.md")
	case args.OffsetBytes == 0:
		l.releaseApply()
		*a = apply{phase: applyReceiving, conn: at, gen: gen, memfd: -1, mode: args.Mode, buf: make([]byte, 0, size)}
	}
	if a.phase != applyReceiving || a.conn != at || a.gen != gen || a.mode != args.Mode || cap(a.buf) != size ||
		len(a.buf) != int(args.OffsetBytes) || len(a.buf)+len(args.Piece) > size {
		return false, refusal(wire.CodeMalformed, "a piece that does not follow the one before it", "send all of it again, from offset 0")
	}
	a.buf = append(a.buf, args.Piece...)
	return len(a.buf) == size, nil
}

// weigh judges what came whole.
func (l *Loop) weigh(sealed []byte, mode wire.ApplyMode) (*held, *wire.ReplyError) {
	h, wrong := judge(sealed, l.force.held.manifest.Access, l.machineUUID())
	record := l.record()
	switch {
	case wrong != nil:
		return h, wrong
	case h.generation <= max(record.newest, l.force.newest, l.force.held.generation):
		return h, refusal(wire.CodeOld, "generation "+wire.Decimal(h.generation)+" is not above "+
			wire.Decimal(max(record.newest, l.force.newest, l.force.held.generation))+", which the node had", "sign it with a higher one")
	case l.force.try.until != 0 && mode != wire.ApplyDryRun:
		return h, refusal(wire.CodeBusy, "generation "+wire.Decimal(l.force.held.generation)+" is being tried", "confirm it, or wait until it goes back")
	case h.manifest.State != l.force.image.manifest.State:
		wrong = refusal(wire.CodeInvalid, "the device of the state area is another than the image's", "leave it as it is; a new image can change it")
		wrong.Where = "state"
		return h, wrong
	}
	problems := append(h.manifest.Validate(), l.missing(h.manifest)...)
	if len(problems) > 0 {
		return h, invalid(&problems[0])
	}
	if l.area.word != "" && !l.anchored(h) {
		return h, refusal(wire.CodeUntrusted, "its key is "+h.signer+"'s, which neither the image nor a manifest signed by a key of the image lists: it would not be believed after a restart",
			"sign it with a key of the image's manifest")
	}
	return h, l.canKeep(mode)
}

// anchored tells whether the next boot will believe a manifest that follows the one
// in force, see believe.
func (l *Loop) anchored(h *held) bool {
	return l.force.held.sealed == nil || l.byImage(&h.key) || l.byImage(&l.force.held.key)
}

// byImage tells whether a key is one of the image's.
func (l *Loop) byImage(key *[wire.KeySize]byte) bool {
	for i := range l.force.image.manifest.Access {
		if l.force.image.manifest.Access[i].Key == *key {
			return true
		}
	}
	return false
}

// canKeep refuses what could not be kept, before anything is written.
func (l *Loop) canKeep(mode wire.ApplyMode) *wire.ReplyError {
	switch {
	case mode == wire.ApplyDryRun || l.area.phase == areaOpen && l.area.quietUntil <= l.now:
		return nil
	case l.area.word == "" && mode == wire.ApplyStaged:
		return refusal(wire.CodeNotKept, "the node has no state area, so there is nothing for the next boot", "declare one, or apply it at once")
	case l.area.word == "":
		return nil
	}
	return refusal(wire.CodeNotKept, "the state area is "+areaStates[l.area.phase]+": "+orWord(l.area.alarm, "not read yet"), "mend it, or wait for it")
}

// hasRoom refuses a manifest whose new services find no place while those that are
// gone still end.
func (l *Loop) hasRoom(p *plan) *wire.ReplyError {
	free := servicesMax - l.machine.count
	for i := range l.machine.services[:l.machine.count] {
		if l.machine.services[i].spec == &vacant {
			free++
		}
	}
	for i := range p.kinds {
		if p.kinds[i] == wire.ChangeStart && free == 0 {
			return refusal(wire.CodeBusy, "more new services than there are places until the old ones have ended", "take the old ones away first, in a manifest of its own")
		}
		if p.kinds[i] == wire.ChangeStart {
			free--
		}
	}
	return nil
}

// refused tells whether a service's description was refused so far.
func (l *Loop) refused(name string) bool {
	i := l.machine.find(name)
	return i >= 0 && l.machine.services[i].last.kind == endRefused
}

// confirm lets the try stand.
func (l *Loop) confirm(at int, req *wire.Request) (body *wire.Applied, wrong *wire.ReplyError, later bool) {
	a := &l.apply
	switch {
	case a.phase > applyReceiving:
		return nil, refusal(wire.CodeBusy, "another manifest is under way", "ask again later"), false
	case l.force.try.until == 0 || req.Args.Apply.Generation != l.force.held.generation:
		return nil, refusal(wire.CodeNotTried, "no manifest of that generation is being tried", "status tells which one is in force"), false
	}
	l.releaseApply()
	*a = apply{conn: at, gen: l.sources.gen(rankConn, at), id: req.ID, verb: req.Verb, memfd: -1, next: l.force.held}
	l.force.try.until = 0 // whoever confirms in time is in time
	if l.area.word == "" {
		l.confirmed()
		return nil, nil, false
	}
	a.want = l.record()
	a.want.current, a.want.previous, a.want.pending, a.want.trying = l.force.held.place, l.force.try.before.place, keptPlace{}, false
	l.putRecord()
	a.phase = applyRecording
	return nil, nil, true
}

// confirmed: the try stands.
func (l *Loop) confirmed() {
	l.force.try = try{}
	l.audit(l.force.held, "confirm", "confirmed")
	l.console.say(l.now, "manifest: generation ", wire.Decimal(l.force.held.generation), " is confirmed")
}

// record is what is known to be kept of manifests.
func (l *Loop) record() keptRecord {
	if l.area.phase != areaOpen {
		return keptRecord{}
	}
	return readKept(l.area.values.Get(fs.StateManifest))
}

// machineUUID is SMBIOS's, in lower case as the kernel writes it; empty: there is none.
func (l *Loop) machineUUID() string {
	uuid, errno := l.readFile("/sys/class/dmi/id/product_uuid")
	if errno != 0 {
		return ""
	}
	return uuid
}

// applied tells of a manifest what it did, or would do.
func (l *Loop) applied(h *held, p *plan, kept bool) *wire.Applied {
	body := &l.answers.applied
	*body = wire.Applied{Generation: h.generation, Before: l.force.held.generation, Changes: p.changes, Network: p.network,
		Kept: kept, Signer: h.signer}
	return body
}

// audit leaves a record of a change: who, by name and the first half of the key, what
// was asked, of which generation, and what came of it. The kernel's log is where it is
// safe from PID 1's own end, and bounded.
func (l *Loop) audit(h *held, asked, result string) {
	l.sayAudit(h, asked, result)
}

func (l *Loop) auditRefusal(h *held, wrong *wire.ReplyError) {
	l.sayAudit(h, "apply "+l.apply.mode.String(), "refused: "+wrong.Error())
}

func (l *Loop) sayAudit(h *held, asked, result string) {
	const digits = "0123456789abcdef"
	b := append(make([]byte, 0, 256), "audit: "...)
	if h == nil {
		b = append(b, "somebody"...)
	} else {
		b = append(append(b, orWord(h.signer, "a key that is not trusted")...), ' ')
		for _, c := range h.key[:8] {
			b = append(b, digits[c>>4], digits[c&15])
		}
	}
	b = append(append(append(b, ": "...), asked...), " generation "...)
	if h == nil {
		b = append(b, '?')
	} else {
		b = wire.AppendUint(b, h.generation)
	}
	l.noteKernel(string(append(append(b, ": "...), result...)))
}
