package sim

import (
	"crypto/ed25519"
	"strings"
	"testing"

	"mote/fs"
	"mote/wire"
)

// generation is the manifest of generation n: service b is what it runs, a has another
// setting, c is there from generation 2 on. b's environment takes it past one block.
func generation(n uint64) *wire.Manifest {
	a, b := service("a", wire.ReadyExec), service("b", wire.ReadyNotify, "a")
	a.BackoffMsec = uint32(100 + n)
	b.Exec, b.Env = append(b.Exec, "-generation", itoa(int64(n))), []string{"LONG=" + strings.Repeat("x", 5000)}
	m := &wire.Manifest{Node: "node", Services: []wire.Service{a, b}, Access: access()}
	if n >= 2 {
		m.Services = append(m.Services, service("c", wire.ReadyExec))
	}
	return m
}

// applyPlan is a life whose image has generation 0's services.
func applyPlan(ends ending) *plan {
	p := statePlan(ends)
	p.image, p.manifest = generation(0), generation(9)
	p.chaosNsec = 2 * sec
	p.tempers = []temper{steady, steady, steady}
	return p
}

// applying runs a boot in which what is on the agenda happens.
func applying(t *testing.T, d *disk, agenda func(w *world)) (out outcome, w *world) {
	t.Helper()
	out = run(applyPlan(endReboot), options{disk: d, keep: true, arm: func(world *world) {
		w = world
		w.arm()
		agenda(w)
	}})
	if out.broken.rule != ruleNone && !out.cut {
		report(t, &out)
	}
	return out, w
}

// at has a manifest sent at an instant, and its last answer looked at.
func at(w *world, nsec int64, n uint64, mode wire.ApplyMode, tryMsec uint32, look func(*wire.Reply)) {
	w.after(nsec, func() { w.send(sealed(signer, n, "", generation(n)), mode, tryMsec, look) })
}

// told reads the body of an answer that must have one.
func told(t *testing.T, r *wire.Reply) (a wire.Applied) {
	t.Helper()
	if r.Error.Code != 0 {
		t.Errorf("refused: %v", r.Error)
	} else if err := wire.DecodeApplied(r.Body, &a); err != nil {
		t.Errorf("%v", err)
	}
	return a
}

func nothing(*world) {}

// TestApplyAuto: what a manifest changes restarts, and nothing else; the next boot has
// it too.
func TestApplyAuto(t *testing.T) {
	d := newDisk(fs.StateAreaBytes)
	before, after := 0, 0
	out, w := applying(t, d, func(w *world) {
		w.after(400*msec, func() { before = w.mainOf("a") })
		at(w, 500*msec, 2, wire.ApplyAuto, 0, func(r *wire.Reply) {
			a := told(t, r)
			want := []wire.ServiceChange{{Name: "a", What: wire.ChangeLive}, {Name: "b", What: wire.ChangeRestart}, {Name: "c", What: wire.ChangeStart}}
			if len(a.Changes) != 3 || a.Changes[0] != want[0] || a.Changes[1] != want[1] || a.Changes[2] != want[2] ||
				a.Generation != 2 || a.Before != 0 || !a.Kept || a.Signer != "alice" || a.Network {
				t.Errorf("told %+v", a)
			}
		})
		w.after(1500*msec, func() { after = w.mainOf("a") })
	})
	if st := w.loop.Manifest(); st.Generation != 2 || st.Signer != "alice" || st.Newest != 2 || st.Alarm != "" {
		t.Errorf("%+v", st)
	}
	if before == 0 || before != after {
		t.Errorf("a was process %d, and is %d", before, after)
	}
	if n := strings.Count(strings.Join(out.trace.all, ""), "→ start b"); n != 2 {
		t.Errorf("b was started %d times", n)
	}
	if !out.says("manifest: generation 2 by alice is in force: a changes, b restarts, c starts") || !out.says("c up in") {
		t.Error(strings.Join(out.trace.all, ""))
	}
	out, w = applying(t, d, func(w *world) {
		at(w, 500*msec, 3, wire.ApplyAuto, 0, func(r *wire.Reply) { told(t, r) })
	})
	if !out.says("manifest: generation 2 by alice is in force") || strings.Count(strings.Join(out.trace.all, ""), "→ start b") != 2 {
		t.Error(strings.Join(out.trace.all, ""))
	}
	if st := w.loop.Manifest(); st.Generation != 3 || st.Previous != 2 {
		t.Errorf("%+v", st)
	}
}

// mainOf is the process of a service, 0: none.
func (w *world) mainOf(name string) int {
	for _, p := range w.processes.all {
		if p.service == name && p.main && p.life == running {
			return int(p.pid)
		}
	}
	return 0
}

// TestApplyRefused: each way in which a manifest is refused has its code, and changes
// nothing.
func TestApplyRefused(t *testing.T) {
	stranger := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	broken := sealed(signer, 7, "", generation(7))
	broken[len(broken)-1] ^= 1
	bad := generation(7)
	bad.Services[1].User = "ghost"
	gone := generation(7)
	gone.Services[1].Exec[0] = "/bin/nobody"
	other := generation(7)
	other.State = "/dev/sdz"
	var got []string
	_, w := applying(t, newDisk(fs.StateAreaBytes), func(w *world) {
		look := func(r *wire.Reply) { got = append(got, itoa(int64(r.Error.Code))+" "+r.Error.Where) }
		for i, envelope := range [][]byte{
			sealed(signer, 5, "", generation(5)), // the one that is taken
			sealed(stranger, 7, "", generation(7)), broken, []byte("none"),
			sealed(signer, 5, "", generation(5)), sealed(signer, 4, "", generation(4)),
			sealed(signer, 7, "4c4c4544-0000", generation(7)), sealed(signer, 7, "", bad), sealed(signer, 7, "", gone), sealed(signer, 7, "", other),
		} {
			w.after(500*msec+int64(i)*100*msec, func() { w.send(envelope, wire.ApplyAuto, 0, look) })
		}
		w.after(1700*msec, func() { w.confirm(5, look) })
	})
	want := "0 , 9 , 9 , 12 , 10 , 10 , 11 , 12 services.b.user, 12 services.b.exec, 12 state, 14 "
	if strings.Join(got, ", ") != want {
		t.Errorf("codes %s\n want %s", strings.Join(got, ", "), want)
	}
	if st := w.loop.Manifest(); st.Generation != 5 || st.Newest != 5 {
		t.Errorf("%+v", st)
	}
}

// TestApplyDryRun tells what an apply would, and changes nothing.
func TestApplyDryRun(t *testing.T) {
	out, w := applying(t, newDisk(fs.StateAreaBytes), func(w *world) {
		at(w, 500*msec, 2, wire.ApplyDryRun, 0, func(r *wire.Reply) {
			if a := told(t, r); len(a.Changes) != 3 || a.Kept {
				t.Errorf("told %+v", a)
			}
		})
	})
	if st := w.loop.Manifest(); st.Generation != 0 || st.Newest != 0 || strings.Count(strings.Join(out.trace.all, ""), "→ start b") != 1 {
		t.Errorf("%+v", st)
	}
}

// TestApplyStaged is for the boot after.
func TestApplyStaged(t *testing.T) {
	d := newDisk(fs.StateAreaBytes)
	_, w := applying(t, d, func(w *world) {
		at(w, 500*msec, 2, wire.ApplyStaged, 0, func(r *wire.Reply) { told(t, r) })
	})
	if st := w.loop.Manifest(); st.Generation != 0 || st.Staged != 2 {
		t.Errorf("%+v", st)
	}
	for range 2 {
		_, w = applying(t, d, nothing)
		if st := w.loop.Manifest(); st.Generation != 2 || st.Staged != 0 {
			t.Errorf("%+v", st)
		}
	}
}

// TestApplyTry goes back when its time has passed, by a restart too, and stands when it
// is confirmed in time.
func TestApplyTry(t *testing.T) {
	d := newDisk(fs.StateAreaBytes)
	out, w := applying(t, d, func(w *world) {
		at(w, 500*msec, 2, wire.ApplyTry, 500, func(r *wire.Reply) {
			if a := told(t, r); a.UntilNsec == 0 {
				t.Errorf("told %+v", a)
			}
		})
	})
	if st := w.loop.Manifest(); st.Generation != 0 || st.Newest != 2 || w.mainOf("c") != 0 {
		t.Errorf("%+v", st)
	}
	if !out.says("generation 2 was not confirmed in time, going back") || !out.says("the image's is in force: a changes, b restarts, c stops") {
		t.Error(strings.Join(out.trace.all, ""))
	}
	_, w = applying(t, d, func(w *world) { at(w, 500*msec, 3, wire.ApplyTry, 60_000, func(r *wire.Reply) { told(t, r) }) })
	if st := w.loop.Manifest(); st.Generation != 3 || st.Tried != 3 {
		t.Errorf("%+v", st)
	}
	out, w = applying(t, d, func(w *world) {
		at(w, 500*msec, 4, wire.ApplyTry, 800, func(r *wire.Reply) { told(t, r) })
		w.after(900*msec, func() {
			w.confirm(4, func(r *wire.Reply) {
				if r.Error.Code != 0 {
					t.Error(r.Error)
				}
			})
		})
	})
	if !out.says("generation 3 was tried and not confirmed") {
		t.Error(strings.Join(out.trace.all, ""))
	}
	if st := w.loop.Manifest(); st.Generation != 4 || st.Tried != 0 {
		t.Errorf("%+v", st)
	}
	if _, w = applying(t, d, nothing); w.loop.Manifest().Generation != 4 {
		t.Errorf("%+v", w.loop.Manifest())
	}
}

// TestApplyCrash: PID 1 crashes in each of its system calls while a manifest is under
// way. What was in force goes on, and in the end what is kept is in force: also after
// the try that is under way then, and its end.
func TestApplyCrash(t *testing.T) {
	for _, mode := range []wire.ApplyMode{wire.ApplyAuto, wire.ApplyTry} {
		crashes := 0
		for k := 1; ; k++ {
			d := newDisk(fs.StateAreaBytes)
			calls, tryMsec := 0, uint32(0)
			if mode == wire.ApplyTry {
				tryMsec = 300
			}
			out, w := applying(t, d, func(w *world) {
				at(w, 500*msec, 2, wire.ApplyAuto, 0, nil)
				w.after(800*msec, func() {
					w.crash.at = func(string) bool { calls++; return calls == k }
					p := sealed(signer, 3, "", generation(1)) // c goes
					w.send(p, mode, tryMsec, nil)
				})
				w.after(1900*msec, func() { w.crash.at = nil })
			})
			if out.crashes == 0 {
				break
			}
			crashes++
			st := w.loop.Manifest()
			kept, _ := w.loop.Kept(fs.StateManifest)
			current := number(kept[8+8:])
			if st.Generation != current || st.Tried != 0 || mode == wire.ApplyTry && st.Generation != 2 {
				t.Fatalf("%v, crash in call %d: %+v, kept is %d\n%s", mode, k, st, current, strings.Join(out.trace.all, ""))
			}
		}
		if crashes < 50 {
			t.Errorf("%v: only %d crashes", mode, crashes)
		}
		t.Logf("%v: %d crashes", mode, crashes)
	}
}
