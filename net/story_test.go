package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/hw"
)

// turn is one turn of a loop; it tells whether anything happened.
func (s *story) turn() bool {
	var from hw.Sender
	busy := false
	for s.n.Take(s.k, 3, s.buffer[:], &from, s.now) == OutcomeTaken {
		busy = true
	}
	s.n.LookAtCards(s.k, s.buffer[:])
	for _, op := range s.n.Decide(s.now, s.ops[:0]) {
		busy = true
		s.lines = append(s.lines, op.String())
		s.act(op)
	}
	for {
		f, ok := s.n.NextFailure()
		if !ok {
			return busy
		}
		s.lines = append(s.lines, f.Error())
	}
}

// act does one op as the loop does.
func (s *story) act(op Op) {
	var request [MessageSizeMax]byte
	errno := unix.Errno(0)
	switch {
	case op.Kind == OpClose:
		return
	case op.Kind == OpOpen:
		_, errno = OpenPacket(s.k, op)
	case op.Kind == OpSend:
		s.n.Send(s.k, 5, op, request[:], s.now)
		return
	case op.Slow():
		errno = s.slow(op)
	default:
		s.n.Act(s.k, 3, op, request[:], s.now)
		return
	}
	if errno != 0 {
		s.n.Failed(op, errno, s.now)
	} else {
		s.n.Done(op, s.now)
	}
}

// slow is a worker: its answer does not come by the loop's socket.
func (s *story) slow(op Op) unix.Errno {
	if op.Kind == OpResolv {
		s.resolv = string(s.n.AppendResolv(nil))
		return 0
	}
	if s.k.breaks != nil {
		if errno := s.k.breaks(unix.RTM_NEWLINK); errno != 0 {
			return errno
		}
	}
	return s.k.change(unix.RTM_NEWLINK, AppendOp(nil, op, 1))
}

// settle turns until nothing is to be heard or done at this time.
func (s *story) settle() {
	for i := 0; s.turn(); i++ {
		if i > 200 {
			s.k.t.Fatalf("never quiet: %q", s.lines[len(s.lines)-6:])
		}
	}
}

// later steps to the next deadline, n times, and settles.
func (s *story) later(n int) {
	for range n {
		if next := s.n.NextDeadline(); next > s.now {
			s.now = next
		}
		s.settle()
	}
}

// take returns the lines since the last call.
func (s *story) take() []string {
	lines := s.lines
	s.lines = nil
	return lines
}
