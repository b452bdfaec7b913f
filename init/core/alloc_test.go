package core

import (
	"testing"

	"mote/hw"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// tame is this machine's kernel without what a test must never do to it.
type tame struct{ Linux }

func (*tame) KillAll(uint8) Errno { return unix.EPERM }
func (*tame) Reboot(int) Errno    { return unix.EPERM }

func (*tame) Mount(_, _, _ string, _ uintptr, _ string) Errno { return unix.EPERM }
func (*tame) Sethostname(string) Errno                        { return unix.EPERM }

// hosted makes a loop on this machine's kernel that is not PID 1: it has
// sources and services, but no mounts and no cgroups.
func hosted(t *testing.T, man *wire.Manifest) *Loop {
	t.Helper()
	l := New(&tame{}, Rooms{HW: hw.Linux{}})
	l.openSources()
	l.manifest = man
	l.machine.load(man, func(int) bool { return false })
	l.resolve()
	// The slow tick opens a control socket that is not there: this stands for it.
	silent, w, errno := l.sys.Pipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	if errno := l.sources.add(rankListen, 0, silent, unix.EPOLLIN); errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { l.sys.Close(w) })
	l.console.fd, _ = l.sys.Open("/dev/null", unix.O_WRONLY, 0)
	t.Cleanup(func() { l.sys.Close(l.console.fd) })
	l.now = l.sys.Now()
	l.tickAt = l.now + tickNsec
	t.Cleanup(func() {
		for i := range l.sources.table {
			if s := &l.sources.table[i]; s.fd >= 0 {
				l.sources.remove(s.rank, int(s.at))
			}
		}
		l.sys.Close(l.sources.epfd)
	})
	return l
}

// steady is one kind of event after ready: it is brought about, and the loop turned
// until it was handled.
type steady struct {
	name  string
	event func()
}

// steadyEvents makes a loop, and each kind of event.
func steadyEvents(t *testing.T) (*Loop, []steady) {
	t.Helper()
	l := hosted(t, manifestOf(daemon("svc")))
	l.starts[0].notifyPath = t.TempDir() + "/notify"
	if errno := l.openOutput(0); errno != 0 {
		t.Fatal(errno)
	}
	if errno := l.openNotify(0); errno != 0 {
		t.Fatal(errno)
	}
	sender, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(sender) })
	if err := unix.Connect(sender, &unix.SockaddrUnix{Name: l.starts[0].notifyPath}); err != nil {
		t.Fatal(err)
	}
	peer := peerOf(t, l)
	status, _ := wire.AppendRequest(nil, &wire.Request{ID: 7, Verb: wire.VerbStatus})
	timeline, _ := wire.AppendRequest(nil, &wire.Request{ID: 8, Verb: wire.VerbTimeline})
	logs, _ := wire.AppendRequest(nil, &wire.Request{ID: 9, Verb: wire.VerbLogs, Name: []byte("svc")})
	loop, _ := wire.AppendRequest(nil, &wire.Request{ID: 10, Verb: wire.VerbLoop})
	line, ready, reply := []byte("a line of output\n"), []byte("READY=1\nSTATUS=fine"), make([]byte, 1<<17)
	ask := func(request []byte) func() {
		return func() {
			unix.Write(peer, request)
			l.turn()
			for n := 0; n <= 0; {
				if n, _ = unix.Read(peer, reply); n <= 0 {
					l.turn()
				}
			}
		}
	}
	empty := l.program
	empty.reset("orphan", -1, -1)
	return l, []steady{
		{"output", func() { unix.Write(int(l.starts[0].outputs[0]), line); l.turn() }},
		{"notify", func() { unix.Write(sender, ready); l.turn() }},
		{"timer", func() { l.tickAt = l.sys.Now(); l.arm(); l.turn() }},
		{"signal", func() { unix.Kill(unix.Getpid(), unix.SIGHUP); l.turn() }},
		{"orphan", func() {
			_, pidfd, errno := l.sys.Clone(empty)
			if errno == unix.ENOSYS {
				return // user-mode QEMU, in which arm64's tests run, has no clone3
			}
			for was := l.turns.orphans; l.turns.orphans == was; {
				l.turn()
			}
			l.sys.Close(pidfd)
		}},
		{"status", ask(status)},
		{"timeline", ask(timeline)},
		{"logs", ask(logs)},
		{"loop", ask(loop)},
	}
}

// TestSteadyTurnsAllocateNothing: after ready, no kind of event makes garbage.
func TestSteadyTurnsAllocateNothing(t *testing.T) {
	l, events := steadyEvents(t)
	for _, c := range events {
		t.Run(c.name, func(t *testing.T) {
			c.event() // buffers that are made at first use
			if n := testing.AllocsPerRun(200, c.event); n != 0 {
				t.Errorf("%v allocations an event", n)
			}
		})
	}
	if l.turns.faults != 0 {
		t.Errorf("%d faults", l.turns.faults)
	}
}

// peerOf connects a peer of the control socket.
func peerOf(t *testing.T, l *Loop) int {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	if errno := l.sources.add(rankConn, 0, int32(fds[0]), unix.EPOLLIN); errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { unix.Close(fds[1]) })
	return fds[1]
}

// BenchmarkTurn measures the loop's own cost of an event.
func BenchmarkTurn(b *testing.B) {
	l := New(&Linux{}, Rooms{HW: hw.Linux{}})
	l.openSources()
	defer l.sys.Close(l.sources.epfd)
	l.manifest = manifestOf(daemon("svc"))
	l.machine.load(l.manifest, func(int) bool { return false })
	l.tickAt = l.sys.Now() + 1000*sec
	if errno := l.openOutput(0); errno != 0 {
		b.Fatal(errno)
	}
	line := []byte("a line of output\n")
	b.ReportAllocs()
	for b.Loop() {
		unix.Write(int(l.starts[0].outputs[0]), line)
		l.turn()
	}
}
