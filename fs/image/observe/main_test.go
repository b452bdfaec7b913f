package main

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"mote/wire"
)

// answer serves one connection on a socket: it reads the request whole, and
// writes what reply makes of it.
func answer(t *testing.T, reply func(r wire.Request) []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "control")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return // the test is over
		}
		defer c.Close()
		head := make([]byte, wire.FrameHeadSize)
		if _, err := io.ReadFull(c, head); err != nil {
			t.Error(err)
			return
		}
		payload := make([]byte, binary.BigEndian.Uint32(head))
		if _, err := io.ReadFull(c, payload); err != nil {
			t.Error(err)
			return
		}
		var r wire.Request
		if err := wire.DecodeRequest(payload, &r); err != nil {
			t.Error(err)
			return
		}
		// An asker that refuses the answer may close before it has read it all.
		_, _ = c.Write(reply(r))
	}()
	return path
}

// frames answers a request with a timeline, a mark a frame.
func frames(t *testing.T, r wire.Request, marks []wire.MarkRecord) []byte {
	var out []byte
	for i, m := range marks {
		var ok bool
		out, ok = wire.AppendReply(out, r.ID, i < len(marks)-1, &wire.Timeline{Marks: []wire.MarkRecord{m}})
		if !ok {
			t.Error("the reply is past wire's bounds")
		}
	}
	return out
}

func TestAskTimelineTakesEveryFrame(t *testing.T) {
	marks := []wire.MarkRecord{{Name: "init", TimeNsec: 1}, {Name: "up last", TimeNsec: 2}, {Name: "ready", TimeNsec: 3}}
	path := answer(t, func(r wire.Request) []byte {
		if r.Verb != wire.VerbTimeline {
			t.Errorf("it asked for %s", r.Verb)
		}
		return frames(t, r, marks)
	})
	got, err := askTimeline(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Marks) != 3 || got.Marks[0] != marks[0] || got.Marks[2] != marks[2] {
		t.Errorf("got %v", got.Marks)
	}
}

func TestAskTimelineErrors(t *testing.T) {
	for name, c := range map[string]struct {
		reply func(r wire.Request) []byte
		want  string
	}{
		"refused": {func(r wire.Request) []byte {
			return wire.AppendReplyError(nil, r.ID, wire.ReplyError{Code: wire.CodeStopping, What: "going down", Next: "ask later"})
		}, "going down"},
		"nothing":       {func(wire.Request) []byte { return nil }, "closed the connection"},
		"half a head":   {func(wire.Request) []byte { return []byte{0, 0} }, "closed the connection"},
		"half a frame":  {func(wire.Request) []byte { return []byte{0, 0, 0, 9, 0xa0} }, "closed the connection"},
		"no length":     {func(wire.Request) []byte { return []byte{0, 0, 0, 0} }, "refused length"},
		"a huge length": {func(wire.Request) []byte { return []byte{0xff, 0xff, 0xff, 0xff} }, "refused length"},
		"no CBOR":       {func(wire.Request) []byte { return []byte{0, 0, 0, 1, 0xff} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := askTimeline(answer(t, c.reply))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	if _, err := askTimeline(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "connect") {
		t.Errorf("without a socket: %v", err)
	}
}

func TestReadFile(t *testing.T) {
	text, err := readFile("/proc/meminfo")
	if err != nil || !strings.HasPrefix(text, "MemTotal:") {
		t.Errorf("got %.20q, %v", text, err)
	}
	if _, err := readFile("/proc/nothing"); err == nil || !strings.Contains(err.Error(), "/proc/nothing") {
		t.Errorf("got %v", err)
	}
	if _, err := readFile("/proc"); err == nil {
		t.Error("a folder was read")
	}
}
