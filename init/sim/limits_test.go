package sim

import (
	"strconv"
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The rows of FAULTS.md about what a service may take: memory, processes, and the
// controllers that bound both.

// TestOutOfMemory: the kernel kills a service for want of memory, each time. That is
// said, and it is started again as its policy says, at once and then after a wait;
// what somebody else kills is not called so.
func TestOutOfMemory(t *testing.T) {
	hog := good()
	hog.lifeNsec, hog.status = 1*sec, uint32(sigKILL)
	lines := live(t, story{services: []wire.Service{service("hog", wire.ReadyExec), service("web", wire.ReadyExec)},
		programs: func(i, n int) conduct {
			if i == 0 && n < 3 {
				return hog
			}
			return good()
		},
		events: func(w *world) {
			w.after(500*msec, func() {
				for _, p := range w.processes.all {
					if p.service == "web" {
						w.kill(p, uint32(sigKILL))
						return
					}
				}
			})
			signalAt(w, 5*sec, sigTERM)
		}})
	expect(t, lines, 1, "hog: killed by the kernel, out of memory; restart 1 now")
	expect(t, lines, 1, "hog: killed by the kernel, out of memory; restart 2 in 100 ms")
	expect(t, lines, 1, "web: killed by SIGKILL; restart 1 now")
	expect(t, lines, 3, "hog up")
}

// TestForkBomb: a service forks without end. With the limit that it gets by default
// other services start beside it, again and again; one that declares more than there
// is leaves room for PID 1's own, and its end makes room for others.
func TestForkBomb(t *testing.T) {
	bomb, short := good(), good()
	bomb.bomb = true
	short.lifeNsec, short.status = 1*sec, 1<<8
	for _, most := range []uint32{0, 5000} {
		boom := service("bomb", wire.ReadyExec)
		boom.Limits.PidsMax = most
		lines := live(t, story{services: []wire.Service{boom, service("web", wire.ReadyExec, "network")},
			programs: func(i, _ int) conduct { return []conduct{bomb, short}[i] },
			events: func(w *world) {
				w.after(3*sec, func() {
					if w.mayFork(w.cgroups[cgroupServices+"bomb"]) || !w.mayFork(w.cgroups[cgroupRoot+"/workers"]) {
						t.Errorf("with a limit of %d: no bomb, or no room for a worker; %d processes", most, len(w.processes.all))
					}
				})
				askAt(w, 6*sec, wire.VerbStop, "bomb")
				signalAt(w, 20*sec, sigTERM)
			}})
		if count(lines, "ms] bomb: ") != 1 || count(lines, "; stopped\n") < 1 {
			t.Error("the bomb is not stopped")
		}
		ups := count(lines, "web up")
		t.Logf("with a limit of %d: web was up %d times", most, ups)
		if failed := count(lines, "web: clone: EAGAIN"); ups < 1 || most == 0 && (ups < 4 || failed != 0) {
			t.Errorf("web was up %d times, and %d times could not start", ups, failed)
		}
	}
}

// TestNothingToHandDown: the kernel has no controllers to hand down, and then cgroups are
// at their limit. That is said; no service starts without its bounds, and each starts
// when they can be had.
func TestNothingToHandDown(t *testing.T) {
	lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
		events: func(w *world) {
			w.nothingToHandDown = true
			w.after(3*sec, func() { w.nothingToHandDown = false })
			failing(w, "mkdir", unix.EAGAIN, 3*sec, 8*sec) // cgroup.max.depth, cgroup.max.descendants
			signalAt(w, 20*sec, sigTERM)
		}})
	expect(t, lines, 1, "trouble: hand down controllers in /sys/fs/cgroup/: ENOENT")
	expect(t, lines, 1, "web: hand down controllers in /sys/fs/cgroup/: EAGAIN; restart 1 now")
	if count(lines, "web: make cgroup /sys/fs/cgroup/services: EAGAIN; restart") == 0 {
		t.Error("the limit of cgroups is not said")
	}
	expect(t, lines, 1, "= clone web")
	expect(t, lines, 1, "web up")
}

// TestCrashLoopIsNotReady: something essential crashes without end, from the start.
// The node never calls itself ready, whatever else is up: so nothing that waits for
// that, as a trial of another release must, takes it for good.
func TestCrashLoopIsNotReady(t *testing.T) {
	loop := good()
	loop.lifeNsec, loop.status = 2*msec, 1<<8
	gate := service("gate", wire.ReadyNotify)
	gate.RestartsMax = 8
	lines := live(t, story{services: []wire.Service{gate, service("web", wire.ReadyExec)},
		programs: func(i, _ int) conduct { return []conduct{loop, good()}[i] },
		events:   func(w *world) { signalAt(w, 60*sec, sigTERM) }})
	expect(t, lines, 1, "web up")
	expect(t, lines, 1, "gate: exit status 1; not started again")
	expect(t, lines, 0, "] ready:")
}

// TestFloods: two services write 1 GB/s each and the kernel's log never ends. Others
// are seen to end, and are started again, as quickly as without; what is kept has a
// bound, and no turn reads more than its budget.
func TestFloods(t *testing.T) {
	flood, short := good(), good()
	flood.flood = true
	short.lifeNsec, short.status = 1*sec, 1<<8
	lines := live(t, story{services: []wire.Service{service("loud", wire.ReadyExec), service("louder", wire.ReadyExec),
		service("web", wire.ReadyExec)},
		programs: func(i, _ int) conduct { return []conduct{flood, flood, short}[i] },
		events: func(w *world) {
			w.after(900*msec, func() { w.log.flood = true })
			w.after(1150*msec, func() { w.log.flood = false })
			askAt(w, 1050*msec, wire.VerbLogs, "loud")
			signalAt(w, 2500*msec, sigTERM)
		}})
	died := int64(0)
	for _, line := range lines {
		at, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		msecs, _ := strconv.ParseFloat(at, 64)
		switch {
		case strings.HasPrefix(text, "~ web") && strings.Contains(text, "ends with"):
			died = int64(msecs * 1e6)
		case strings.HasPrefix(text, "exit web") && died != 0:
			if late := int64(msecs*1e6) - died; late > 1*msec {
				t.Errorf("an end is seen %d µs after it", late/usec)
			}
			died = 0
		}
	}
	expect(t, lines, 3, "web up") // at once, after 1 s at once, after another at 100 ms
}
