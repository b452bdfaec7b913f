package core

import (
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// knockedManifest has a gate with its leaf, and a service that is nobody's business.
func knockedManifest(port uint16) *wire.Manifest {
	leaf := wire.Service{Name: "leaf", Kind: wire.KindOneShot, Exec: []string{"/bin/leaf"}, Ready: wire.ReadyExit,
		Restart: wire.RestartOnFailure, RestartsMax: 2}
	gate := wire.Service{Name: "gate", Kind: wire.KindDaemon, Exec: []string{"/bin/gate"}, Ready: wire.ReadyExec,
		Restart: wire.RestartOnFailure, RestartsMax: 2, Needs: []string{"leaf"}, Port: port, Relay: true}
	return manifestOf(gate, leaf, daemon("web"))
}

// TestStoryKnock: nothing of the gate runs before somebody knocks, ready does not
// wait for it, each knock has a new leaf made, and neither is ever given up.
func TestStoryKnock(t *testing.T) {
	s := tell(t, knockedManifest(4000))
	s.at(5).happens(evExec, 2, 0, 0).happens(evNotify, 2, 0, notifyReady)
	s.at(100).happens(evKnock, 0, 0, 0).happens(evExec, 1, 0, 0).at(110).happens(evExit, 1, 0, exited0)
	s.at(111).happens(evExec, 0, 0, 0).happens(evKnock, 0, 0, 0) // it serves all who knock
	s.at(5000).happens(evExit, 0, 0, exited0)
	if !s.m.awaitsKnock(0) {
		t.Error("nobody listens after it left")
	}
	s.at(9000).happens(evKnock, 0, 0, 0)
	for range 4 { // its leaf can't be made, more often than a budget has
		s.happens(evExec, 1, 0, 0).happens(evExit, 1, 0, exitStatus(1))
		s.at(s.now/msec + 5000)
	}
	s.happens(evExit, 1, 0, exited0).happens(evExec, 0, 0, 0)
	for range 4 {
		s.happens(evExit, 0, 0, exitStatus(1))
		s.at(s.now/msec + 5000)
	}
	s.happens(evShutdown, -1, 0, int64(goalReboot)).happens(evExit, 0, 0, exited0)
	s.happens(evKnock, 0, 0, 0) // too late
	s.ends("story-knock.txt")
}

// freePort finds a port that nobody listens on. Package net would bring cgo into this
// program, and children that know none of its memory can't live with that.
func freePort(t *testing.T) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(at.(*unix.SockaddrInet4).Port)
}

// TestKnock: a real connection wakes the loop once, waits in the kernel's queue while
// the service runs, and wakes it again when the service has left.
func TestKnock(t *testing.T) {
	port := freePort(t)
	l := hosted(t, knockedManifest(port))
	if l.openKnocks(); l.sources.fd(rankKnock, 0) < 0 {
		t.Fatal("it does not listen")
	}
	l.machine.services[1].state = done // the leaf is there
	l.machine.services[1].ready = true
	l.machine.services[1].called = false
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(client)
	if err := unix.Connect(client, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(port)}); err != nil {
		t.Fatal(err)
	}
	gate := &l.machine.services[0]
	for range 100 { // the loop has no cgroups: each start fails, for now
		if l.turn(); gate.state != down {
			break
		}
	}
	if gate.state == down || !l.knocks.heard[0] {
		t.Fatalf("a knock left it %v", gate.state)
	}
	gate.state = up
	before := l.turns.ranks[rankKnock].events
	l.sys.TimerSet(l.sources.fd(rankTimer, 0), l.sys.Now()+msec)
	l.turn()
	if after := l.turns.ranks[rankKnock].events; after != before {
		t.Errorf("it was woken %d times by who waits already", after-before)
	}
	gate.state, gate.deadline = done, 0
	l.listenAgain()
	l.turn()
	if after := l.turns.ranks[rankKnock].events; after != before+1 {
		t.Errorf("when it had left, who waits woke the loop %d times", after-before)
	}
}

// relayOf is the other end of a relay's connection.
func relayOf(t *testing.T, l *Loop) int {
	t.Helper()
	if errno := l.openKnock(0, freePort(t)); errno != 0 {
		t.Fatal(errno)
	}
	if errno := l.openStdio(0); errno != 0 {
		t.Fatal(errno)
	}
	st := &l.starts[0]
	if st.stdin != l.sources.fd(rankKnock, 0) || st.stdout <= 0 {
		t.Fatalf("its descriptors are %d and %d", st.stdin, st.stdout)
	}
	far, err := unix.FcntlInt(uintptr(st.stdout), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	l.closeStdio(0)
	t.Cleanup(func() { unix.Close(far) })
	return far
}

// TestRolesOfVerbs walks every verb, by every role, from a relay and from root.
func TestRolesOfVerbs(t *testing.T) {
	man := knockedManifest(4000)
	l := hosted(t, man)
	relay, root := relayOf(t, l), peerOf(t, l)
	for verb := wire.VerbStatus; verb.String() != "unknown verb"; verb++ {
		name := ""
		if verb.Named() {
			name = "web"
		}
		looks := verb == wire.VerbStatus || verb == wire.VerbTimeline || verb == wire.VerbLogs || verb == wire.VerbLoop || verb == wire.VerbPrevious || verb == wire.VerbNetwork
		for role := wire.Role(0); role <= wire.RoleAdmin; role++ {
			r := wire.Request{ID: 7, Verb: verb, Name: []byte(name)}
			if role != 0 {
				r.Caller = wire.Caller{Name: []byte("alice"), Role: role}
			}
			frame, ok := wire.AppendRequest(nil, &r)
			if !ok {
				t.Fatalf("%+v is no request", r)
			}
			for from, peer := range map[string]int{"relay": relay, "root": root} {
				signed := verb == wire.VerbApply || verb == wire.VerbConfirm
				allowed := from == "root" && role == 0 || from == "relay" && role != 0 && (looks || signed && role == wire.RoleAdmin)
				replies := exchange(t, l, peer, frame)
				if len(replies) != 1 || allowed == (replies[0].Error.Code == wire.CodeForbidden) {
					t.Errorf("%s as %q from %s: %+v; allowed is %v", verb, role, from, replies, allowed)
				}
				l.machine.shutdown = shutdown{} // of the verbs that end the node
				l.eventsHead = l.eventsTail
			}
		}
	}
	if replies := exchange(t, l, root, request(t, 1, 200, "")); replies[0].Error.Code != wire.CodeUnknownVerb {
		t.Errorf("an unknown verb: %+v", replies)
	}
	// Garbage of a relay is answered, and its connection goes on.
	if replies := exchange(t, l, relay, []byte{0, 0, 0, 1, 0xff}); len(replies) != 1 || replies[0].Error.Code != wire.CodeMalformed {
		t.Errorf("garbage: %+v", replies)
	}
}
