package core

import (
	"testing"

	netcfg "mote/net"

	"golang.org/x/sys/unix"
)

// pipeAt adds a pipe's read end as a source, with a byte to read, and gives
// its write end.
func pipeAt(t *testing.T, l *Loop, r rank, at int) int32 {
	t.Helper()
	fd, w, errno := l.sys.Pipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	if errno := l.sources.add(r, at, fd, unix.EPOLLIN); errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { l.sys.Close(w) })
	if _, errno := l.sys.Write(w, []byte{1}); errno != 0 {
		t.Fatal(errno)
	}
	return w
}

// TestReadySourcesAreServedByRank adds sources in a bad order and looks at the
// order in which a turn would serve them.
func TestReadySourcesAreServedByRank(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a"), daemon("b")))
	pipeAt(t, l, rankOutput, 1)
	pipeAt(t, l, rankNotify, 1)
	pipeAt(t, l, rankConn, 0)
	pipeAt(t, l, rankNotify, 0)
	pipeAt(t, l, rankReport, 1)
	ready := l.wait()
	want := []struct {
		rank rank
		at   int16
	}{{rankReport, 1}, {rankNotify, 0}, {rankNotify, 1}, {rankConn, 0}, {rankOutput, 1}}
	if ready != len(want) {
		t.Fatalf("%d ready, want %d", ready, len(want))
	}
	for i, w := range want {
		if s := l.order[i]; s.rank != w.rank || s.at != w.at {
			t.Errorf("served as number %d: %s %d, want %s %d", i, rankNames[s.rank], s.at, rankNames[w.rank], w.at)
		}
	}
}

// TestReadinessOfAClosedSourceIsDropped: a source that was closed after epoll
// told of it, and its slot used again, must not be taken for the new one.
func TestReadinessOfAClosedSourceIsDropped(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a")))
	pipeAt(t, l, rankNotify, 0)
	var evs [4]unix.EpollEvent
	n, errno := l.sys.EpollWait(l.sources.epfd, evs[:], true)
	if n != 1 || errno != 0 {
		t.Fatal(n, errno)
	}
	if l.sources.find(&evs[0]) == nil {
		t.Fatal("an open source is not found")
	}
	pipeAt(t, l, rankNotify, 0) // closes the first, likely with the same number
	if l.sources.find(&evs[0]) != nil || l.sources.stale != 1 {
		t.Errorf("old readiness found the new source; %d stale", l.sources.stale)
	}
	evs[0].Fd = slotsMax + 7
	if l.sources.find(&evs[0]) != nil {
		t.Error("a slot that is not there was found")
	}
}

// TestTurnAfterAnotherClosedTheSource: one source's take closes a later one of
// the same turn; that one must not be served.
func TestTurnAfterAnotherClosedTheSource(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a")))
	pipeAt(t, l, rankReport, 0)
	pipeAt(t, l, rankNotify, 0)
	ready := l.wait()
	l.sources.remove(rankNotify, 0)
	l.take(ready)
	if l.turns.ranks[rankNotify].events != 0 {
		t.Error("a closed source was served")
	}
}

// TestHangupDoesNotSpin: the other end of a source goes away, so epoll reports it
// in every turn from then on. It is removed at once, or rests after a few tries;
// the loop gets to sleep either way.
func TestHangupDoesNotSpin(t *testing.T) {
	for _, r := range []rank{rankReport, rankCgroup, rankProbe, rankLink, rankLinkAck, rankUevent, rankKey,
		rankListen, rankConn, rankOutput, rankKernel, rankConsole} {
		t.Run(rankNames[r], func(t *testing.T) {
			l := hosted(t, manifestOf(daemon("a")))
			if errno := l.openOutput(0); errno != 0 {
				t.Fatal(errno)
			}
			l.rooms.Net, l.links.net, l.kernel = netcfg.Linux{}, netcfg.New(nil, "", 0), new(ring)
			var fds [2]int
			if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
				t.Fatal(err)
			}
			unix.Close(fds[1])
			if errno := l.sources.add(r, 0, int32(fds[0]), unix.EPOLLIN); errno != 0 {
				t.Fatal(errno)
			}
			for range 3 * failuresMax {
				l.take(l.wait0())
			}
			if ready := l.wait0(); ready != 0 {
				t.Errorf("after %d turns %d sources are ready still", 3*failuresMax, ready)
			}
			if l.sources.fd(rankSignal, 0) < 0 || l.sources.fd(rankTimer, 0) < 0 {
				t.Error("what PID 1 can't be without was removed too")
			}
		})
	}
}

// wait0 looks at what is ready, and does not wait.
func (l *Loop) wait0() int {
	l.look = true
	return l.wait()
}

// TestFullQueueStopsTaking: events are never lost, as sources wait instead.
func TestFullQueueStopsTaking(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a")))
	for !l.full() {
		l.push(evNone, -1, 0, 0)
	}
	pipeAt(t, l, rankNotify, 0)
	l.take(l.wait())
	if l.turns.ranks[rankNotify].events != 0 {
		t.Error("a source was drained although its events might not fit")
	}
	l.decide()
	l.take(l.wait())
	if l.turns.ranks[rankNotify].events != 1 {
		t.Error("the source was not served when there was room again")
	}
}
