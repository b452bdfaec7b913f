package core

import (
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// story drives a machine and writes down what it asks for. Times are ms.
type story struct {
	t     *testing.T
	m     *machine
	now   int64
	lines []string
}

// tell begins a story with a manifest; its services are booted at 0 ms.
func tell(t *testing.T, man *wire.Manifest) *story {
	t.Helper()
	unusable := wire.Unusable(man.Validate())
	s := &story{t: t, m: &machine{table: &Transitions}}
	s.m.load(man, func(i int) bool { return unusable[i] })
	s.m.network = true
	s.now = msec
	s.m.boot(s.now)
	s.settle()
	return s
}

// settle lets everything follow, acting like a world in which each clone
// succeeds, and writes the ops.
func (s *story) settle() {
	for range roundsMax {
		s.m.settle(s.now)
		ops := append([]op(nil), s.m.ops[:s.m.opsCount]...)
		s.m.opsCount = 0
		if len(ops) == 0 {
			return
		}
		for _, o := range ops {
			s.line("  → ", string(s.m.appendOp(nil, o)))
			if o.kind == opStart {
				s.m.take(event{evCloned, o.service, 0, 100 + int64(o.service)}, s.now)
			}
		}
	}
	s.t.Fatal("the machine does not settle")
}

// at moves the clock, firing what falls due on the way.
func (s *story) at(atMsec int64) *story {
	for {
		due := s.m.next()
		if due == 0 || due > atMsec*msec {
			break
		}
		s.now = max(due, s.now)
		s.line("timer")
		s.settle()
	}
	s.now = max(s.now, atMsec*msec)
	return s
}

// happens feeds one event.
func (s *story) happens(kind eventKind, service int, errno Errno, value int64) *story {
	e := event{kind, int16(service), errno, value}
	s.line(string(s.m.appendEvent(nil, e)))
	s.m.take(e, s.now)
	s.settle()
	return s
}

func (s *story) line(parts ...string) {
	s.lines = append(s.lines, string(appendMsec(nil, s.now, 11))+"  "+strings.Join(parts, ""))
}

// ends closes the story with the states, and compares it with its file.
func (s *story) ends(name string) {
	s.t.Helper()
	for i := range s.m.services[:s.m.count] {
		v := &s.m.services[i]
		s.line("= ", v.spec.Name, " ", v.state.String())
	}
	golden.Check(s.t, filepath.Join("testdata", name), strings.Join(s.lines, "\n")+"\n")
}

func daemon(name string, needs ...string) wire.Service {
	return wire.Service{Name: name, Kind: wire.KindDaemon, Exec: []string{"/bin/" + name},
		Ready: wire.ReadyNotify, Restart: wire.RestartAlways, Needs: needs}
}

func manifestOf(services ...wire.Service) *wire.Manifest {
	return &wire.Manifest{Node: "story", Services: services}
}

const exited0 = 0

func exitStatus(code int64) int64 { return code << 8 }

func TestStoryBootInOrder(t *testing.T) {
	tell(t, manifestOf(daemon("web", "db", "cache"), daemon("db"), daemon("cache", "db"))).
		happens(evExec, 1, 0, 0).
		at(5).happens(evNotify, 1, 0, notifyReady).
		at(9).happens(evNotify, 2, 0, notifyReady).
		at(12).happens(evNotify, 0, 0, notifyReady).
		ends("story-boot.txt")
}

func TestStoryCrashLoop(t *testing.T) {
	svc := daemon("loop")
	svc.Ready, svc.RestartsMax, svc.BackoffMaxMsec = wire.ReadyExec, 5, 400
	s := tell(t, manifestOf(svc, daemon("other")))
	for s.m.services[0].state == starting {
		s.happens(evExec, 0, 0, 0).happens(evExit, 0, 0, exitStatus(3))
		s.at(s.now/msec + 500)
	}
	s.ends("story-crash-loop.txt")
}

func TestStoryMissingProgram(t *testing.T) {
	tell(t, manifestOf(daemon("gone"), daemon("busy"))).
		happens(evExecFail, 0, unix.ENOENT, 9).
		happens(evExit, 0, 0, exitStatus(exitStepFailed)).
		happens(evExecFail, 1, unix.ETXTBSY, 9).
		happens(evExit, 1, 0, exitStatus(exitStepFailed)).
		ends("story-missing-program.txt")
}

func TestStoryNotReadyInTime(t *testing.T) {
	svc := daemon("slow")
	svc.StartMsec = 50
	tell(t, manifestOf(svc)).
		happens(evExec, 0, 0, 0).
		happens(evNotify, 0, 0, notifyExtend|80_000<<notifyShift). // 80 ms more
		at(100).happens(evExit, 0, 0, int64(unix.SIGKILL)).
		ends("story-not-ready-in-time.txt")
}

func TestStoryStopThatIsIgnored(t *testing.T) {
	svc := daemon("deaf")
	svc.StopMsec = 200
	tell(t, manifestOf(svc)).
		happens(evNotify, 0, 0, notifyReady).
		at(10).happens(evStop, 0, 0, 0).
		at(300).happens(evExit, 0, 0, int64(unix.SIGKILL)|restFlag).
		happens(evEmpty, 0, 0, 0).
		ends("story-stop-ignored.txt")
}

func TestStoryStuck(t *testing.T) {
	tell(t, manifestOf(daemon("dstate"))).
		happens(evNotify, 0, 0, notifyReady).
		happens(evStop, 0, 0, 0).
		at(21_000).happens(evStart, 0, 0, 0).
		at(30_000).happens(evExit, 0, 0, int64(unix.SIGKILL)).
		ends("story-stuck.txt")
}

func TestStoryDaemonInTheBackground(t *testing.T) {
	svc := daemon("old")
	svc.Ready = wire.ReadyTCP
	svc.ReadyAddress = "127.0.0.1:80"
	tell(t, manifestOf(svc)).
		happens(evExec, 0, 0, 0).
		happens(evExit, 0, 0, exited0|restFlag). // its parent ends, it runs on
		happens(evProbe, 0, unix.ECONNREFUSED, 0).
		at(3).happens(evProbe, 0, 0, 0).
		at(50).happens(evEmpty, 0, 0, 0). // the background process died
		ends("story-background.txt")
}

func TestStoryRestBehind(t *testing.T) {
	tell(t, manifestOf(daemon("messy"))).
		happens(evNotify, 0, 0, notifyReady).
		at(7).happens(evExit, 0, 0, int64(unix.SIGSEGV)|restFlag).
		at(8).happens(evEmpty, 0, 0, 0).
		ends("story-rest.txt")
}

func TestStoryOneShot(t *testing.T) {
	once := wire.Service{Name: "once", Kind: wire.KindOneShot, Exec: []string{"/bin/once"},
		Ready: wire.ReadyExit, Restart: wire.RestartOnFailure}
	tell(t, manifestOf(once, daemon("after", "once"))).
		happens(evExec, 0, 0, 0).
		at(4).happens(evExit, 0, 0, exitStatus(1)).
		at(8).happens(evExit, 0, 0, exited0).
		at(9).happens(evNotify, 1, 0, notifyReady).
		ends("story-one-shot.txt")
}

func TestStoryRestartByHand(t *testing.T) {
	tell(t, manifestOf(daemon("svc"))).
		happens(evNotify, 0, 0, notifyReady).
		at(10).happens(evRestart, 0, 0, 0).
		at(12).happens(evExit, 0, 0, exited0).
		at(14).happens(evNotify, 0, 0, notifyReady).
		at(20).happens(evStop, 0, 0, 0).
		at(22).happens(evStart, 0, 0, 0). // changed their mind before it was down
		at(24).happens(evExit, 0, 0, exited0).
		ends("story-restart.txt")
}

func TestStoryShutdown(t *testing.T) {
	deaf := daemon("deaf", "db")
	deaf.StopMsec = 100
	tell(t, manifestOf(daemon("db"), daemon("web", "db"), deaf)).
		happens(evNotify, 0, 0, notifyReady).
		happens(evNotify, 1, 0, notifyReady).
		happens(evNotify, 2, 0, notifyReady).
		at(1000).happens(evShutdown, -1, 0, int64(goalPowerOff)).
		at(1010).happens(evExit, 1, 0, exited0).
		at(1200).happens(evExit, 2, 0, int64(unix.SIGKILL)).
		at(1210).happens(evExit, 0, 0, exited0).
		at(1220).happens(evSynced, -1, 0, 0).
		ends("story-shutdown.txt")
}

func TestStoryShutdownLimit(t *testing.T) {
	tell(t, manifestOf(daemon("dstate"))).
		happens(evNotify, 0, 0, notifyReady).
		happens(evShutdown, -1, 0, int64(goalReboot)).
		at(32_000).
		ends("story-shutdown-limit.txt")
}

func TestDelayDoublesToItsMost(t *testing.T) {
	s := service{spec: &wire.Service{BackoffMsec: 100, BackoffMaxMsec: 1000}}
	for _, want := range []int64{0, 0, 100, 200, 400, 800, 1000, 1000} {
		if got := s.delayNsec() / msec; got != want {
			t.Errorf("restart %d waits %d ms, want %d", s.streak, got, want)
		}
		s.streak++
	}
	s.streak = 1 << 31
	if got := s.delayNsec() / msec; got != 1000 {
		t.Errorf("a long streak waits %d ms, want 1000", got)
	}
}

func TestFirstRestartIsImmediate(t *testing.T) {
	s := tell(t, manifestOf(daemon("svc"))).happens(evNotify, 0, 0, notifyReady).at(500)
	s.lines = nil
	s.happens(evExit, 0, 0, exitStatus(1))
	if v := &s.m.services[0]; v.state != starting || v.startedAt != s.now {
		t.Errorf("after its first end at %d it is %s, started at %d", s.now, v.state, v.startedAt)
	}
}
