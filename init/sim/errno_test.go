package sim

import (
	"slices"
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The rows of FAULTS.md about errors of system calls that need more than "PID 1
// lives on" (TestEveryErrno): what must be said, and what must not be claimed.

// failing makes a call fail from an instant to another, in ns from now.
func failing(w *world, call string, e errno, from, to int64) {
	from, to = w.now+from, w.now+to
	w.fails = func(w *world, c string) errno {
		if c == call && w.now >= from && w.now < to {
			return e
		}
		return 0
	}
}

// TestInterrupted: each call of a run is interrupted once, at each place where a
// signal can, one after the other. What becomes of the services is the same as
// without. A call that is interrupted again and again is TestEveryErrno's.
func TestInterrupted(t *testing.T) {
	want, _ := interrupted(t, "", 0)
	places := 0
	for call, errnos := range errnosOf {
		for n := 1; slices.Contains(errnos, unix.EINTR); n++ {
			got, hit := interrupted(t, call, n)
			if !hit {
				break
			}
			places++
			if !slices.Equal(got, want) {
				t.Fatalf("%s is interrupted the %d. time: told\n%s\nwant\n%s", call, n, strings.Join(got, ""), strings.Join(want, ""))
			}
		}
	}
	t.Logf("%d places", places)
}

// interrupted lives through a story with one call interrupted, and gives what is
// told of how services became ready and ended.
func interrupted(t *testing.T, call string, n int) (told []string, hit bool) {
	none := good()
	none.failStep, none.fails = 99, unix.ENOENT
	lines := live(t, story{
		services: []wire.Service{service("bad", wire.ReadyExec), service("web", wire.ReadyNotify), service("db", wire.ReadyExec, "web")},
		programs: func(i, _ int) conduct { return []conduct{none, good(), good()}[i] },
		events: func(w *world) {
			w.fails = func(_ *world, c string) errno {
				if c != call {
					return 0
				}
				if n--; n != 0 {
					return 0
				}
				hit = true
				return unix.EINTR
			}
			askAt(w, 1*sec, wire.VerbRestart, "web")
			signalAt(w, 3*sec, sigTERM)
		}})
	for _, line := range lines {
		_, text, _ := strings.Cut(line, " ms] ")
		for _, word := range []string{" up in ", "exec: ENOENT; not started again", "exit status 126", "; stopped"} {
			if strings.Contains(text, word) {
				name, _, _ := strings.Cut(text, ":")
				told = append(told, strings.Fields(name)[0]+word+"\n")
			}
		}
	}
	return told, hit
}

// TestNoSpace: what can't be made for want of space is said by name, nothing runs
// without it, and it is made when there is room.
func TestNoSpace(t *testing.T) {
	for _, e := range []errno{unix.ENOSPC, unix.EDQUOT, unix.EROFS} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec, "network")}, programs: always(good()),
			events: func(w *world) {
				failing(w, "mkdir", e, 1*msec, 2*sec)
				signalAt(w, 5*sec, sigTERM)
			}})
		expect(t, lines, 1, "web: make its cgroup: "+unix.ErrnoName(e)+"; restart 1 now")
		expect(t, lines, 1, "= clone web")
		expect(t, lines, 1, "web up")
	}
	lines := live(t, story{services: []wire.Service{service("web", wire.ReadyNotify, "network")}, programs: always(good()),
		events: func(w *world) {
			failing(w, "bind", unix.ENOSPC, 1*msec, 2*sec)
			signalAt(w, 5*sec, sigTERM)
		}})
	expect(t, lines, 1, "web: make its notify socket: ENOSPC; restart 1 now")
	expect(t, lines, 1, "web up")
}

// TestReadFails: whether a cgroup is empty can't be read. Nobody claims that it
// is: what a dead service left there is killed before its next start.
func TestReadFails(t *testing.T) {
	leaves := good()
	leaves.lifeNsec, leaves.status, leaves.rest = 1*sec, 1<<8, 3
	for _, e := range []errno{unix.EIO, unix.ENOMEM} {
		lines := live(t, story{services: []wire.Service{service("web", wire.ReadyExec)},
			programs: func(_, n int) conduct {
				if n == 1 {
					return leaves
				}
				return good()
			},
			events: func(w *world) {
				failing(w, "read file", e, 900*msec, 1200*msec)
				signalAt(w, 15*sec, sigTERM) // after the slow tick
			}})
		expect(t, lines, 1, "= kill cgroup web")
		expect(t, lines, 2, "= clone web")
	}
}
