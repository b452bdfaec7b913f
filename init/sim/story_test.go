package sim

import (
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// story is a run without chance: programs by script, an operator by the clock.
type story struct {
	services []wire.Service
	links    []wire.Link
	// programs tells what instance n of service i does.
	programs func(i, n int) conduct
	events   func(w *world)
	// driverHangs: bringing a link up never ends.
	driverHangs bool
}

// good is a program that does as it should, always the same way.
func good() conduct {
	return conduct{failStep: -1, execNsec: 1 * msec, readyNsec: 20 * msec, lifeNsec: -1, termNsec: 5 * msec, heldAtNsec: -1}
}

func service(name string, ready wire.Ready, needs ...string) wire.Service {
	return wire.Service{Name: name, Kind: wire.KindDaemon, Exec: []string{"/bin/" + name}, Ready: ready,
		Restart: wire.RestartAlways, StartMsec: 1000, StopMsec: 500, Needs: needs}
}

// tellStory runs it and holds the transcript to the golden one.
func tellStory(t *testing.T, name string, s story) {
	t.Helper()
	got := strings.Join(live(t, s), "")
	path := filepath.Join("testdata", "story-"+name+".txt")
	golden.Check(t, path, got)
}

// live runs a story and gives its transcript, a line each.
func live(t *testing.T, s story) []string {
	t.Helper()
	p := &plan{seed: 1, manifest: &wire.Manifest{Node: "node", Links: s.links, Services: s.services},
		driverNsec: 1 * msec, syncNsec: 100 * msec, processLimit: 100,
		script: func(i, n int) (conduct, bool) { return s.programs(i, n), true }}
	if s.driverHangs {
		p.driverNsec = -1
	}
	out := run(p, options{keep: true, arm: func(w *world) {
		w.links.plug("eth0")
		s.events(w)
	}})
	if out.broken.rule != ruleNone {
		report(t, &out)
	}
	return out.trace.all
}

// askAt has the operator ask one thing at an instant.
func askAt(w *world, at int64, verb wire.Verb, name string) {
	w.after(at, func() {
		b, id := w.operator.frame(verb, name)
		w.trace.line(w.now, "~ operator asks: "+verb.String()+" "+name)
		w.knock(&peer{pieces: [][]byte{b}, awaits: []uint32{id}, strict: true}, 0)
	})
}

func signalAt(w *world, at int64, signal uint8) {
	w.after(at, func() {
		w.trace.line(w.now, "~ signal "+itoa(int64(signal)))
		w.raise(signal)
	})
}

func always(c conduct) func(int, int) conduct { return func(int, int) conduct { return c } }

func TestStoryBoot(t *testing.T) {
	tellStory(t, "boot", story{
		services: []wire.Service{service("web", wire.ReadyNotify, "db", "network"), service("db", wire.ReadyExec)},
		links:    []wire.Link{{Name: "eth0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}}},
		programs: always(good()),
		events:   func(w *world) { signalAt(w, 1*sec, sigTERM) },
	})
}

func TestStoryCrashLoop(t *testing.T) {
	loop := service("loop", wire.ReadyExec)
	loop.RestartsMax = 5
	bad := good()
	bad.lifeNsec, bad.status = 2*msec, 3<<8
	tellStory(t, "crash-loop", story{services: []wire.Service{loop}, programs: always(bad),
		events: func(w *world) { signalAt(w, 10*sec, sigTERM) }})
}

func TestStoryStop(t *testing.T) {
	deaf := good()
	deaf.termNsec = -1
	tellStory(t, "stop", story{services: []wire.Service{service("deaf", wire.ReadyExec)}, programs: always(deaf),
		events: func(w *world) {
			askAt(w, 1*sec, wire.VerbStop, "deaf")
			askAt(w, 3*sec, wire.VerbStart, "deaf")
			signalAt(w, 5*sec, sigPWR)
		}})
}

func TestStoryDaemonise(t *testing.T) {
	forks := good()
	forks.background, forks.lifeNsec = true, 2*sec
	tellStory(t, "daemonise", story{services: []wire.Service{service("old", wire.ReadyNotify)},
		programs: func(_, n int) conduct {
			if n == 1 {
				return forks
			}
			return good()
		},
		events: func(w *world) { signalAt(w, 4*sec, sigTERM) }})
}

func TestStoryNoExec(t *testing.T) {
	none := good()
	none.failStep, none.fails = 99, unix.ETXTBSY
	tellStory(t, "no-exec", story{services: []wire.Service{service("busy", wire.ReadyExec)},
		programs: func(_, n int) conduct {
			if n < 3 {
				return none
			}
			return good()
		},
		events: func(w *world) { signalAt(w, 2*sec, sigTERM) }})
}

func TestStoryShutdown(t *testing.T) {
	held := good()
	held.heldAtNsec, held.heldNsec = 500*msec, -1
	tellStory(t, "shutdown", story{
		services: []wire.Service{service("base", wire.ReadyExec), service("mid", wire.ReadyExec, "base"), service("top", wire.ReadyExec, "mid")},
		programs: func(i, _ int) conduct {
			if i == 1 {
				return held
			}
			return good()
		},
		events: func(w *world) { signalAt(w, 1*sec, sigINT) }})
}

// TestStorySettings: a setting that takes no value and one that is missing are
// said, and the node comes up.
func TestStorySettings(t *testing.T) {
	tellStory(t, "settings", story{services: []wire.Service{service("web", wire.ReadyExec)}, programs: always(good()),
		events: func(w *world) {
			w.settings[settingRoot+"kernel/kptr_restrict"].deaf = true
			delete(w.settings, settingRoot+"fs/suid_dumpable")
			signalAt(w, 1*sec, sigTERM)
		}})
}
