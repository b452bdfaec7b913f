package netcfg

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// timeSite is a clock with its servers: each is wrong by off and answers after delay.
type timeSite struct {
	c          Clock
	now        int64 // since the boot
	clock      int64 // what the machine believes, since 1970
	truth      int64 // the true time, since 1970
	off, delay [clockServersMax]int64
	reply      func(i int, m []byte) []byte
	moves      []ClockMove
	asked      [clockServersMax]int
}

const site2026 = 1_770_000_000 * nsecPerSec

func newTimeSite(count int) *timeSite {
	s := &timeSite{now: nsecPerSec, clock: site2026, truth: site2026}
	var list [][16]byte
	for i := range count {
		list = append(list, [16]byte{0xfd, 15: byte(i)})
		s.delay[i] = 10 * nsecPerMsec
	}
	s.c.Serve(list, 7, s.now)
	return s
}

func (s *timeSite) pass(d int64) { s.now, s.clock, s.truth = s.now+d, s.clock+d, s.truth+d }

// answer is a server's reply to a request, at the present time.
func (s *timeSite) answer(i int, request []byte) []byte {
	m := make([]byte, ntpSize)
	m[0], m[1] = 0x24, 2
	copy(m[24:], request[40:48])
	at := s.truth + s.off[i]
	for _, k := range []int{32, 40} {
		binary.BigEndian.PutUint32(m[k:], uint32(at/nsecPerSec+ntpEpochSec))
		binary.BigEndian.PutUint32(m[k+4:], uint32(at%nsecPerSec<<32/nsecPerSec))
	}
	return m
}

// until turns for so long; moves are made at once.
func (s *timeSite) until(d int64) {
	for end := s.now + d; ; {
		at := s.c.Next()
		if at == 0 || at > end {
			s.pass(end - s.now)
			return
		}
		s.pass(max(at-s.now, 0))
		for {
			to, request, due := s.c.Ask(nil, s.now, s.clock)
			if !due {
				break
			}
			i := int(to[15])
			s.asked[i]++
			if s.delay[i] < 0 {
				continue // silent
			}
			s.pass(s.delay[i] / 2)
			m := s.answer(i, request)
			if s.reply != nil {
				m = s.reply(i, m)
			}
			s.pass(s.delay[i] / 2)
			if move, ok := s.c.Take(m, s.now, s.clock); ok {
				s.moves = append(s.moves, move)
				if !move.Refused {
					s.clock += move.OffsetNsec
				}
			}
		}
	}
}

func (s *timeSite) wrong() time.Duration { return time.Duration(s.clock - s.truth).Abs() }

func TestTheClockIsSetOnceAndThenKept(t *testing.T) {
	s := newTimeSite(3)
	s.clock -= 3600 * nsecPerSec
	s.until(20 * nsecPerSec)
	if len(s.moves) == 0 || !s.moves[0].Step || !s.moves[0].First || s.wrong() > 5*time.Millisecond || s.c.Agreeing != 3 {
		t.Fatalf("%d ns wrong after %+v", s.wrong(), s.moves)
	}
	if got := string(s.c.AppendText(nil, s.moves[0])); !strings.HasSuffix(got, " ms behind 3 of 3 servers; set") {
		t.Error(got)
	}
	if st := s.c.Status(s.now); st.Servers != 3 || st.Agreeing != 3 || st.Server[0] != 0xfd || st.SinceNsec == 0 || st.OffsetNsec > 5*nsecPerMsec {
		t.Errorf("status %+v", st)
	}
	s.moves = nil
	s.clock += 50 * nsecPerMsec // drift
	s.until(3600 * nsecPerSec)
	for _, m := range s.moves {
		if m.Step || m.First {
			t.Errorf("%+v", m)
		}
	}
	if s.wrong() > 5*time.Millisecond {
		t.Errorf("%v wrong", s.wrong())
	}
	// A day of it: once in about 17 minutes.
	before := s.asked[0]
	s.until(86400 * nsecPerSec)
	if n := s.asked[0] - before; n < 80 || n > 100 {
		t.Errorf("asked %d times a day", n)
	}
}

// FAULTS 72: one of three, two of five are outvoted; where no more than half agree, the
// clock stays as it is.
func TestFalsetickersAreOutvoted(t *testing.T) {
	for _, c := range []struct {
		servers int
		lies    []int64
		set     bool
	}{{1, nil, true}, {3, []int64{100}, true}, {5, []int64{100, -5}, true}, {4, []int64{100, 100}, false}, {2, []int64{100}, false}, {3, []int64{100, -5}, false}} {
		s := newTimeSite(c.servers)
		s.clock -= 10 * nsecPerSec
		for i, lie := range c.lies {
			s.off[i] = lie * nsecPerSec
		}
		s.until(300 * nsecPerSec)
		if set := s.wrong() < 10*time.Millisecond; set != c.set || !set && len(s.moves) != 0 {
			t.Errorf("%+v: %v wrong after %+v", c, s.wrong(), s.moves)
		}
	}
}

// A liar who answers first is not believed while others may still answer; silent servers
// are left out after four requests.
func TestServersThatAreSlowOrSilent(t *testing.T) {
	s := newTimeSite(3)
	s.off[0] = 3600 * nsecPerSec
	s.delay[0], s.delay[1], s.delay[2] = nsecPerMsec, 900*nsecPerMsec, 800*nsecPerMsec
	s.until(60 * nsecPerSec)
	if s.wrong() > 10*time.Millisecond {
		t.Errorf("%v wrong", s.wrong())
	}
	s = newTimeSite(3)
	s.clock -= 10 * nsecPerSec
	s.delay[1], s.delay[2] = -1, -1
	s.until(120 * nsecPerSec)
	if s.wrong() > 10*time.Millisecond || len(s.moves) == 0 {
		t.Errorf("%v wrong", s.wrong())
	}
	s.until(86400 * nsecPerSec)
	if s.asked[1] > 110 {
		t.Errorf("a silent server was asked %d times", s.asked[1])
	}
}

// FAULTS 70: never below the floor, whoever says so.
func TestTheFloorHolds(t *testing.T) {
	s := newTimeSite(3)
	s.c.FloorNsec = s.clock - 10*nsecPerSec
	for i := range 3 {
		s.off[i] = -86400 * nsecPerSec
	}
	s.until(3600 * nsecPerSec)
	if s.clock != s.truth || len(s.moves) == 0 || !s.moves[0].Refused {
		t.Errorf("moved by %v", s.wrong())
	}
}

// FAULTS 71: somebody sets the clock; one finding is not enough, and what was measured
// across the jump does not count.
func TestJumps(t *testing.T) {
	s := newTimeSite(3)
	s.until(600 * nsecPerSec)
	for _, jump := range []int64{3600 * nsecPerSec, -10 * 365 * 86400 * nsecPerSec} {
		s.clock += jump
		s.moves = nil
		s.until(3 * 3600 * nsecPerSec)
		if s.wrong() > 10*time.Millisecond {
			t.Errorf("%v wrong, after %+v", s.wrong(), s.moves)
		}
	}
	s = newTimeSite(1)
	jumped := false
	s.reply = func(_ int, m []byte) []byte {
		if !jumped {
			s.clock, jumped = s.clock+3600*nsecPerSec, true
		}
		return m
	}
	s.until(1) // only that one
	if len(s.moves) != 0 {
		t.Errorf("%+v", s.moves)
	}
}

// FAULTS 73.
func TestAnswersThatDontCount(t *testing.T) {
	for name, spoil := range map[string]func(m []byte) []byte{
		"another origin": func(m []byte) []byte { m[30] ^= 1; return m },
		"no origin":      func(m []byte) []byte { clear(m[24:32]); return m },
		"stratum 16":     func(m []byte) []byte { m[1] = 16; return m },
		"unsynchronised": func(m []byte) []byte { m[0] |= 0xc0; return m },
		"a request":      func(m []byte) []byte { m[0] = 0x23; return m },
		"version 2":      func(m []byte) []byte { m[0] = 0x14; return m },
		"short":          func(m []byte) []byte { return m[:47] },
		"far away":       func(m []byte) []byte { m[9] = 2; return m }, // a root dispersion of 2 s
		"backwards":      func(m []byte) []byte { copy(m[40:], m[32:40]); m[43]--; return m },
	} {
		s := newTimeSite(1)
		s.clock -= 10 * nsecPerSec
		s.reply = func(_ int, m []byte) []byte { return spoil(m) }
		s.until(600 * nsecPerSec)
		if len(s.moves) != 0 {
			t.Errorf("%s: %+v", name, s.moves)
		}
	}
	// A replay: the cookie is gone with the first.
	s := newTimeSite(1)
	var first []byte
	s.reply = func(_ int, m []byte) []byte { first = m; return m }
	s.until(nsecPerSec)
	if _, ok := s.c.Take(first, s.now, s.clock); ok || len(first) == 0 {
		t.Error("an answer counts twice")
	}
}

func TestKissesAreObeyed(t *testing.T) {
	for kiss, most := range map[string]int{"DENY": 1, "RSTR": 1, "RATE": 100} {
		s := newTimeSite(1)
		s.reply = func(_ int, m []byte) []byte { m[1] = 0; copy(m[12:], kiss); return m }
		s.until(86400 * nsecPerSec)
		if s.asked[0] > most || len(s.moves) != 0 {
			t.Errorf("%s: asked %d times, %+v", kiss, s.asked[0], s.moves)
		}
	}
}

// FAULTS 74: the era of 2036, and a leap second that most announce.
func TestErasAndLeapSeconds(t *testing.T) {
	for _, at := range []string{"2026-01-01T00:00:00Z", "2036-02-07T06:28:15Z", "2036-02-07T06:28:17Z", "2038-01-19T03:14:08Z", "2159-12-31T00:00:00Z"} {
		want, _ := time.Parse(time.RFC3339, at)
		var b [8]byte
		binary.BigEndian.PutUint32(b[:], uint32(want.Unix()+ntpEpochSec))
		if got := ntpTime(b[:]); got != want.UnixNano() {
			t.Errorf("%s: %v", at, time.Unix(0, got).UTC())
		}
	}
	for leap, announce := range [][]byte{1: {1, 1, 0}, 2: {0, 2, 2}} {
		if announce == nil {
			continue
		}
		s := newTimeSite(3)
		s.reply = func(i int, m []byte) []byte { m[0] |= announce[i] << 6; return m }
		s.until(60 * nsecPerSec)
		if got := s.moves[len(s.moves)-1].Leap; int(got) != leap {
			t.Errorf("leap %d, want %d", got, leap)
		}
	}
}

func FuzzNTP(f *testing.F) {
	s := newTimeSite(1)
	f.Add(s.answer(0, make([]byte, ntpSize)))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := newTimeSite(1)
		_, request, _ := s.c.Ask(nil, s.now, s.clock)
		if len(b) >= ntpSize {
			copy(b[24:32], request[40:])
		}
		if move, ok := s.c.Take(b, s.now, s.clock); ok && move.ErrorNsec < 0 {
			t.Errorf("%+v", move)
		}
	})
}
