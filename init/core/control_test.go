package core

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// exchange sends bytes to the loop as a peer, turns it, and gives the replies.
func exchange(t *testing.T, l *Loop, peer int, b []byte) []wire.Reply {
	t.Helper()
	if _, err := unix.Write(peer, b); err != nil {
		t.Fatal(err)
	}
	var replies []wire.Reply
	var in []byte
	buf := make([]byte, 1<<17)
	for range 4 {
		l.turn()
		n, _ := unix.Read(peer, buf)
		in = append(in, buf[:max(n, 0)]...)
		if peerIdle(l) {
			break
		}
	}
	for {
		payload, used, ok := wire.NextFrame(in)
		if !ok {
			t.Fatalf("no frame: % x", in)
		}
		if used == 0 {
			return replies
		}
		var r wire.Reply
		if err := wire.DecodeReply(payload, &r); err != nil {
			t.Fatal(err)
		}
		replies, in = append(replies, r), in[used:]
	}
}

func peerIdle(l *Loop) bool { return len(l.conns[0].out) == 0 && len(l.conns[relayConn].out) == 0 }

func request(t *testing.T, id uint32, verb wire.Verb, name string) []byte {
	t.Helper()
	b, ok := wire.AppendRequest(nil, &wire.Request{ID: id, Verb: verb, Name: []byte(name)})
	if !ok {
		t.Fatalf("%s %q is no request", verb, name)
	}
	return b
}

func TestControlAnswersStatus(t *testing.T) {
	l := hosted(t, manifestOf(daemon("web", "db"), daemon("db")))
	l.machine.network = true
	l.machine.boot(l.now)
	peer := peerOf(t, l)
	replies := exchange(t, l, peer, request(t, 5, wire.VerbStatus, ""))
	if len(replies) != 1 || replies[0].ID != 5 || replies[0].Error.Code != 0 {
		t.Fatalf("%+v", replies)
	}
	var st wire.Status
	if err := wire.DecodeStatus(replies[0].Body, &st); err != nil {
		t.Fatal(err)
	}
	if st.Node != "story" || st.Version != Version || st.State != "booting" || len(st.Services) != 2 {
		t.Errorf("%+v", st)
	}
	web := st.Services[0]
	if web.Name != "web" || web.State != "waiting" || web.WaitingFor != "ready of db" {
		t.Errorf("%+v", web)
	}
}

func TestControlRefuses(t *testing.T) {
	l := hosted(t, manifestOf(daemon("web")))
	peer := peerOf(t, l)
	for _, c := range []struct {
		name string
		in   []byte
		code wire.Code
	}{
		{"an unknown service", request(t, 1, wire.VerbStop, "nobody"), wire.CodeUnknownService},
		{"no CBOR", []byte{0, 0, 0, 1, 0xff}, wire.CodeMalformed},
	} {
		replies := exchange(t, l, peer, c.in)
		if len(replies) != 1 || replies[0].Error.Code != c.code || replies[0].Error.Next == "" {
			t.Errorf("%s: %+v, want code %d", c.name, replies, c.code)
		}
	}
	l.machine.beginShutdown(goalReboot, l.now)
	if replies := exchange(t, l, peer, request(t, 2, wire.VerbStart, "web")); replies[0].Error.Code != wire.CodeStopping {
		t.Errorf("in a shutdown: %+v", replies)
	}
	// A frame that no request has: the peer speaks something else.
	exchange(t, l, peer, []byte{0x7f, 0, 0, 0, 'G', 'E', 'T'})
	if l.sources.fd(rankConn, 0) >= 0 {
		t.Error("a peer that does not speak the protocol is still there")
	}
}

// TestControlTakesManyAtOnce: requests that come in one piece, and one that
// comes in many, are all answered, in order.
func TestControlTakesManyAtOnce(t *testing.T) {
	l := hosted(t, manifestOf(daemon("web")))
	peer := peerOf(t, l)
	var all []byte
	for id := uint32(1); id <= 5; id++ {
		all = append(all, request(t, id, wire.VerbTimeline, "")...)
	}
	cut := len(all) - 3
	replies := exchange(t, l, peer, all[:cut])
	replies = append(replies, exchange(t, l, peer, all[cut:])...)
	if len(replies) != 5 {
		t.Fatalf("%d replies, want 5", len(replies))
	}
	for i, r := range replies {
		if r.ID != uint32(i+1) {
			t.Errorf("reply %d has id %d", i, r.ID)
		}
	}
}

func TestControlGivesLogs(t *testing.T) {
	l := hosted(t, manifestOf(daemon("web")))
	if errno := l.openOutput(0); errno != 0 {
		t.Fatal(errno)
	}
	unix.Write(int(l.starts[0].outputs[0]), []byte("hello\nworld\n"))
	l.turn()
	unix.Write(int(l.starts[0].outputs[1]), []byte("oops\n"))
	l.turn()
	peer := peerOf(t, l)
	replies := exchange(t, l, peer, request(t, 1, wire.VerbLogs, "web"))
	var logs wire.Logs
	if err := wire.DecodeLogs(replies[0].Body, &logs); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range logs.Records {
		got += string(r.Text) + map[wire.Stream]string{wire.StreamOut: "/1 ", wire.StreamErr: "/2 "}[r.Stream]
	}
	if got != "hello/1 world/1 oops/2 " || logs.Dropped != 0 {
		t.Errorf("got %q, %d dropped", got, logs.Dropped)
	}
}
