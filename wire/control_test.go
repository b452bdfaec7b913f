package wire

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestRequestsComeBackAsTheyWent(t *testing.T) {
	for _, r := range []Request{
		{ID: 1, Verb: VerbStatus},
		{ID: math.MaxUint32, Verb: VerbTimeline, Args: Args{SinceNsec: math.MaxUint64}},
		{ID: 2, Verb: VerbLogs, Name: []byte("mqtt"), Args: Args{TailRecords: 10, SinceNsec: 5}},
		{ID: 3, Verb: VerbRestart, Name: []byte("a")},
		{ID: 4, Verb: VerbReboot}, {ID: 5, Verb: VerbPowerOff}, {ID: 6, Verb: VerbLoop},
		{ID: 9, Verb: VerbStatus, Caller: Caller{Name: []byte("alice"), Role: RoleAdmin}},
		{ID: 7, Verb: 200}, {ID: 8, Verb: 200, Name: []byte("x")},
		{ID: 10, Verb: VerbApply, Args: Args{Apply: ApplyArgs{Mode: ApplyTry, TryMsec: 5, SizeBytes: EnvelopeSizeMax, OffsetBytes: 1, Piece: make([]byte, PieceSizeMax)}}},
		{ID: 11, Verb: VerbConfirm, Args: Args{Apply: ApplyArgs{Generation: math.MaxUint64}}},
	} {
		b, ok := AppendRequest([]byte{9}, &r)
		if !ok {
			t.Errorf("%+v: not written", r)
			continue
		}
		payload, used, ok := NextFrame(b[1:])
		if !ok || used != len(b)-1 {
			t.Errorf("%+v: frame of %d, %v", r, used, ok)
		}
		var got Request
		if err := DecodeRequest(payload, &got); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%+v came back as %+v, %v", r, got, err)
		}
	}
}

func TestRequestGoldenBytes(t *testing.T) {
	b, _ := AppendRequest(nil, &Request{ID: 7, Verb: VerbLogs, Name: []byte("mqtt"), Args: Args{TailRecords: 20}})
	const want = "0000000f" + "a4" + "0007" + "0103" + "02646d717474" + "03a10014"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("wrote %s\n want %s", got, want)
	}
}

func TestRequestsRefused(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		reason    Reason
		id        uint32
	}{
		{"empty map", "a0", RefusedKeyMissing, 0},
		{"no id", "a10101", RefusedKeyMissing, 0},
		{"no verb", "a10007", RefusedKeyMissing, 7},
		{"logs of nobody", "a200070103", RefusedKeyMissing, 7},
		{"status of somebody", "a3000701010261 61", RefusedKeyMissing, 7},
		{"unknown argument", "a30007010103a10801", RefusedKeyUnknown, 7},
		{"no arguments", "a30007010103a0", RefusedZero, 7},
		{"mode past the last", "a30007010b03a10205", RefusedRange, 7},
		{"empty piece", "a30007010b03a10640", RefusedZero, 7},
		{"piece past its bound", "a30007010b03a106591001" + strings.Repeat("00", 4097), RefusedTooLong, 7},
		{"unknown key", "a30007010105f5", RefusedKeyUnknown, 7},
		{"caller without a role", "a30007010104a1006161", RefusedKeyMissing, 7},
		{"caller without a name", "a30007010104a10101", RefusedKeyMissing, 7},
		{"caller of no name", "a30007010104a200600101", RefusedKeyMissing, 7},
		{"caller of no role", "a30007010104a2006161 0100", RefusedZero, 7},
		{"caller of a higher role", "a30007010104a2006161 0104", RefusedRange, 7},
		{"caller with more", "a30007010104a3006161 0101 0201", RefusedKeyUnknown, 7},
		{"no caller", "a30007010104a0", RefusedKeyMissing, 7},
		{"caller of a long name", "a30007010104a200 7840" + strings.Repeat("61", 64) + "0101", RefusedTooLong, 7},
		{"empty name", "a3000701030260", RefusedZero, 7},
		{"long name", "a30007010302 7820" + strings.Repeat("61", 32), RefusedTooLong, 7},
		{"id past 32 bits", "a2001b00000001000000000101", RefusedRange, 0},
		{"verb past 8 bits", "a2000701190100", RefusedRange, 7},
		{"trailing", "a20007010100", RefusedTrailing, 7},
		{"id twice", "a200070007", RefusedKeyTwice, 7},
		{"not a map", "820701", RefusedType, 0},
	} {
		var r Request
		var refusal Refusal
		err := DecodeRequest(unhex(t, c.hex), &r)
		if !errors.As(err, &refusal) || refusal.Reason != c.reason || r.ID != c.id || refusal.What != "request" {
			t.Errorf("%s: id %d, %v; want %d, %v", c.name, r.ID, err, c.id, c.reason)
		}
	}
	for _, r := range []Request{{Verb: VerbStatus}, {ID: 1}, {ID: 1, Verb: VerbStop}, {ID: 1, Verb: VerbStatus, Name: []byte("a")},
		{ID: 1, Verb: VerbStop, Name: make([]byte, 32)}, {ID: 1, Verb: VerbStop, Name: []byte{0xff}}} {
		if b, ok := AppendRequest([]byte{9}, &r); ok || len(b) != 1 {
			t.Errorf("wrote %+v", r)
		}
	}
}

// bodies has one of each answer, full.
func bodies() (Status, Timeline, Logs, LoopStatus) {
	return Status{Node: "edge-7", Version: "0.1", State: "ready", NowNsec: 12, Services: []ServiceStatus{
			{Name: "mqtt", State: "up", PID: 77, Restarts: 2, SinceNsec: 1 << 40, ReadyNsec: 9,
				LastEnd: End{Code: 1, Signal: 9, Reason: "killed"}, WaitingFor: "ready of setup"},
			{Name: "idle"}},
			Area:     AreaStatus{"/dev/vdb", "open", "/dev/vdb is read-only", 7, "reboot", 2, 3, 1 << 40, 4, 16384, 1, 2, 1},
			Manifest: ManifestStatus{7, 6, 8, 9, 1 << 40, "alice", "damaged", 9},
			Time:     TimeStatus{[16]byte{0xfd, 15: 3}, 3, 2, 1 << 41, 500, true, 700}},
		Timeline{Marks: []MarkRecord{{"kernel", 1}, {"ready", math.MaxUint64}, {Name: "zero"}}},
		Logs{Dropped: 3, Records: []LogRecord{{TimeNsec: 5, Stream: StreamErr, Text: []byte{0xff, 'x'}}, {Stream: StreamNote}}},
		LoopStatus{Turns: 1, Events: 2, Stale: 3, TurnsByTime: []uint64{0, 5, 0}, Sources: []SourceStatus{{Name: "uevent", Events: 4, Dropped: 5, LongestNsec: 6}, {Name: "kmsg"}}}
}

// fullApplied has every field set.
func fullApplied() Applied {
	return Applied{Generation: 7, Before: 6, Changes: []ServiceChange{{"web", ChangeRestart}, {"new", ChangeStart}, {Name: "odd", What: 200}},
		Network: true, Kept: true, Signer: "alice", UntilNsec: math.MaxUint64}
}

// fullNetwork has every field set, as PID 1 writes it.
func fullNetwork() NetTables {
	return NetTables{NowNsec: 9, Tables: [3][]NetItem{
		{{Numbers: [3]uint64{2, 1500, NetLinkUp | NetLinkRunning}, Bytes: [2][]byte{[]byte("eth0"), {2, 0, 0, 0, 0, 1}}}, {Numbers: [3]uint64{1}, Bytes: [2][]byte{[]byte("lo")}}},
		{{Numbers: [3]uint64{2, 24, 1 << 40}, Bytes: [2][]byte{{10, 0, 2, 15}}}, {Numbers: [3]uint64{2, 128}, Bytes: [2][]byte{make([]byte, 16)}}},
		{{Numbers: [3]uint64{2, 8, 100}, Bytes: [2][]byte{{10, 0, 2, 2}, {10, 0, 0, 0}}}, {}}}}
}

// What PID 1 writes in tables is read as links, addresses and routes.
func TestNetwork(t *testing.T) {
	tables := fullNetwork()
	b, ok := AppendReply(nil, 7, false, &tables)
	payload, _, frameOK := NextFrame(b)
	var r Reply
	if err := DecodeReply(payload, &r); !ok || !frameOK || err != nil {
		t.Fatal(err)
	}
	dec, enc := strictest(t)
	if !oracle(dec, enc, payload) {
		t.Errorf("%x is not deterministic", payload)
	}
	want := Network{NowNsec: 9, Links: []NetLink{{Index: 2, Name: "eth0", MAC: []byte{2, 0, 0, 0, 0, 1}, Up: true, Running: true, MTUBytes: 1500}, {Index: 1, Name: "lo"}},
		Addresses: []NetAddress{{Link: 2, Address: []byte{10, 0, 2, 15}, PrefixBits: 24, EndNsec: 1 << 40}, {Link: 2, Address: make([]byte, 16), PrefixBits: 128}},
		Routes:    []NetRoute{{Link: 2, Gateway: []byte{10, 0, 2, 2}, Dest: []byte{10, 0, 0, 0}, DestBits: 8, Metric: 100}, {}}}
	var got Network
	if err := DecodeNetwork(r.Body, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for n := range r.Body { // cut short it is refused
		if DecodeNetwork(r.Body[:n], &got) == nil {
			t.Errorf("%d bytes are taken", n)
		}
	}
}

func TestRepliesComeBackAsTheyWent(t *testing.T) {
	status, timeline, logs, loop := bodies()
	applied := fullApplied()
	dec, enc := strictest(t)
	for _, c := range []struct {
		body   Body
		decode func([]byte) (any, error)
	}{
		{&status, func(b []byte) (any, error) { v := new(Status); return v, DecodeStatus(b, v) }},
		{&timeline, func(b []byte) (any, error) { v := new(Timeline); return v, DecodeTimeline(b, v) }},
		{&logs, func(b []byte) (any, error) { v := new(Logs); return v, DecodeLogs(b, v) }},
		{&loop, func(b []byte) (any, error) { v := new(LoopStatus); return v, DecodeLoop(b, v) }},
		{&applied, func(b []byte) (any, error) { v := new(Applied); return v, DecodeApplied(b, v) }},
		{&Status{}, func(b []byte) (any, error) { v := new(Status); return v, DecodeStatus(b, v) }},
	} {
		b, ok := AppendReply(nil, 7, true, c.body)
		payload, _, frameOK := NextFrame(b)
		var r Reply
		if err := DecodeReply(payload, &r); !ok || !frameOK || err != nil || r.ID != 7 || !r.More || r.Error.Code != 0 {
			t.Errorf("%T: %+v, %v", c.body, r, err)
		}
		if !oracle(dec, enc, payload) {
			t.Errorf("%T: %x is not deterministic", c.body, payload)
		}
		got, err := c.decode(r.Body)
		if err != nil || !reflect.DeepEqual(got, any(c.body)) {
			t.Errorf("%+v came back as %+v, %v", c.body, got, err)
		}
		for n := range r.Body {
			if _, err := c.decode(r.Body[:n]); err == nil {
				t.Errorf("%T: accepted the first %d of %d bytes", c.body, n, len(r.Body))
			}
		}
	}
}

func TestReplyErrors(t *testing.T) {
	b := AppendReplyError(nil, 7, ReplyError{Code: CodeUnknownService, What: `no service "x"`, Next: "see mote status"})
	const want = "00000028" + "a2" + "0007" + "01a3" + "0003" +
		"016e" + "6e6f2073657276696365202278 22" + "026f" + "736565206d6f746520737461747573"
	if got := hex.EncodeToString(b); got != strings.ReplaceAll(want, " ", "") {
		t.Errorf("wrote %s\n want %s", got, want)
	}
	payload, _, _ := NextFrame(b)
	var r Reply
	if err := DecodeReply(payload, &r); err != nil || r.ID != 7 || r.Error.Code != CodeUnknownService || r.Body != nil ||
		r.Error.Error() != `no service "x"; see mote status` {
		t.Errorf("came back as %+v, %v", r, err)
	}
	long := strings.Repeat("ü", 200)
	payload, _, ok := NextFrame(AppendReplyError(nil, 0, ReplyError{Code: 1, What: long, Next: long}))
	if err := DecodeReply(payload, &r); !ok || err != nil || len(r.Error.What) != TextSizeMax {
		t.Errorf("long texts: %d, %v", len(r.Error.What), err)
	}
}

// A newer node's answer: each map has one key more, 200, with a nested item.
func TestRepliesPassOverUnknownKeys(t *testing.T) {
	extra := "18c8" + "82a10063c3bc61f6"
	plus := func(keys, body string) []byte { return unhex(t, keys+body+extra) }
	var r Reply
	if err := DecodeReply(plus("a3", "0007"+"03a0"), &r); err != nil || r.ID != 7 || len(r.Body) != 1 {
		t.Errorf("reply: %+v, %v", r, err)
	}
	if err := DecodeReply(plus("a2", "01a2"+"0001"+extra), &r); err != nil || r.Error.Code != CodeMalformed {
		t.Errorf("error: %+v, %v", r, err)
	}
	var s Status
	if err := DecodeStatus(plus("a2", "0481a3"+"006161"+"06a2"+"0101"+extra+extra), &s); err != nil || s.Services[0].LastEnd.Signal != 1 {
		t.Errorf("status: %+v, %v", s, err)
	}
	if err := DecodeStatus(plus("a2", "05a2"+"0807"+extra), &s); err != nil || s.Area.Writes != 7 {
		t.Errorf("state area: %+v, %v", s, err)
	}
	var tl Timeline
	if err := DecodeTimeline(plus("a2", "0081a2"+"006161"+extra), &tl); err != nil || tl.Marks[0].Name != "a" {
		t.Errorf("timeline: %+v, %v", tl, err)
	}
	var l Logs
	if err := DecodeLogs(plus("a2", "0181a2"+"0001"+extra), &l); err != nil || l.Records[0].TimeNsec != 1 {
		t.Errorf("logs: %+v, %v", l, err)
	}
	var lp LoopStatus
	if err := DecodeLoop(plus("a2", "0481a2"+"006161"+extra), &lp); err != nil || lp.Sources[0].Name != "a" {
		t.Errorf("loop: %+v, %v", lp, err)
	}
}

func TestAReplyPastTheFrameIsNotWritten(t *testing.T) {
	logs := Logs{Records: make([]LogRecord, 17)}
	for i := range logs.Records {
		logs.Records[i] = LogRecord{math.MaxUint64, StreamOut, make([]byte, LogTextSizeMax)}
	}
	if b, ok := AppendReply([]byte{9}, 1, false, &logs); ok || len(b) != 1 {
		t.Errorf("wrote %d bytes", len(b))
	}
	logs.Records = logs.Records[:1]
	one, _ := AppendReply(nil, 1, false, &logs)
	logs.Records = append(logs.Records, logs.Records[0])
	two, _ := AppendReply(nil, 1, false, &logs)
	if cost := len(two) - len(one) - LogTextSizeMax; cost > LogRecordOverheadMax {
		t.Errorf("a record costs %d beside its text, the bound says %d", cost, LogRecordOverheadMax)
	}
	word, text := strings.Repeat("x", WordSizeMax), strings.Repeat("x", TextSizeMax)
	status := Status{Node: word, Version: word, State: word, NowNsec: math.MaxUint64, Services: make([]ServiceStatus, ServicesMax),
		Area: AreaStatus{text, word, text, math.MaxUint64, text, math.MaxUint64, math.MaxUint32, math.MaxUint64,
			math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint32, math.MaxUint32}}
	for i := range status.Services {
		status.Services[i] = ServiceStatus{Name: word[:ServiceNameSizeMax], State: word, PID: math.MaxUint32,
			Restarts: math.MaxUint32, SinceNsec: math.MaxUint64, ReadyNsec: math.MaxUint64,
			LastEnd: End{255, 255, word}, WaitingFor: text}
	}
	if _, ok := AppendReply(nil, 1, false, &status); !ok {
		t.Error("a full status does not fit a frame")
	}
}

func TestFrames(t *testing.T) {
	for _, c := range []struct {
		hex      string
		used     int
		ok       bool
		contents string
	}{
		{"", 0, true, ""}, {"000000", 0, true, ""}, {"00000001", 0, true, ""},
		{"0000000161", 5, true, "a"}, {"000000016162", 5, true, "a"}, {"00000002 61", 0, true, ""},
		{"00000000", 0, false, ""}, {"00010001", 0, false, ""}, {"ffffffff", 0, false, ""}, {"00010000", 0, true, ""},
	} {
		payload, used, ok := NextFrame(unhex(t, c.hex))
		if used != c.used || ok != c.ok || string(payload) != c.contents {
			t.Errorf("%s: %q, %d, %v", c.hex, payload, used, ok)
		}
	}
	b, at := BeginFrame([]byte{1})
	if b, ok := EndFrame(b, at); ok || len(b) != 1 {
		t.Error("an empty frame was written")
	}
	if b, ok := EndFrame(append(b, make([]byte, FrameSizeMax)...), at); !ok || b[2] != 1 {
		t.Errorf("a full frame was not written")
	}
}

func TestVerbs(t *testing.T) {
	for v := VerbStatus; v < verbsEnd; v++ {
		if got, ok := VerbOf(v.String()); !ok || got != v {
			t.Errorf("%s is %d", v, got)
		}
	}
	if _, ok := VerbOf("exec"); ok || Verb(0).String() != "unknown verb" || verbsEnd.String() != "unknown verb" {
		t.Error("a verb that is none")
	}
}

// PID 1's steady work: read a request, answer it.
func TestAnsweringAllocatesNothing(t *testing.T) {
	status, timeline, logs, loop := bodies()
	request, _ := AppendRequest(nil, &Request{ID: 2, Verb: VerbLogs, Name: []byte("mqtt")})
	out := make([]byte, 0, 1024)
	var r Request
	if n := testing.AllocsPerRun(100, func() {
		payload, _, _ := NextFrame(request)
		if DecodeRequest(payload, &r) != nil || string(r.Name) != "mqtt" {
			t.Fatal("refused")
		}
		AppendReply(out, 1, false, &status)
		AppendReply(out, 1, false, &timeline)
		AppendReply(out, 1, true, &logs)
		AppendReply(out, 1, false, &loop)
		AppendReply(out, 1, false, nil)
		AppendReplyError(out, 1, ReplyError{Code: CodeBusy, What: "busy", Next: "ask again"})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRequest(f *testing.F) {
	for _, s := range []string{"a200070101", "a4000701030264 6d717474 03a10014", "a0"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Request
		if DecodeRequest(b, &r) != nil {
			return
		}
		again, ok := AppendRequest(nil, &r)
		if !ok || string(again[FrameHeadSize:]) != string(b) {
			t.Fatalf("%x came back as %x, %v", b, again, ok)
		}
	})
}

// Decode, encode, decode: unknown keys are gone after the first time.
func FuzzReply(f *testing.F) {
	status, timeline, logs, loop := bodies()
	for _, body := range []Body{&status, &timeline, &logs, &loop, nil} {
		b, _ := AppendReply(nil, 7, true, body)
		f.Add(b[FrameHeadSize:])
	}
	f.Add(AppendReplyError(nil, 7, ReplyError{Code: CodeBusy, What: "a", Next: "b"})[FrameHeadSize:])
	f.Fuzz(func(t *testing.T, b []byte) {
		var r Reply
		if DecodeReply(b, &r) != nil {
			return
		}
		again(t, r.Body, new(Status), new(Status), func(b []byte, v Body) error { return DecodeStatus(b, v.(*Status)) })
		again(t, r.Body, new(Timeline), new(Timeline), func(b []byte, v Body) error { return DecodeTimeline(b, v.(*Timeline)) })
		again(t, r.Body, new(Logs), new(Logs), func(b []byte, v Body) error { return DecodeLogs(b, v.(*Logs)) })
		again(t, r.Body, new(LoopStatus), new(LoopStatus), func(b []byte, v Body) error { return DecodeLoop(b, v.(*LoopStatus)) })
	})
}

func again(t *testing.T, body []byte, first, second Body, decode func([]byte, Body) error) {
	if decode(body, first) != nil {
		return
	}
	var e Encoder
	first.appendTo(&e)
	if err := decode(e.Out, second); err != nil || !reflect.DeepEqual(first, second) {
		t.Fatalf("%T: %+v came back as %+v, %v", first, first, second, err)
	}
}
