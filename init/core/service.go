package core

import "mote/wire"

// service is what PID 1 knows of one supervised program.
type service struct {
	_    [0]func() // never compared: the compiler would write how
	spec *wire.Service
	// next describes it from when it is down; leaving: nothing does, and then it is gone.
	next    *wire.Service
	leaving bool
	state   state
	// since is when it entered its state; deadline is when the state ends by
	// itself, 0 for never. What that means stands with the state.
	since    int64
	deadline int64

	// needs are indices of services; needsNetwork is the stage.
	needs        [wire.NeedsMax]int16
	needsCount   int
	needsNetwork bool
	// called: a connection starts it, and nothing at boot; see knock.go.
	called bool

	// cloning: it was asked to start, and the clone's outcome is not known yet.
	// pid is its main process; alive until that was reaped, populated until
	// its cgroup was seen empty.
	cloning   bool
	pid       int32
	alive     bool
	populated bool

	// ready is what its dependents wait for. It stays true for a one-shot.
	ready     bool
	stopAsked bool // it is to end and stay down
	again     bool // … and to be started when it is down
	timedOut  bool // it was killed because it did not get ready in time

	// probeAt is when its socket is tried next, 0 for not; probeWait grows.
	probeAt   int64
	probeWait int64

	// shed: it is being stopped for want of memory, and started again after shedWait,
	// which grows; shedAt is when that was last. memoryBytes is what it had then.
	shed             bool
	shedWait, shedAt int64
	memoryBytes      uint64

	// killAt is when a kill that failed is tried again, 0 for not.
	killAt int64

	// startedAt and readyAt are of this start. restarts counts all, streak the
	// ones since it was last up for longer than its longest back-off.
	startedAt   int64
	readyAt     int64
	restarts    uint32
	streak      uint32
	windowStart int64
	windowCount uint32

	// end is how this instance ended, as far as it is known; last is how the
	// one before did.
	end, last end
}

// endKind tells how an instance of a service ended.
type endKind uint8

const (
	endNone    endKind = iota
	endExit            // code is its exit status
	endSignal          // code is the signal
	endOOM             // the kernel killed it for want of memory
	endExec            // a step of its start failed: code is the step
	endClone           // it could not be cloned
	endTimeout         // it did not get ready in time
	endRefused         // its description is wrong: it was never started
	endsCount
)

// end is how an instance ended.
type end struct {
	kind  endKind
	code  int32
	errno Errno
}

// Waits of a service, from its description or the defaults.

func (s *service) startNsec() int64 { return orDefault(s.spec.StartMsec, startMsecDefault) }
func (s *service) stopNsec() int64  { return orDefault(s.spec.StopMsec, stopMsecDefault) }
func (s *service) backoffMaxNsec() int64 {
	return orDefault(s.spec.BackoffMaxMsec, backoffMaxMsecDefault)
}

// nextRun is when a one-shot that ended runs again by itself; 0: never, as also
// where it could not be started and never can.
func (s *service) nextRun(now int64) int64 {
	if s.spec.EveryMsec == 0 || s.last.kind == endRefused ||
		(s.last.kind == endExec || s.last.kind == endClone) && permanent(s.last.errno) {
		return 0
	}
	return now + int64(s.spec.EveryMsec)*msec
}

// orDefault gives a manifest's time in ns; zero means the default.
//
//go:noinline
func orDefault(valueMsec, defaultMsec uint32) int64 {
	if valueMsec == 0 {
		valueMsec = defaultMsec
	}
	return int64(valueMsec) * msec
}

// delayNsec is the wait before restart number streak: none before the first,
// then doubled each time up to the maximum.
func (s *service) delayNsec() int64 {
	if s.streak <= 1 {
		return 0
	}
	wait, most := orDefault(s.spec.BackoffMsec, backoffMsecDefault), s.backoffMaxNsec()
	for n := uint32(2); n < s.streak && wait < most; n++ {
		wait *= 2
	}
	return min(wait, most)
}

// spend takes one restart from the budget; false means that none is left.
func (s *service) spend(now int64) bool {
	window := orDefault(s.spec.RestartsWindowMsec, restartsWindowMsecDefault)
	most := s.spec.RestartsMax
	if most == 0 {
		most = restartsMaxDefault
	}
	if s.windowStart == 0 || now-s.windowStart > window {
		s.windowStart, s.windowCount = now, 0
	}
	s.windowCount++
	return s.windowCount <= most
}
