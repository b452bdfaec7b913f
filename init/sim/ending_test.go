package sim

import (
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The rows of FAULTS.md about what ends a machine, and what would keep it from it.

// endedAt gives when a run's machine ended, in ns from its start, and how.
func endedAt(t *testing.T, lines []string, how string) int64 {
	t.Helper()
	for _, line := range lines {
		if rest, ok := strings.CutSuffix(strings.TrimSpace(line), " = "+how); ok {
			whole, _, _ := strings.Cut(rest, ".")
			at := int64(0)
			for _, c := range whole {
				at = at*10 + int64(c-'0')
			}
			return at * msec
		}
	}
	t.Fatalf("never says %q:\n%s", how, strings.Join(lines, ""))
	return 0
}

// TestKeysThatEnd: a signal or a key ends the machine in order, within the hard limit
// even when a service ignores its signal, another can't be killed and writing never
// ends; Ctrl-Alt-Del again and again ends it at once.
func TestKeysThatEnd(t *testing.T) {
	deaf, held := good(), good()
	deaf.termNsec = -1
	held.heldAtNsec, held.heldNsec = 500*msec, -1
	for _, c := range []struct {
		name, how string
		within    int64
		press     func(w *world)
	}{
		{"SIGPWR", "reboot off", 60 * sec, func(w *world) { w.raise(sigPWR) }},
		{"SIGTERM", "reboot off", 60 * sec, func(w *world) { w.raise(sigTERM) }},
		{"power key", "reboot off", 60 * sec, func(w *world) { w.pressKey("0") }},
		{"Ctrl-Alt-Del", "reboot restart", 60 * sec, func(w *world) { w.raise(sigINT) }},
		{"Ctrl-Alt-Del seven times", "reboot restart", 2 * sec, func(w *world) {
			for n := range int64(7) {
				signalAt(w, n*200*msec, sigINT)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := live(t, story{services: []wire.Service{service("deaf", wire.ReadyExec), service("held", wire.ReadyExec)},
				programs: func(i, _ int) conduct { return []conduct{deaf, held}[i] },
				events: func(w *world) {
					w.plan.syncNsec = -1
					w.plugKey("0")
					w.after(2*sec, func() { c.press(w) })
				}})
			took := endedAt(t, lines, c.how) - 2300*msec
			t.Logf("ended after %d ms", took/msec)
			if took > c.within || took < c.within/100 {
				t.Errorf("ended after %d ms, not within %d ms", took/msec, c.within/msec)
			}
			if c.within > 2*sec {
				expect(t, lines, 1, "= kill all 9")
			}
		})
	}
}

// TestRebootRefused: the kernel refuses to end the machine, again and again. The
// watchdog is not fed any more and restarts it, within 90 s in all; so it does where
// the machine was to be turned off.
func TestRebootRefused(t *testing.T) {
	for _, sig := range []uint8{sigINT, sigTERM} {
		deaf := good()
		deaf.termNsec = -1
		lines := live(t, story{services: []wire.Service{service("deaf", wire.ReadyExec)}, programs: always(deaf),
			events: func(w *world) {
				failing(w, "reboot", unix.EPERM, 0, 1000*sec)
				signalAt(w, 2*sec, sig)
			}})
		took := endedAt(t, lines, "the watchdog restarts the machine") - 2300*msec
		t.Logf("restarted %d ms after signal %d", took/msec, sig)
		if took > 90*sec || took < 20*sec {
			t.Errorf("restarted after %d ms", took/msec)
		}
	}
}
