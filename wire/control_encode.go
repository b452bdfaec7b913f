package wire

// Control messages, written: whole frames, into the caller's buffer. A reply of
// which a part is past its bound is written all the same where it fits a frame;
// the other end refuses it. PID 1 keeps to the bounds by its own limits.

// The keys of the control messages' maps; SPEC.md is their contract.
const (
	keyRequestID     = 0
	keyRequestVerb   = 1
	keyRequestName   = 2
	keyRequestArgs   = 3
	keyRequestCaller = 4

	keyCallerName = 0
	keyCallerRole = 1

	keyArgsTail  = 0
	keyArgsSince = 1

	keyReplyID    = 0
	keyReplyError = 1
	keyReplyMore  = 2
	keyReplyBody  = 3

	keyErrorCode  = 0
	keyErrorWhat  = 1
	keyErrorNext  = 2
	keyErrorWhere = 3

	keyStatusNode     = 0
	keyStatusVersion  = 1
	keyStatusState    = 2
	keyStatusNow      = 3
	keyStatusServices = 4
	keyStatusArea     = 5
	keyStatusManifest = 6
	keyStatusTime     = 7

	keyServiceStatusName     = 0
	keyServiceStatusState    = 1
	keyServiceStatusPID      = 2
	keyServiceStatusRestarts = 3
	keyServiceStatusSince    = 4
	keyServiceStatusReady    = 5
	keyServiceStatusEnd      = 6
	keyServiceStatusWaiting  = 7

	keyEndCode   = 0
	keyEndSignal = 1
	keyEndReason = 2

	keyTimelineMarks = 0
	keyMarkName      = 0
	keyMarkTime      = 1

	keyLogsDropped = 0
	keyLogsRecords = 1
	keyLogTime     = 0
	keyLogStream   = 1
	keyLogText     = 2

	keyLoopTurns   = 0
	keyLoopEvents  = 1
	keyLoopStale   = 2
	keyLoopTimes   = 3
	keyLoopSources = 4

	keySourceName    = 0
	keySourceEvents  = 1
	keySourceDropped = 2
	keySourceLongest = 3
)

// Body is what a reply can carry: *Status, *Timeline, *Logs, *LoopStatus or
// *Applied.
type Body interface{ appendTo(e *Encoder) }

// AppendRequest appends r as a frame. ok is false, and out is b, where r has no
// id or its parts are past their bounds.
func AppendRequest(b []byte, r *Request) (out []byte, ok bool) {
	out, at := BeginFrame(b)
	e := Encoder{Out: out}
	m := e.Map()
	e.uintField(&m, keyRequestID, uint64(r.ID))
	e.uintField(&m, keyRequestVerb, uint64(r.Verb))
	if len(r.Name) > 0 {
		e.Key(&m, keyRequestName)
		e.textBytes(r.Name)
	}
	e.args(&m, &r.Args)
	if len(r.Caller.Name) > 0 {
		e.Key(&m, keyRequestCaller)
		caller := e.Map()
		e.Key(&caller, keyCallerName)
		e.textBytes(r.Caller.Name)
		e.uintField(&caller, keyCallerRole, uint64(r.Caller.Role))
		e.End(caller)
	}
	e.End(m)
	var check Request
	if DecodeRequest(e.Out[at+FrameHeadSize:], &check) != nil {
		return b, false
	}
	return EndFrame(e.Out, at)
}

// args takes its key back where the map stayed empty.
func (e *Encoder) args(outer *EncoderMap, a *Args) {
	before, start := *outer, len(e.Out)
	e.Key(outer, keyRequestArgs)
	m := e.Map()
	e.uintField(&m, keyArgsTail, uint64(a.TailRecords))
	e.uintField(&m, keyArgsSince, a.SinceNsec)
	a.Apply.appendTo(e, &m)
	if m.count == 0 {
		*outer, e.Out = before, e.Out[:start]
		return
	}
	e.End(m)
}

// textBytes is Text for bytes that were checked by the one who made them.
func (e *Encoder) textBytes(b []byte) {
	e.head(majorText, uint64(len(b)))
	e.Out = append(e.Out, b...)
}

// AppendReply appends an answer to the request id as a frame; body may be nil.
// ok is false, and out is b, where it does not fit FrameSizeMax: answer with
// CodeTooLarge or with fewer records.
func AppendReply(b []byte, id uint32, more bool, body Body) (out []byte, ok bool) {
	out, at := BeginFrame(b)
	e := Encoder{Out: out}
	m := e.Map()
	e.uintField(&m, keyReplyID, uint64(id))
	e.boolField(&m, keyReplyMore, more)
	if body != nil {
		e.Key(&m, keyReplyBody)
		e.body(body)
	}
	e.End(m)
	return EndFrame(e.Out, at)
}

// body calls by type, not through the interface: so the compiler sees that the
// Encoder stays on the stack, and an answer allocates nothing.
func (e *Encoder) body(body Body) {
	switch b := body.(type) {
	case *Status:
		b.appendTo(e)
	case *Timeline:
		b.appendTo(e)
	case *Logs:
		b.appendTo(e)
	case *LoopStatus:
		b.appendTo(e)
	case *NetTables:
		b.appendTo(e)
	case *Applied:
		b.appendTo(e)
	default:
		e.Null() // no other type has appendTo
	}
}

// AppendReplyError appends a refusal of the request id as a frame. Id 0 is for
// what could not be read as far as its id. Texts are cut at TextSizeMax.
func AppendReplyError(b []byte, id uint32, wrong ReplyError) (out []byte) {
	out, at := BeginFrame(b)
	e := Encoder{Out: out}
	m := e.Map()
	e.uintField(&m, keyReplyID, uint64(id))
	e.Key(&m, keyReplyError)
	inner := e.Map()
	e.uintField(&inner, keyErrorCode, uint64(wrong.Code))
	e.textField(&inner, keyErrorWhat, wrong.What[:min(len(wrong.What), TextSizeMax)])
	e.textField(&inner, keyErrorNext, wrong.Next[:min(len(wrong.Next), TextSizeMax)])
	e.textField(&inner, keyErrorWhere, wrong.Where[:min(len(wrong.Where), TextSizeMax)])
	e.End(inner)
	e.End(m)
	out, _ = EndFrame(e.Out, at) // three short texts always fit
	return out
}

// appendTo writes the body of an answer to VerbStatus.
func (s *Status) appendTo(e *Encoder) {
	m := e.Map()
	e.textField(&m, keyStatusNode, s.Node)
	e.textField(&m, keyStatusVersion, s.Version)
	e.textField(&m, keyStatusState, s.State)
	e.uintField(&m, keyStatusNow, s.NowNsec)
	e.arrayField(&m, keyStatusServices, len(s.Services))
	for i := range s.Services {
		s.Services[i].appendTo(e)
	}
	if s.Area != (AreaStatus{}) {
		e.Key(&m, keyStatusArea)
		s.Area.appendTo(e)
	}
	if s.Manifest != (ManifestStatus{}) {
		e.Key(&m, keyStatusManifest)
		s.Manifest.appendTo(e)
	}
	if s.Time.Servers > 0 {
		e.Key(&m, keyStatusTime)
		s.Time.appendTo(e)
	}
	e.End(m)
}

// appendTo writes one entry of a status' services.
func (s *ServiceStatus) appendTo(e *Encoder) {
	m := e.Map()
	e.textField(&m, keyServiceStatusName, s.Name)
	e.textField(&m, keyServiceStatusState, s.State)
	e.uintField(&m, keyServiceStatusPID, uint64(s.PID))
	e.uintField(&m, keyServiceStatusRestarts, uint64(s.Restarts))
	e.uintField(&m, keyServiceStatusSince, s.SinceNsec)
	e.uintField(&m, keyServiceStatusReady, s.ReadyNsec)
	if s.LastEnd != (End{}) {
		e.Key(&m, keyServiceStatusEnd)
		end := e.Map()
		e.uintField(&end, keyEndCode, uint64(s.LastEnd.Code))
		e.uintField(&end, keyEndSignal, uint64(s.LastEnd.Signal))
		e.textField(&end, keyEndReason, s.LastEnd.Reason)
		e.End(end)
	}
	e.textField(&m, keyServiceStatusWaiting, s.WaitingFor)
	e.End(m)
}

// appendTo writes the body of an answer to VerbTimeline.
func (t *Timeline) appendTo(e *Encoder) {
	m := e.Map()
	e.arrayField(&m, keyTimelineMarks, len(t.Marks))
	for i := range t.Marks {
		mark := e.Map()
		e.textField(&mark, keyMarkName, t.Marks[i].Name)
		e.uintField(&mark, keyMarkTime, t.Marks[i].TimeNsec)
		e.End(mark)
	}
	e.End(m)
}

// appendTo writes the body of an answer to VerbLogs. A record costs at most
// LogRecordOverheadMax beside its text: so the caller knows what fits a frame.
func (l *Logs) appendTo(e *Encoder) {
	m := e.Map()
	e.uintField(&m, keyLogsDropped, l.Dropped)
	e.arrayField(&m, keyLogsRecords, len(l.Records))
	for i := range l.Records {
		r := e.Map()
		e.uintField(&r, keyLogTime, l.Records[i].TimeNsec)
		e.uintField(&r, keyLogStream, uint64(l.Records[i].Stream))
		e.bytesField(&r, keyLogText, l.Records[i].Text)
		e.End(r)
	}
	e.End(m)
}

// appendTo writes the body of an answer to VerbLoop. The counts by time are the
// one list whose zeros are written: its places mean something.
func (l *LoopStatus) appendTo(e *Encoder) {
	m := e.Map()
	e.uintField(&m, keyLoopTurns, l.Turns)
	e.uintField(&m, keyLoopEvents, l.Events)
	e.uintField(&m, keyLoopStale, l.Stale)
	e.arrayField(&m, keyLoopTimes, len(l.TurnsByTime))
	for _, n := range l.TurnsByTime {
		e.Uint(n)
	}
	e.arrayField(&m, keyLoopSources, len(l.Sources))
	for i := range l.Sources {
		s := e.Map()
		e.textField(&s, keySourceName, l.Sources[i].Name)
		e.uintField(&s, keySourceEvents, l.Sources[i].Events)
		e.uintField(&s, keySourceDropped, l.Sources[i].Dropped)
		e.uintField(&s, keySourceLongest, l.Sources[i].LongestNsec)
		e.End(s)
	}
	e.End(m)
}
