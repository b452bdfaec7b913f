package sim

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Servers of time, RFC 5905, with a codec of their own; and the clock that they move. The
// true time is w.trueNsec ahead of CLOCK_BOOTTIME; what the machine believes may be
// anything. The kernel's slewing is done at once.

// timeServer answers requests, by its temper.
type timeServer struct {
	address  [16]byte
	temper   timeTemper
	liesNsec int64
	asked    []int64
}

type timeTemper int

const (
	timeGood timeTemper = iota
	timeSilent
	timeLies    // it is sure of another time
	timeUnsure  // it has no time itself
	timeRefuses // a kiss: DENY
	timeSlows   // a kiss: RATE
	timeGarbles // noise
	timeTempers
)

// timeSocket is PID 1's.
type timeSocket struct {
	queue [][]byte
}

func (s *timeSocket) ready() uint32 {
	if len(s.queue) > 0 {
		return epollIn | epollOut
	}
	return epollOut
}

func (s *timeSocket) read(b []byte) (int, errno) {
	if len(s.queue) == 0 {
		return 0, eAGAIN
	}
	n := copy(b, s.queue[0])
	s.queue = s.queue[1:]
	return n, 0
}

func (*timeSocket) write([]byte) (int, errno) { return 0, eINVAL }
func (*timeSocket) closed()                   {}

// newTimeServers makes as many as the manifest names; fewer lie than tell the truth.
func (w *world) newTimeServers(r rand) {
	w.trueNsec = w.clockNsec + pick(&r, int64(0), 50*msec, -50*msec, 3600*sec, -3600*sec, 10*365*86400*sec)
	truth := 0
	for _, address := range w.plan.manifest.TimeServers {
		s := &timeServer{address: address, temper: timeTemper(r.weighted(6, 1, 3, 1, 1, 1, 1))}
		switch s.temper {
		case timeGood:
			truth++
		case timeLies:
			if truth--; truth < 1 { // so far as many lie as tell the truth
				s.temper, truth = timeGood, truth+2
			}
			s.liesNsec = pick(&r, int64(2)*sec, -5*sec, 86400*sec, -20*365*86400*sec)
		}
		w.timeServers = append(w.timeServers, s)
	}
}

func (w *world) openTimeSocket() (int, errno) {
	if e := w.enter("socket", callNsec); e != 0 {
		return -1, e
	}
	fd, e := w.place(&file{name: "time", ops: &timeSocket{}})
	return int(fd), e
}

// sendTime brings a request to its server.
func (w *world) sendTime(fd int, to [16]byte, port uint16, b []byte) errno {
	if e := w.enter("send packet", callNsec); e != 0 {
		return e
	}
	f := w.file(int32(fd))
	if f == nil {
		return eBADF
	}
	if len(b) != 48 || b[0] != 0x23 || port != 123 {
		w.check.broken(ruleClock, "sends what is no request of an NTP client")
	}
	request := append([]byte(nil), b...)
	for _, s := range w.timeServers {
		if s.address == to {
			s.check(w)
			w.lan.carry(func() { s.answer(w, f.ops.(*timeSocket), request) })
		}
	}
	return 0
}

// check: no server is asked more than eight times in a minute.
func (s *timeServer) check(w *world) {
	s.asked = append(s.asked, w.now)
	if n := len(s.asked); n > 8 && s.asked[n-9] > w.now-60*sec && w.crash.count == 0 {
		w.check.broken(ruleClock, "asks a server of time more than eight times in a minute")
	}
}

// answer is what the server says, and when.
func (s *timeServer) answer(w *world, to *timeSocket, request []byte) {
	now := w.now + w.trueNsec
	m := make([]byte, 48)
	m[0], m[1] = 0x24, 2
	switch s.temper {
	case timeSilent:
		return
	case timeLies:
		now += s.liesNsec
	case timeUnsure:
		m[0], m[1] = 0xe4, 16
	case timeRefuses, timeSlows:
		m[1] = 0
		copy(m[12:], map[timeTemper]string{timeRefuses: "DENY", timeSlows: "RATE"}[s.temper])
	}
	copy(m[24:], request[40:])
	for _, at := range []int{32, 40} {
		binary.BigEndian.PutUint32(m[at:], uint32(now/sec+2_208_988_800))
		binary.BigEndian.PutUint32(m[at+4:], uint32(now%sec<<32/sec))
	}
	if s.temper == timeGarbles {
		m[w.lan.rand.below(48)] ^= byte(1 + w.lan.rand.below(255))
		m = m[:w.lan.rand.below(49)]
	}
	w.lan.carry(func() { to.queue = append(to.queue, m) })
}

// AdjustClock is Sys.AdjustClock.
func (w *world) AdjustClock(t *unix.Timex) errno {
	if e := w.enter("clock_adjtime", callNsec); e != 0 {
		return e
	}
	if offset := t.Offset; offset > 500*msec || offset < -500*msec {
		w.check.broken(ruleClock, "slews by more than the kernel takes")
	}
	w.clockNsec += t.Offset
	return 0
}

// believes checks the clock after it was set back: only servers may have it, and not
// below a time that has passed.
func (w *world) believes() {
	if len(w.timeServers) == 0 {
		w.check.broken(ruleClock, "sets the clock back")
	}
	if w.lan.lossy {
		return // those that tell the truth may not be heard
	}
	if off := w.clockNsec - w.trueNsec; off > sec+20*msec || off < -sec-20*msec { // MAXDIST
		w.check.broken(ruleClock, "believes servers of time that lie")
	}
}
