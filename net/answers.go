package netcfg

import (
	"golang.org/x/sys/unix"

	"mote/wire"
)

// How ops end. A failure is an event with op and errno; whether and when it is
// tried again, Decide says.

// Failure is an op that did not go as it was meant, for the log.
type Failure struct {
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
	b = f.Op.AppendText(append(b, "net: "...))
	b = append(append(b, ": "...), errnoName(uint32(f.Errno))...)
	if f.Kept {
		return append(b, "; kept the existing one"...)
	}
	b = wire.AppendUint(append(b, "; trying again in "...), uint64(f.RetryMsec))
	return append(b, " ms"...)
}

// Error is the line.
func (f Failure) Error() string { return string(f.AppendText(make([]byte, 0, 96))) }

// failures is a ring of those that wait for NextFailure; the oldest go first.
type failures struct {
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
func (r *failures) add(f Failure) {
	if r.size == failuresMax {
		r.first = (r.first + 1) % failuresMax
		r.size--
	}
	r.ring[(r.first+r.size)%failuresMax] = f
	r.size++
}

// attemptOf finds what the op is an attempt at.
func (n *Net) attemptOf(op Op) *attempt {
	switch {
	case op.Dump():
		return &n.dump.attempt
	case op.Want == wantLoopback:
		return &n.loopback
	case int(op.Want) >= n.wantsCount:
		return &n.tidying
	case op.Kind == OpLinkUp:
		return &n.attempts[op.Want][stepUp]
	case op.Kind == OpAddressAdd:
		return &n.attempts[op.Want][stepAddress]
	}
	return &n.attempts[op.Want][stepRoute]
}

// Done tells that the op was done. The kernel's own word of it ends the attempt;
// without that it is tried again, ever more slowly.
func (n *Net) Done(op Op, now int64) {
	a := n.attemptOf(op)
	a.flying, a.errno = false, 0
	a.pause(now)
}

// Failed tells that the op failed, in a worker, in send, or by its answer.
func (n *Net) Failed(op Op, errno unix.Errno, now int64) {
	a := n.attemptOf(op)
	f := Failure{Op: op, Errno: errno}
	switch {
	case errno == unix.EEXIST && (op.Kind == OpAddressAdd || op.Kind == OpRouteAdd):
		// Somebody was faster, or another default route is there. We did not see it:
		// look again.
		f.Kept = true
		a.kept = op.Kind == OpRouteAdd
		n.Resync()
	case (op.Kind == OpAddressDelete || op.Kind == OpRouteDelete) &&
		(errno == unix.ESRCH || errno == unix.EADDRNOTAVAIL || errno == unix.ENODEV):
		n.Done(op, now) // gone by itself
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
	n.failures.add(f)
}

// pause sets when the next try may begin: retryMinNsec after the first, then
// doubled up to retryMaxNsec.
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
	n.expireOne(&n.dump.attempt, Op{Kind: OpDumpLinks + OpKind(min(n.stage, syncRoutes)), Want: wantNone}, now)
	n.expireOne(&n.loopback, Op{Kind: OpLinkUp, Want: wantLoopback, Name: NameOf("lo")}, now)
	n.expireOne(&n.tidying, Op{Kind: OpAddressDelete, Want: wantNone}, now)
	for i := range n.wantsCount {
		w := &n.wants[i]
		op := n.named(Op{Want: uint8(i), Link: n.bound[i], Address: w.Address, PrefixBits: w.PrefixBits, Gateway: w.Gateway})
		for s := range n.attempts[i] {
			op.Kind = [stepsCount]OpKind{OpLinkUp, OpAddressAdd, OpRouteAdd}[s]
			n.expireOne(&n.attempts[i][s], op, now)
		}
	}
}

// expireOne takes a missing answer for a failure.
func (n *Net) expireOne(a *attempt, op Op, now int64) {
	if a.flying && now >= a.atNsec {
		n.Failed(op, unix.ETIMEDOUT, now)
	}
}

// answer matches an acknowledgement, an error or a dump's end to its request.
func (n *Net) answer(m *Message, now int64) {
	flight := &n.flights[m.Seq%uint32(flightsMax)]
	if m.Seq == 0 || flight.seq != m.Seq {
		return // of a request that was given up
	}
	op := flight.op
	flight.seq = 0
	switch {
	case op.Dump():
		n.dumpDone(op, m, now)
	case m.Errno == 0:
		n.Done(op, now)
	default:
		n.Failed(op, unix.Errno(m.Errno), now)
	}
}

// dumpDone ends a stage, or has it done again: a list that changed while it was
// made is no list.
func (n *Net) dumpDone(op Op, m *Message, now int64) {
	if m.Seq != n.dump.seq || !n.dump.flying {
		return // a resync began after it was asked for
	}
	if m.Errno != 0 {
		n.Failed(op, unix.Errno(m.Errno), now)
		return
	}
	if n.dump.interrupted {
		n.Failed(op, unix.EINTR, now)
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
