package wire

import "math"

// Control messages, read. A request with an unknown key is refused: a node must
// not do half of what it was asked. In a reply unknown keys are passed over: an
// older caller still reads what it knows.

// DecodeRequest reads a frame's payload into r, which it sets whole, or returns a
// Refusal. r.ID is set as far as it was read, so that the answer can carry it.
// It allocates nothing unless it refuses.
func DecodeRequest(b []byte, r *Request) error {
	*r = Request{}
	d := NewDecoder(b, "request")
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyRequestID:
			d.field("id")
			r.ID = d.uint32Field()
		case keyRequestVerb:
			d.field("verb")
			r.Verb = Verb(d.uintField(math.MaxUint8))
		case keyRequestName:
			d.field("name")
			r.Name = d.requestName()
		case keyRequestArgs:
			d.field("args")
			d.args(&r.Args)
		case keyRequestCaller:
			d.field("caller")
			d.caller(&r.Caller)
		default:
			d.Unknown()
		}
	}
	d.field("")
	if !d.Refused() && (r.ID == 0 || r.Verb == 0 || r.Verb.Named() != (len(r.Name) > 0)) {
		// An unknown verb cannot say whether it wants a name: let it through, to be
		// answered with CodeUnknownVerb.
		if r.ID == 0 || r.Verb < verbsEnd {
			d.refuse(RefusedKeyMissing, d.at)
		}
	}
	return d.End()
}

// requestName is a part of the input, so that a request allocates nothing.
func (d *Decoder) requestName() []byte {
	start := d.at
	name := d.TextBytes(ServiceNameSizeMax)
	if len(name) == 0 {
		d.refuse(RefusedZero, start)
	}
	return name
}

// caller reads who a relay asks for, whole or not at all.
func (d *Decoder) caller(c *Caller) {
	start := d.at
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyCallerName:
			c.Name = d.TextBytes(NodeNameSizeMax)
		case keyCallerRole:
			c.Role = Role(d.uintField(uint64(RoleAdmin)))
		default:
			d.Unknown()
		}
	}
	if !d.Refused() && (len(c.Name) == 0 || c.Role == 0) {
		d.refuse(RefusedKeyMissing, start)
	}
}

// args refuses an empty map, as limits does.
func (d *Decoder) args(a *Args) {
	start := d.at
	m := d.Map()
	if m.left == 0 {
		d.refuse(RefusedZero, start)
	}
	for d.Next(&m) {
		switch m.Key {
		case keyArgsTail:
			a.TailRecords = d.uint32Field()
		case keyArgsSince:
			a.SinceNsec = d.uintField(math.MaxUint64)
		default:
			d.applyArgs(&a.Apply, m.Key)
		}
	}
}

// DecodeReply reads a frame's payload into r, which it sets whole, or returns a
// Refusal.
func DecodeReply(b []byte, r *Reply) error {
	*r = Reply{}
	d := NewDecoder(b, "reply")
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyReplyID:
			d.field("id")
			r.ID = d.uint32Field()
		case keyReplyError:
			d.field("error")
			d.replyError(&r.Error)
		case keyReplyMore:
			d.field("more")
			r.More = d.boolField()
		case keyReplyBody:
			d.field("body")
			start := d.at
			d.Skip()
			r.Body = b[start:d.at:d.at]
		default:
			d.Skip()
		}
	}
	return d.End()
}

// replyError reads a refusal; its code may be one that this release has no name
// for.
func (d *Decoder) replyError(e *ReplyError) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyErrorCode:
			e.Code = Code(d.uintField(math.MaxUint16))
		case keyErrorWhat:
			e.What = d.textField(TextSizeMax)
		case keyErrorNext:
			e.Next = d.textField(TextSizeMax)
		case keyErrorWhere:
			e.Where = d.textField(TextSizeMax)
		default:
			d.Skip()
		}
	}
}

// DecodeStatus reads the body of an answer to VerbStatus.
func DecodeStatus(body []byte, s *Status) error {
	*s = Status{}
	d := NewDecoder(body, "status")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		switch m.Key {
		case keyStatusNode:
			s.Node = d.textField(NodeNameSizeMax)
		case keyStatusVersion:
			s.Version = d.textField(WordSizeMax)
		case keyStatusState:
			s.State = d.textField(WordSizeMax)
		case keyStatusNow:
			s.NowNsec = d.uintField(math.MaxUint64)
		case keyStatusServices:
			s.Services = make([]ServiceStatus, d.arrayField(ServicesMax))
			for i := range s.Services {
				d.part("service", i)
				d.serviceStatus(&s.Services[i])
			}
		case keyStatusArea:
			d.area(&s.Area)
		case keyStatusManifest:
			d.manifestStatus(&s.Manifest)
		case keyStatusTime:
			d.timeStatus(&s.Time)
		default:
			d.Skip()
		}
	}
	return d.End()
}

// serviceStatus reads one entry of a status' services.
func (d *Decoder) serviceStatus(s *ServiceStatus) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyServiceStatusName:
			s.Name = d.textField(ServiceNameSizeMax)
		case keyServiceStatusState:
			s.State = d.textField(WordSizeMax)
		case keyServiceStatusPID:
			s.PID = d.uint32Field()
		case keyServiceStatusRestarts:
			s.Restarts = d.uint32Field()
		case keyServiceStatusSince:
			s.SinceNsec = d.uintField(math.MaxUint64)
		case keyServiceStatusReady:
			s.ReadyNsec = d.uintField(math.MaxUint64)
		case keyServiceStatusEnd:
			d.end(&s.LastEnd)
		case keyServiceStatusWaiting:
			s.WaitingFor = d.textField(TextSizeMax)
		default:
			d.Skip()
		}
	}
}

// end reads how a program ended.
func (d *Decoder) end(e *End) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyEndCode:
			e.Code = uint8(d.uintField(math.MaxUint8))
		case keyEndSignal:
			e.Signal = uint8(d.uintField(math.MaxUint8))
		case keyEndReason:
			e.Reason = d.textField(WordSizeMax)
		default:
			d.Skip()
		}
	}
}

// DecodeTimeline reads the body of an answer to VerbTimeline.
func DecodeTimeline(body []byte, t *Timeline) error {
	*t = Timeline{}
	d := NewDecoder(body, "timeline")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		if m.Key != keyTimelineMarks {
			d.Skip()
			continue
		}
		t.Marks = make([]MarkRecord, d.arrayField(MarksMax))
		for i := range t.Marks {
			d.part("mark", i)
			d.mark(&t.Marks[i])
		}
	}
	return d.End()
}

// mark reads one mark of a timeline.
func (d *Decoder) mark(r *MarkRecord) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyMarkName:
			r.Name = d.textField(WordSizeMax)
		case keyMarkTime:
			r.TimeNsec = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
}

// DecodeLogs reads the body of an answer to VerbLogs. The texts are parts of it.
func DecodeLogs(body []byte, l *Logs) error {
	*l = Logs{}
	d := NewDecoder(body, "logs")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		switch m.Key {
		case keyLogsDropped:
			l.Dropped = d.uintField(math.MaxUint64)
		case keyLogsRecords:
			l.Records = make([]LogRecord, d.arrayField(LogRecordsMax))
			for i := range l.Records {
				d.part("record", i)
				d.logRecord(&l.Records[i])
			}
		default:
			d.Skip()
		}
	}
	return d.End()
}

// logRecord reads one record; its text is a part of the input.
func (d *Decoder) logRecord(r *LogRecord) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyLogTime:
			r.TimeNsec = d.uintField(math.MaxUint64)
		case keyLogStream:
			r.Stream = Stream(d.uintField(math.MaxUint8))
		case keyLogText:
			r.Text = d.bytesField(LogTextSizeMax)
		default:
			d.Skip()
		}
	}
}

// DecodeLoop reads the body of an answer to VerbLoop.
func DecodeLoop(body []byte, l *LoopStatus) error {
	*l = LoopStatus{}
	d := NewDecoder(body, "loop")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		switch m.Key {
		case keyLoopTurns:
			l.Turns = d.uintField(math.MaxUint64)
		case keyLoopEvents:
			l.Events = d.uintField(math.MaxUint64)
		case keyLoopStale:
			l.Stale = d.uintField(math.MaxUint64)
		case keyLoopTimes:
			l.TurnsByTime = make([]uint64, d.arrayField(BucketsMax))
			for i := range l.TurnsByTime {
				l.TurnsByTime[i] = d.Uint(math.MaxUint64)
			}
		case keyLoopSources:
			l.Sources = make([]SourceStatus, d.arrayField(SourcesMax))
			for i := range l.Sources {
				d.part("source", i)
				d.source(&l.Sources[i])
			}
		default:
			d.Skip()
		}
	}
	return d.End()
}

// source reads one event source of the loop.
func (d *Decoder) source(s *SourceStatus) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keySourceName:
			s.Name = d.textField(WordSizeMax)
		case keySourceEvents:
			s.Events = d.uintField(math.MaxUint64)
		case keySourceDropped:
			s.Dropped = d.uintField(math.MaxUint64)
		case keySourceLongest:
			s.LongestNsec = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
}
