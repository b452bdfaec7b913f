package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/wire"
)

// How ops end. A failure is an event with op and errno; whether and when it is
// tried again, Decide says.

// Failure is an op that did not go as it was meant, for the log.
type Failure struct {
	_     [0]func()
	Op    Op
	Errno unix.Errno
	// Kept tells that what is there was left alone, and that all is well.
	Kept bool
	// RetryMsec is the wait before the next try, where there is one.
	RetryMsec uint32
}

// AppendText appends one line:
//
//	net: address add 10.0.0.5/24 dev eth0: EEXIST; kept the existing one
func (f Failure) AppendText(b []byte) []byte {
	b = f.Op.AppendText(text(b, "net: "))
	b = append(text(b, ": "), errnoName(uint32(f.Errno))...)
	if f.Kept {
		return text(b, "; kept the existing one")
	}
	b = wire.AppendUint(text(b, "; trying again in "), uint64(f.RetryMsec))
	return text(b, " ms")
}

// Error is the line.
func (f Failure) Error() string { return string(f.AppendText(make([]byte, 0, 96))) }

// failures is a ring of those that wait for NextFailure; the oldest go first.
type failures struct {
	_           [0]func()
	ring        [failuresMax]Failure
	first, size int
}

// NextFailure takes the oldest failure that was not taken yet.
func (n *Net) NextFailure() (f Failure, ok bool) {
	r := &n.failures
	if r.size == 0 {
		return Failure{}, false
	}
	f = r.ring[r.first]
	r.first = (r.first + 1) % failuresMax
	r.size--
	return f, true
}

// add forgets the oldest where there is no room: a log that lags must not grow.
func (r *failures) add(f *Failure) {
	if r.size == failuresMax {
		r.first = (r.first + 1) % failuresMax
		r.size--
	}
	r.ring[(r.first+r.size)%failuresMax] = *f
	r.size++
}

// attemptOf finds what the op is an attempt at; nil for what is sent once.
func (n *Net) attemptOf(op *Op) *attempt {
	switch {
	case op.Kind == OpSend || op.Kind == OpClose:
		return nil
	case op.Dump():
		return &n.dump.attempt
	case op.Want == wantLoopback:
		return &n.loopback
	case op.Kind == OpRouteDelete:
		return &n.tidying[tidyRoute]
	case op.Kind == OpAddressDelete:
		return &n.tidying[tidyAddress]
	case op.Kind == OpLinkName:
		return &n.naming
	case op.Kind == OpResolv:
		return &n.resolv.attempt
	case op.Kind == OpOpen:
		return &n.clients[op.Want].opening[op.Socket.slot()]
	}
	if op.Want == wantNone {
		return &n.losing
	}
	for s := range stepsCount {
		if six := s == stepAddress6 || s == stepRoute6; six != op.V6 {
			continue
		}
		if leased := s == stepMTU || s >= stepLeaseAddress; stepKinds[s] == op.Kind && leased == op.Leased {
			return &n.attempts[op.Want][s]
		}
	}
	return nil
}

// Done tells that the op was done. The kernel's own word of it ends the attempt;
// without that it is tried again, ever more slowly.
func (n *Net) Done(op Op, now int64) { n.done(&op, now) }

func (n *Net) done(op *Op, now int64) {
	a := n.attemptOf(op)
	if a == nil {
		return
	}
	a.flying, a.errno = false, 0
	if op.Kind == OpOpen {
		n.clients[op.Want].open[op.Socket.slot()] = op.Socket
		a.right()
		return
	}
	if op.Kind == OpResolv {
		n.resolv.written = n.resolv.writing
		a.right()
		return
	}
	if op.Kind == OpLinkUp && int(op.Want) < wantsMax {
		n.unruled[op.Want] = false
	}
	if op.Kind == OpAddressAdd && op.V6 {
		// The kernel tells of it only when nobody else has it; it is there now.
		n.have.setAddress(&AddressFact{Link: op.Link, Six: op.Six, PrefixBits: op.PrefixBits, Protocol: ProtocolMote,
			ValidSec: op.ValidSec, PreferredSec: op.ValidSec, Flags: addrTentative | addrOptimistic}, now)
	}
	a.pause(now)
}

// Failed tells that the op failed, in a worker, in send, or by its answer.
func (n *Net) Failed(op Op, errno unix.Errno, now int64) { n.failed(&op, errno, now) }

func (n *Net) failed(op *Op, errno unix.Errno, now int64) {
	a := n.attemptOf(op)
	f := Failure{Op: *op, Errno: errno}
	if a == nil { // what was not sent counts as lost, and is sent again in its time
		if op.Kind == OpSend && errno == unix.EBADF { // the socket broke: open it anew
			n.clients[op.Want].open[op.Socket.slot()] = SocketNone
		}
		f.RetryMsec = uint32(max(n.clients[op.Want].atNsec-now, 0) / nsecPerMsec)
		n.failures.add(&f)
		return
	}
	switch {
	case errno == unix.EEXIST && (op.Kind == OpAddressAdd || op.Kind == OpRouteAdd):
		// Somebody was faster, or another default route is there. We did not see it:
		// look again.
		f.Kept = true
		if op.Kind == OpRouteAdd && op.Leased {
			n.clients[op.Want].kept |= 1 << op.Route
		} else {
			a.kept = op.Kind == OpRouteAdd
		}
		n.Resync()
	case op.Kind == OpLinkMTU && (errno == unix.EINVAL || errno == unix.EOPNOTSUPP):
		f.Kept, a.kept = true, true // the card can't: it will not be able to later
	case (op.Kind == OpAddressDelete || op.Kind == OpRouteDelete) &&
		(errno == unix.ESRCH || errno == unix.EADDRNOTAVAIL || errno == unix.ENODEV):
		n.done(op, now) // gone by itself
		n.Resync()
		return
	case errno == unix.ENODEV || errno == unix.ESRCH:
		n.Resync() // the link is gone and we were not told, or not yet
	}
	a.flying, a.errno = false, uint32(errno)
	if f.Kept {
		a.errno = 0
	}
	a.pause(now)
	f.RetryMsec = uint32((a.atNsec - now) / nsecPerMsec)
	n.failures.add(&f)
}

// pause sets when the next try may begin: retryMinNsec after the first, then
// doubled up to retryMaxNsec.
//
//go:noinline
func (a *attempt) pause(now int64) {
	wait := int64(retryMaxNsec)
	if a.tries < 16 {
		wait = min(wait, retryMinNsec<<a.tries)
		a.tries++
	}
	a.atNsec = now + wait
}

// expire gives up what has had no answer in time.
func (n *Net) expire(now int64) {
	if n.dump.late(now) {
		n.failed(&Op{Kind: OpDumpLinks + OpKind(min(n.stage, syncRoutes)), Want: wantNone}, unix.ETIMEDOUT, now)
	}
	if n.resolv.late(now) {
		n.failed(&Op{Kind: OpResolv, Want: wantNone}, unix.ETIMEDOUT, now)
	}
	if n.loopback.late(now) {
		n.failed(&Op{Kind: OpLinkUp, Want: wantLoopback, Name: NameOf("lo")}, unix.ETIMEDOUT, now)
	}
	if n.losing.late(now) {
		n.failed(&Op{Kind: OpAddressAdd, Want: wantNone, V6: true}, unix.ETIMEDOUT, now)
	}
	for i := range n.tidying {
		if n.tidying[i].late(now) {
			n.failed(&n.tidied[i], unix.ETIMEDOUT, now)
		}
	}
	for i := range n.wantsCount {
		for s := range stepsCount {
			if n.attempts[i][s].late(now) {
				op := n.opOf(i, s, now)
				n.failed(&op, unix.ETIMEDOUT, now)
			}
		}
	}
}

// late tells whether an answer is missing.
func (a *attempt) late(now int64) bool { return a.flying && now >= a.atNsec }

// answer matches an acknowledgement, an error or a dump's end to its request.
func (n *Net) answer(m *Message, now int64) {
	flight := &n.flights[m.Seq%uint32(flightsMax)]
	if m.Seq == 0 || flight.seq != m.Seq {
		return // of a request that was given up
	}
	op := &flight.op // nothing is sent before it was looked at
	flight.seq = 0
	switch {
	case op.Dump():
		n.dumpDone(op, m, now)
	case m.Errno == 0:
		n.done(op, now)
	default:
		n.failed(op, unix.Errno(m.Errno), now)
	}
}

// dumpDone ends a stage, or has it done again: a list that changed while it was
// made is no list.
func (n *Net) dumpDone(op *Op, m *Message, now int64) {
	if m.Seq != n.dump.seq || !n.dump.flying {
		return // a resync began after it was asked for
	}
	if m.Errno != 0 {
		n.failed(op, unix.Errno(m.Errno), now)
		return
	}
	if n.dump.interrupted {
		n.failed(op, unix.EINTR, now)
		return
	}
	n.have.sweep(n.stage)
	if n.stage == syncRoutes && !n.have.anyRoute() {
		n.unkeep() // routes go with their link, without a word
	}
	n.stage++
	n.dump = dump{}
	n.bind()
	n.known = n.known || n.stage == synced
}

// errnoName is "EEXIST", or "errno 512".
func errnoName(errno uint32) string {
	if name := unix.ErrnoName(unix.Errno(errno)); name != "" {
		return name
	}
	return string(wire.AppendUint([]byte("errno "), uint64(errno)))
}
