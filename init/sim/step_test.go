package sim

import (
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// TestEveryStepFails makes each call of a child that declares everything fail, so
// that it passes and so that it does not: PID 1 says which and how; what may pass
// is tried again, and the service is up; what will not is failed.
func TestEveryStepFails(t *testing.T) {
	whats := map[string]bool{}
	steps := 0
	for ; ; steps++ {
		for _, e := range []errno{unix.ENOMEM, unix.EPERM} {
			said, ok := failStep(t, steps, e)
			if !ok {
				t.Logf("%d steps, each failing in two ways; %d places named", steps, len(whats))
				if steps < 80 || len(whats) < 25 {
					t.Errorf("%d steps of %d names: the service declares too little", steps, len(whats))
				}
				return
			}
			whats[said] = true
		}
	}
}

// failStep runs a node whose service fails once at a step, and gives the place
// that the console names; ok is false when the service has no such step.
func failStep(t *testing.T, step int, e errno) (place string, ok bool) {
	t.Helper()
	s := service("c", wire.ReadyNotify)
	s.User, s.Caps = "1000", []string{"net_bind_service"}
	s.Isolation = placed("c")
	s.Isolation.Namespaces = []string{"mount", "pid", "net", "user"}
	s.Isolation.InsideID, s.Isolation.Importance = 1, 2
	p := &plan{seed: 1, manifest: &wire.Manifest{Node: "node", Services: []wire.Service{s}}, driverNsec: 1 * msec,
		syncNsec: 100 * msec, processLimit: 100, chaosNsec: 2 * sec, calm: !permanent(unix.ErrnoName(e)), ending: endReboot,
		tempers: []temper{steady}}
	p.script = func(_, instance int) (conduct, bool) {
		do := good()
		if instance == 1 {
			do.failStep, do.fails = step, e
		}
		return do, true
	}
	out := run(p, options{keep: true})
	if out.broken.rule != ruleNone {
		t.Errorf("step %d %s: breaks rule %d: %s", step, unix.ErrnoName(e), out.broken.rule, out.broken.what)
	}
	text := strings.Join(out.trace.all, "")
	failed := "~ c 2 fails at step " + itoa(int64(step)) + " " + unix.ErrnoName(e)
	if !strings.Contains(text, failed) {
		return "", false
	}
	end := ": " + unix.ErrnoName(e) + "; restart 1"
	if permanent(unix.ErrnoName(e)) {
		end = ": " + unix.ErrnoName(e) + "; not started again"
	}
	before, _, found := strings.Cut(text, end)
	at := strings.LastIndex(before, " c: ")
	if !found || at < 0 || strings.Contains(before[at:], "\n") {
		t.Errorf("step %d %s: the console names no place:\n%s", step, unix.ErrnoName(e), text)
		return "", true
	}
	return before[at+len(" c: "):], true
}
