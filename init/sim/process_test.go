package sim

import (
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The rows of FAULTS.md about processes, each as a run without chance in which
// nothing else goes wrong.

// count tells how many lines hold a text.
func count(lines []string, text string) (n int) {
	for _, line := range lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// expect wants a text in exactly so many lines.
func expect(t *testing.T, lines []string, times int, text string) {
	t.Helper()
	if n := count(lines, text); n != times {
		t.Errorf("%q stands in %d lines, want %d:\n%s", text, n, times, strings.Join(lines, ""))
	}
}

// TestExitBeforeItIsWatched: the program is dead when its pidfd gets into the
// epoll set, and no SIGCHLD comes. A pidfd is a level: its end is told at once,
// and once.
func TestExitBeforeItIsWatched(t *testing.T) {
	quick := good()
	quick.execNsec, quick.lifeNsec, quick.status = 0, 0, 3<<8
	once := service("once", wire.ReadyExec, "network")
	once.Restart = wire.RestartNever
	lines := live(t, story{services: []wire.Service{once}, programs: always(quick), events: func(w *world) {
		w.deaf = true
		signalAt(w, 5*sec, sigTERM)
	}})
	expect(t, lines, 1, "= clone once")
	expect(t, lines, 1, "exit once 768\n")
	expect(t, lines, 1, "once: exit status 3; not started again")
	for i, line := range lines {
		if strings.Contains(line, "~ signal 15") {
			t.Fatalf("the end was not told before the shutdown:\n%s", strings.Join(lines[:i+1], ""))
		}
		if strings.Contains(line, "exit once") {
			break
		}
	}
}

// TestOrphanWithoutSignal: an orphan dies, and its SIGCHLD is lost. The slow tick
// reaps it.
func TestOrphanWithoutSignal(t *testing.T) {
	live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()), events: func(w *world) {
		w.after(3*sec, func() {
			w.deaf = true
			w.die(w.spawn(nil, w.cgroups[cgroupRoot], ""), 0)
		})
		w.after(3*sec+tickNsec, func() {
			for _, p := range w.processes.all {
				if p.life == zombie {
					w.check.broken(ruleReap, p.who()+" is still there after a slow tick")
				}
			}
		})
		signalAt(w, 30*sec, sigTERM)
	}})
}

// TestCoalescedExits: many orphans die, and one SIGCHLD stands for them all.
func TestCoalescedExits(t *testing.T) {
	const orphans = 300
	live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()), events: func(w *world) {
		w.plan.processLimit, w.processes.limit = 2*orphans, 2*orphans
		w.after(1*sec, func() {
			w.deaf = true
			for range orphans {
				w.die(w.spawn(nil, w.cgroups[cgroupRoot], ""), 0)
			}
			w.deaf = false
			w.raise(sigCHLD)
		})
		w.after(1*sec+100*msec, func() {
			for _, p := range w.processes.all {
				if p.life == zombie {
					w.check.broken(ruleReap, p.who()+" of "+itoa(orphans)+" is still there after 100 ms")
				}
			}
		})
		signalAt(w, 2*sec, sigTERM)
	}})
}

// TestNumberUsedAgain: after a service ended, another process gets its number and
// ends too. It is a stranger: nothing is told of it, and nothing is sent to it,
// not even by a PID 1 that took over.
func TestNumberUsedAgain(t *testing.T) {
	once := service("once", wire.ReadyExec)
	once.Restart = wire.RestartNever
	ends := good()
	ends.lifeNsec, ends.status = 100*msec, 3<<8
	stranger := func(w *world) *process {
		p := w.spawn(nil, w.cgroups[cgroupRoot], "")
		p.pid = 2 // as the first service's main process was
		return p
	}
	lines := live(t, story{services: []wire.Service{once}, programs: always(ends), events: func(w *world) {
		w.after(1*sec, func() { w.die(stranger(w), 9) })
		w.after(2*sec, func() { stranger(w) })
		w.after(3*sec, func() { w.raise(sigCHLD); w.crash.at = func(c string) bool { return c == "wait4" } })
		askAt(w, 4*sec, wire.VerbStop, "once")
		signalAt(w, 5*sec, sigTERM)
	}})
	expect(t, lines, 1, "= clone once 2\n")
	expect(t, lines, 1, "! PID 1 crashes")
	expect(t, lines, 1, "exit once")
	expect(t, lines, 0, "= signal")
}

// TestExitSeenTwice: the pidfd, SIGCHLD, the report's end and the empty cgroup
// tell of one end in one turn, or all of them but SIGCHLD. It counts once.
func TestExitSeenTwice(t *testing.T) {
	dies := good()
	dies.lifeNsec, dies.status = 50*msec, 3<<8
	for _, deaf := range []bool{false, true} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)},
			programs: func(_, n int) conduct {
				if n == 1 {
					return dies
				}
				return good()
			},
			events: func(w *world) {
				w.deaf = deaf
				signalAt(w, 2*sec, sigTERM)
			}})
		expect(t, lines, 1, "exit web 768\n")
		expect(t, lines, 1, "exit status 3; restart 1 now")
		expect(t, lines, 2, "= clone web")
		expect(t, lines, 2, "exit web") // and the one of the shutdown
	}
}

// TestExecFails: the program can't be executed. What would fail again is given
// up at once; what may pass is tried again with growing waits.
func TestExecFails(t *testing.T) {
	for e, again := range map[errno]bool{unix.ENOENT: false, unix.EACCES: false, unix.ENOEXEC: false, unix.E2BIG: false,
		unix.ELIBBAD: false, unix.ETXTBSY: true, unix.EIO: true, unix.ENOMEM: true} {
		fails := good()
		fails.failStep, fails.fails = 99, e
		lines := live(t, story{services: []wire.Service{service("bad", wire.ReadyExec), service("web", wire.ReadyExec)},
			programs: func(i, _ int) conduct { return []conduct{fails, good()}[i] },
			events:   func(w *world) { signalAt(w, 5*sec, sigTERM) }})
		name := unix.ErrnoName(e)
		expect(t, lines, 1, "web up")
		if !again {
			expect(t, lines, 1, "bad: exec: "+name+"; not started again")
			expect(t, lines, 1, "= clone bad")
			continue
		}
		expect(t, lines, 1, "bad: exec: "+name+"; restart 2 in 100 ms")
		if n := count(lines, "= clone bad"); n < 5 || n > 8 { // 0, 0, 100, 200, 400 … ms
			t.Errorf("%s: %d starts within 5 s", name, n)
		}
	}
}

// TestCloneFails: no process can be made for a while. The loop lives, says so,
// waits longer each time, and starts the service when it can.
func TestCloneFails(t *testing.T) {
	for _, e := range []errno{unix.EAGAIN, unix.ENOMEM} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec, "network")}, programs: always(good()),
			events: func(w *world) {
				from := w.now
				w.fails = func(w *world, call string) errno {
					if call == "clone" && w.check.op == "start" && w.now < from+3*sec {
						return e
					}
					return 0
				}
				signalAt(w, 10*sec, sigTERM)
			}})
		expect(t, lines, 1, "web: clone: "+unix.ErrnoName(e)+"; restart 1 now")
		expect(t, lines, 1, "web up")
		if n := count(lines, "! clone"); n < 4 || n > 8 {
			t.Errorf("%v: %d tries within 3 s", e, n)
		}
	}
}

// TestRefusedForGood: a kernel that lacks a call, or a module that forbids it,
// will not change its mind: it is said why, and not tried again.
func TestRefusedForGood(t *testing.T) {
	for _, e := range []errno{unix.EPERM, unix.EACCES, unix.ENOSYS} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec, "network")}, programs: always(good()),
			events: func(w *world) {
				w.fails = func(w *world, call string) errno {
					if call == "clone" && w.check.op == "start" {
						return e
					}
					return 0
				}
				signalAt(w, 5*sec, sigTERM)
			}})
		expect(t, lines, 1, "web: clone: "+unix.ErrnoName(e)+"; not started again")
		expect(t, lines, 1, "! clone")
	}
}

// TestWorkerHangs: a driver never ends its work. The worker is given up at its
// deadline, what it was to do counts as failed, and nobody else is held up.
func TestWorkerHangs(t *testing.T) {
	lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
		links:       []wire.Link{{Name: "eth0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24}},
		driverHangs: true,
		events: func(w *world) {
			askAt(w, 5*sec, wire.VerbRestart, "web")
			signalAt(w, 15*sec, sigTERM)
		}})
	expect(t, lines, 2, "web up in")
	if count(lines, "link up eth0: ETIMEDOUT") == 0 {
		t.Errorf("nobody says that the driver hangs:\n%s", strings.Join(lines, ""))
	}
}
