//go:build qemu

package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/wire"
)

// crashWord is what only a build with the tag crashtest holds.
const crashWord = "/run/crash/"

// buildInit builds PID 1 for this machine's images with flags.
func buildInit(t *testing.T, flags image.BuildFlags) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "init")
	build := exec.Command("go", append(append([]string{"build"}, flags.Args()...), "-o", out, ".")...)
	build.Env = append(os.Environ(), image.BuildEnv("amd64")...)
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestQEMUNoCrashInProduct: what makes PID 1 crash on request is in the images
// of these tests, and not in the product's binary.
func TestQEMUNoCrashInProduct(t *testing.T) {
	if !bytes.Contains(buildInit(t, crashFlags()), []byte(crashWord)) {
		t.Errorf("a build with the tag crashtest does not hold %q: this test looks for the wrong word", crashWord)
	}
	if bytes.Contains(buildInit(t, image.InitFlags("amd64")), []byte(crashWord)) {
		t.Errorf("the product's PID 1 holds %q: it can be made to crash", crashWord)
	}
}

func crashFlags() image.BuildFlags {
	flags := image.InitFlags("amd64")
	flags.Tags = []string{"crashtest"}
	return flags
}

func crashInit(t *testing.T) image.Program {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	p := image.Init(root, "amd64")
	p.Flags = crashFlags()
	return p
}

// crash asks PID 1 to dereference nil at a place, and waits until it has taken
// over; it gives the time that took in ms, by PID 1's own words.
func (g *guest) crash(place string) float64 {
	g.t.Helper()
	if said := g.ask("touch %s%s", crashWord, place); said != "" {
		g.t.Fatal(said)
	}
	const told = "PID 1 crashed and took over again in "
	g.says(told)
	_, rest, _ := strings.Cut(g.console(), told)
	word, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	tookMsec, err := strconv.ParseFloat(word, 64)
	if err != nil {
		g.t.Errorf("it took %q ms: %v", word, err)
	}
	return tookMsec
}

// crashing boots services of several kinds under a flood of output and orphans.
func crashing(t *testing.T) *guest {
	t.Helper()
	listen := behave("listen", wire.ReadyTCP, "listen", "127.0.0.1:8001")
	listen.ReadyAddress = "127.0.0.1:8001"
	orphans := behave("orphans", wire.ReadyExec, "orphans", "300")
	orphans.BackoffMsec, orphans.BackoffMaxMsec, orphans.RestartsMax = 10, 50, 1000
	g := boot(t, vm.Config{}, []wire.Service{listen, orphans,
		behave("flood", wire.ReadyExec, "flood"),
		behave("notify", wire.ReadyNotify, "notify", "20", "STATUS=warming"),
		behave("background", wire.ReadyExec, "daemonise"),
		behave("log", wire.ReadyExit, "log", "20", "60"),
	}, crashInit(t))
	for _, name := range []string{"listen", "notify", "background", "flood"} {
		g.until(name, "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	}
	g.until("log", "done", func(s wire.ServiceStatus) bool { return s.State == "done" })
	return g
}

// TestQEMUCrash makes PID 1 dereference nil in each part of its turn, under load,
// with every signal sent to it before and after. Nothing that runs may notice;
// the second time within a minute restarts the machine.
func TestQEMUCrash(t *testing.T) {
	for _, place := range []string{"take", "decide", "act", "reap"} {
		t.Run(place, func(t *testing.T) {
			g := crashing(t)
			open := g.dial("echo") // from before the crash to after it
			answers := bufio.NewReader(open)
			echo := func(text string) {
				t.Helper()
				fmt.Fprintln(open, text)
				if back, err := answers.ReadString('\n'); err != nil || strings.TrimSpace(back) != text {
					t.Errorf("the open connection gave %q: %v", back, err)
				}
			}
			echo("before")
			was := map[string]wire.ServiceStatus{}
			for _, name := range []string{"relay", "listen", "notify", "background", "flood"} {
				was[name] = g.service(name)
			}
			log := g.logs("log")
			checkSignals(g)
			t.Logf("PID 1 took over in %.3f ms", g.crash(place))
			echo("after")
			for name, s := range was {
				if now := g.service(name); now.State != "up" || now.PID != s.PID || now.Restarts != s.Restarts {
					t.Errorf("%s is %+v, it was %+v", name, now, s)
				}
			}
			if now := g.logs("log"); !slices.Equal(now, log) {
				t.Errorf("of its output %d lines are left, there were %d", len(now), len(log))
			}
			checkSignals(g)
			stopped := g.service("notify")
			g.ask("kill %d 9", stopped.PID)
			g.until("notify", "restarted", func(s wire.ServiceStatus) bool { return s.State == "up" && s.PID != stopped.PID })
			if loop := g.loop(); loop.Turns == 0 {
				t.Error("its counts are lost")
			}
			g.says("mote: PID 1 panics: runtime error: invalid memory address or nil pointer dereference")
			g.ask("touch %s%s", crashWord, place)
			g.says("mote: reboot: PID 1 panics for the second time within a minute")
		})
	}
}

// TestQEMUCrashAtTheEnd: a crash while the file systems are written does not
// keep the machine from its end.
func TestQEMUCrashAtTheEnd(t *testing.T) {
	g := crashing(t)
	g.ask("touch %sworker", crashWord)
	g.dial("kill 1 15") // no answer comes: the relay itself is stopped
	g.says("PID 1 crashed and took over again in ")
	vmtest.Wait(t, g.VM)
}
