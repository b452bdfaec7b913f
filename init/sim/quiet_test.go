package sim

import (
	"strconv"
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The rows of FAULTS.md about what a machine lacks or holds back: its console, its
// watchdog.

// bootNsec is how long it took until the node was ready, in ns.
func bootNsec(t *testing.T, lines []string) int64 {
	t.Helper()
	for _, line := range lines {
		if at, ok := strings.CutSuffix(strings.TrimSpace(line), " → ready"); ok {
			msecs, err := strconv.ParseFloat(at, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int64(msecs*1e6) - 300*msec
		}
	}
	t.Fatalf("never ready:\n%s", strings.Join(lines, ""))
	return 0
}

// TestConsoleThatTakesNothing: the console is stopped by flow control from the first
// line on, or takes 300 baud. The node is ready as quickly as without, what finds no
// room is dropped, and how much is told with the last lines when it goes on.
func TestConsoleThatTakesNothing(t *testing.T) {
	tells := good()
	tells.lifeNsec, tells.status = 5*msec, 1<<8
	tell := func(more func(w *world)) []string {
		talks := service("talks", wire.ReadyExec)
		talks.BackoffMaxMsec, talks.RestartsMax = 1, 400
		return live(t, story{services: []wire.Service{talks, service("web", wire.ReadyNotify, "network")},
			programs: func(i, _ int) conduct { return []conduct{tells, good()}[i] },
			events: func(w *world) {
				more(w)
				signalAt(w, 60*sec, sigTERM)
			}})
	}
	want := bootNsec(t, tell(func(*world) {}))
	for name, more := range map[string]func(w *world){
		"300 baud": func(w *world) { w.console.byteNsec = 33 * msec },
		"stopped": func(w *world) {
			w.console.stopped = true
			w.after(30*sec, func() {
				if n := w.loop.Counts(); n.ConsoleDropped == 0 || n.ConsoleBytes > 8<<10 {
					t.Errorf("%d lines dropped, %d bytes kept", n.ConsoleDropped, n.ConsoleBytes)
				}
				w.console.stopped = false
			})
		},
	} {
		lines := tell(more)
		if got := bootNsec(t, lines); got > want+want/20 {
			t.Errorf("%s: ready after %d µs, %d without", name, got/usec, want/usec)
		}
		if name == "stopped" {
			expect(t, lines, 1, "ms] power off\n")
			expect(t, lines, 1, " lines found no room and are lost\n")
		}
	}
}

// TestNoWatchdog: the hardware's is taken before the kernel's own, whatever their
// order; where there is none, or somebody else holds it, that is said, and the node
// runs without.
func TestNoWatchdog(t *testing.T) {
	const class = "/sys/class/watchdog/watchdog"
	soft := &node{text: []byte("Software Watchdog\n")}
	for _, c := range []struct {
		name, says string
		before     func(w *world)
	}{
		{"none", "trouble: no watchdog: a hang of this node will not restart it", func(w *world) { delete(w.files, class+"0/identity") }},
		{"the kernel's own", "watchdog: Software Watchdog, 30 s", func(w *world) { w.files[class+"0/identity"] = soft }},
		{"both", "watchdog: i6300ESB timer, 30 s", func(w *world) {
			w.files[class+"1/identity"] = w.files[class+"0/identity"]
			w.files[class+"0/identity"] = soft
		}},
		{"held", "trouble: open /dev/watchdog0 (i6300ESB timer): EBUSY", func(w *world) { w.watchdog.open = true }},
		{"fixed", "trouble: set /dev/watchdog0 (i6300ESB timer) to 30 s; fed all the same: ENOTSUP",
			func(w *world) { failing(w, "ioctl watchdog", unix.EOPNOTSUPP, -1*sec, 1*sec) }},
	} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
			events: func(w *world) {
				c.before(w)
				signalAt(w, 100*sec, sigTERM)
			}})
		t.Log(c.name)
		expect(t, lines, 1, "ms] "+c.says)
		expect(t, lines, 1, "ms] ready:")
	}
}
