package core

import (
	"fmt"
	"strings"
	"testing"

	"mote/wire"
)

// A second, dumber account of one service's life, written from what an operator
// is told and not from the table: who runs, who was asked for what, what is owed.
// Every sequence of at most modelSteps steps is lived through by both.

// modelSteps are as many as are tried in every order.
const modelSteps = 6

// life is what the dumb account knows.
type life struct {
	spec *wire.Service
	// A process runs or none; it is ready or not; it is asked to end or was killed.
	runs, ready, asked, killed bool
	// late: it was killed as it did not get ready in time.
	late bool
	// well: it ended as it should, for good; spoiled: badly, for good; idle: it is
	// not wanted; pausing: it is started again when its time has come.
	well, spoiled, idle, pausing bool
	// kept: it is not wanted, but still called spoiled.
	kept bool
	// then: what follows when it has ended: "again" by the operator, "down", or
	// what the policy says ("").
	then string
	// stuck: it was killed, and a process of it does not die.
	stuck bool
	// gone: its main process ended, well or not, and others are left.
	gone, goneWell bool
	// deaths that it was started again after, since the operator's last word.
	deaths int
}

// start: it runs from now on.
func (f *life) start() { *f = life{spec: f.spec, runs: true, deaths: f.deaths} }

// ended: nothing of it is left; ok tells how its main process ended.
func (f *life) ended(ok bool) {
	then, late, deaths := f.then, f.late, f.deaths
	*f = life{spec: f.spec, deaths: deaths}
	switch {
	case then == "again":
		f.start()
	case then == "down":
		f.idle = true
	case ok && !late && (f.spec.Kind == wire.KindOneShot || f.spec.Restart == wire.RestartOnFailure):
		f.well, f.ready = true, f.spec.Kind == wire.KindOneShot
	case f.spec.Restart == wire.RestartNever:
		f.spoiled = true
	case deaths == 0: // the first time at once
		f.deaths++
		f.start()
	default:
		f.deaths++
		f.pausing = true
	}
}

// step does one thing to it; false when it can't happen now.
func (f *life) step(s modelStep) bool {
	switch s {
	case stepStart, stepStop, stepRestart:
		f.word(s)
	case stepReady:
		f.ready = f.ready || f.runs && !f.asked && !f.killed
	case stepEndsWell, stepEndsBadly:
		if !f.runs || f.gone {
			return false
		}
		f.ended(s == stepEndsWell)
	case stepLeavesWell, stepLeavesBadly:
		if !f.runs || f.gone {
			return false
		}
		f.gone, f.goneWell = true, s == stepLeavesWell
		if f.goneWell && f.spec.Kind == wire.KindDaemon && !f.asked && !f.killed {
			break // it put itself into the background
		}
		f.killed, f.ready = true, false // the others are
	case stepEmpty:
		if !f.gone {
			return false
		}
		f.ended(f.goneWell)
	case stepTime:
		return f.time()
	}
	return true
}

// word is the operator's.
func (f *life) word(s modelStep) {
	if s != stepStop {
		f.deaths = 0
	}
	switch {
	case f.runs && s == stepStart:
		if f.then != "" {
			f.then = "again"
		}
	case f.runs:
		f.then = "down"
		if s == stepRestart {
			f.then = "again"
		}
		f.asked, f.ready = true, false
	case s != stepStop:
		f.start()
	case f.spoiled: // it keeps its reason
		f.kept = true
	default:
		*f = life{spec: f.spec, deaths: f.deaths, idle: true}
	}
}

// time passes until the next deadline; false when there is none.
func (f *life) time() bool {
	switch {
	case f.pausing, (f.well || f.spoiled && !f.kept) && f.spec.EveryMsec != 0:
		f.start()
	case !f.runs || f.stuck || f.ready && !f.asked && !f.killed:
		return false
	case f.killed:
		f.stuck = true
	case f.asked: // it ignores its stop signal
		f.killed = true
	default: // not ready in time
		f.killed, f.late = true, true
	}
	return true
}

// names gives the states of the table that the account allows.
func (f *life) names() state {
	switch {
	case f.stuck:
		return stuck
	case f.runs && f.killed:
		return killing
	case f.runs && f.asked:
		return stopping
	case f.runs && f.ready:
		return up
	case f.runs:
		return starting
	case f.pausing:
		return backoff
	case f.well:
		return done
	case f.spoiled:
		return failed
	}
	return down
}

type modelStep int

const (
	stepStart modelStep = iota
	stepStop
	stepRestart
	stepReady
	stepEndsWell
	stepEndsBadly
	stepLeavesWell
	stepLeavesBadly
	stepEmpty
	stepTime
	modelStepsCount
)

var modelNames = [...]string{"start", "stop", "restart", "ready", "ends well", "ends badly",
	"leaves others well", "leaves others badly", "is empty", "time passes"}

// modelled drives the real machine by the same steps.
type modelled struct {
	m   *machine
	now int64
}

// real does the step to the machine and lets everything follow.
func (r *modelled) real(s modelStep) {
	switch s {
	case stepStart:
		r.m.take(event{kind: evStart}, r.now)
	case stepStop:
		r.m.take(event{kind: evStop}, r.now)
	case stepRestart:
		r.m.take(event{kind: evRestart}, r.now)
	case stepReady:
		r.m.take(event{kind: evNotify, value: notifyReady}, r.now)
	case stepEndsWell:
		r.m.take(event{kind: evExit}, r.now)
	case stepEndsBadly:
		r.m.take(event{kind: evExit, value: exitStatus(1)}, r.now)
	case stepLeavesWell:
		r.m.take(event{kind: evExit, value: restFlag}, r.now)
	case stepLeavesBadly:
		r.m.take(event{kind: evExit, value: exitStatus(1) | restFlag}, r.now)
	case stepEmpty:
		r.m.take(event{kind: evEmpty}, r.now)
	case stepTime:
		r.now = r.m.next()
	}
	r.settle()
}

func (r *modelled) settle() {
	for range roundsMax {
		r.m.settle(r.now)
		if r.m.opsCount == 0 {
			return
		}
		count := r.m.opsCount
		r.m.opsCount = 0
		for _, o := range r.m.ops[:count] {
			if o.kind == opStart {
				r.m.take(event{evCloned, o.service, 0, 100}, r.now)
			}
		}
	}
}

// TestEverySequence lives through every sequence of steps, for a daemon and a
// one-shot of each policy.
func TestEverySequence(t *testing.T) {
	for _, kind := range []wire.Kind{wire.KindDaemon, wire.KindOneShot} {
		for _, policy := range []wire.Restart{wire.RestartAlways, wire.RestartOnFailure, wire.RestartNever} {
			if kind == wire.KindOneShot && policy == wire.RestartAlways {
				continue // refused
			}
			spec := daemon("a")
			spec.Kind, spec.Restart, spec.RestartsMax = kind, policy, 100
			t.Run(fmt.Sprint(kind, policy), func(t *testing.T) { everySequence(t, spec) })
			if kind == wire.KindOneShot {
				spec.EveryMsec = 3_600_000
				t.Run(fmt.Sprint(kind, policy, "every"), func(t *testing.T) { everySequence(t, spec) })
			}
		}
	}
}

func everySequence(t *testing.T, spec wire.Service) {
	r := &modelled{m: &machine{table: &Transitions, network: true}, now: sec}
	r.m.load(manifestOf(spec), func(int) bool { return false })
	r.m.boot(r.now)
	r.settle()
	f := life{spec: r.m.services[0].spec}
	f.start()
	w := &walk{t: t, r: r}
	w.deeper(f)
	t.Logf("%d sequences", w.count)
}

// walk goes through the tree of sequences, depth first.
type walk struct {
	t     *testing.T
	r     *modelled
	path  []modelStep
	count int
}

func (w *walk) deeper(f life) {
	if w.t.Failed() || len(w.path) == modelSteps {
		return
	}
	for s := range modelStepsCount {
		next, was, now := f, w.r.m.services[0], w.r.now
		if !next.step(s) {
			continue
		}
		w.path = append(w.path, s)
		w.count++
		w.r.real(s)
		got := &w.r.m.services[0]
		if got.state != next.names() || got.ready != next.ready {
			w.t.Errorf("after %s: it is %v, ready %v; want %v, ready %v", w.told(), got.state, got.ready, next.names(), next.ready)
		}
		w.deeper(next)
		w.path = w.path[:len(w.path)-1]
		w.r.m.services[0], w.r.now = was, now
	}
}

func (w *walk) told() string {
	var names []string
	for _, s := range w.path {
		names = append(names, modelNames[s])
	}
	return strings.Join(names, ", ")
}
