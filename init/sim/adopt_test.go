package sim

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// Stories of PID 1 that crashes in one system call and takes over. Each was a
// seed of TestCrashes once.

// crashIn has PID 1 crash in the first call of that name while it acts on op.
func crashIn(w *world, op, call string) {
	w.crash.at = func(c string) bool { return c == call && w.check.op == op }
}

// crashAt has PID 1 crash at an instant, and a call fail until another one.
func crashAt(w *world, at int64, call string, e errno, until int64) {
	signalAt(w, at, sigCHLD) // something that it has to look at
	from := w.now + at
	w.crash.at = func(c string) bool { return c == "wait4" && w.now >= from }
	w.fails = func(w *world, c string) errno {
		if c != call || w.crash.count == 0 || w.now > from+until {
			return 0
		}
		return e
	}
}

// TestStoryCrashBeforeWatching: the crash comes after the clone and before its
// pidfd is watched. The service runs on, and its stop signal still reaches it.
func TestStoryCrashBeforeWatching(t *testing.T) {
	tellStory(t, "crash-before-watching", story{programs: always(good()),
		services: []wire.Service{service("web", wire.ReadyExec, "network")},
		events: func(w *world) {
			w.crash.at = func(c string) bool { return c == "epoll_add" && w.check.livesIn("web") }
			askAt(w, 2*sec, wire.VerbStop, "web")
			signalAt(w, 4*sec, sigTERM)
		}})
}

// TestStoryCrashBeforeClone: a start that the crash came before is made after it,
// and costs the service nothing: this one is never restarted.
func TestStoryCrashBeforeClone(t *testing.T) {
	once := service("once", wire.ReadyExec, "network")
	once.Restart = wire.RestartNever
	tellStory(t, "crash-before-clone", story{services: []wire.Service{once}, programs: always(good()),
		events: func(w *world) {
			crashIn(w, "start", "clone")
			signalAt(w, 2*sec, sigTERM)
		}})
}

// TestStoryCrashAndNoCgroup: PID 1 can't open the cgroup of what it takes over.
// The slow tick opens it, and finds that the service is gone.
func TestStoryCrashAndNoCgroup(t *testing.T) {
	tellStory(t, "crash-and-no-cgroup", story{services: []wire.Service{service("web", wire.ReadyExec)},
		programs: always(good()),
		events: func(w *world) {
			crashAt(w, 2*sec, "open", unix.ENFILE, 1*sec)
			all := w.fails
			w.fails = func(w *world, call string) errno {
				if w.opens != cgroupServices+"web/cgroup.events" {
					return 0
				}
				return all(w, call)
			}
			askAt(w, 6*sec, wire.VerbRestart, "web")
			signalAt(w, 20*sec, sigTERM)
		}})
}

// TestStoryCrashAndNoSources: PID 1 can't open a socket when it takes over. The
// slow tick does, and a power key that comes later is heard.
func TestStoryCrashAndNoSources(t *testing.T) {
	tellStory(t, "crash-and-no-sources", story{services: []wire.Service{service("web", wire.ReadyExec)},
		programs: always(good()),
		events: func(w *world) {
			crashAt(w, 2*sec, "socket", unix.ENFILE, 1*sec)
			w.after(14*sec, func() { w.plugKey("0") })
			w.after(15*sec, func() {
				w.trace.line(w.now, "~ the power key is pressed")
				w.pressKey("0")
			})
		}})
}
