package manifest

import (
	"reflect"
	"strings"
	"testing"
)

// Each field of a service, changed alone, is one change, whose effect is the
// table's.
func TestEveryFieldOfAServiceIsCompared(t *testing.T) {
	const base = "mote: v1\nusers: {mqtt: {uid: 2001}}\nservices: {a: {exec: [/a]}, network-1: {exec: [/a]}}\n"
	patches := map[string]string{"kind": "{kind: one-shot, restart: always}", "restart": "{restart: never}", "needs": "{needs: [network-1]}",
		"ready": "{ready: notify}", "port": "{restart: on-failure, port: 80}", "backoff": "{backoff: 1 s}",
		"inside-id": "{user: 7, isolation: {namespaces: [user], inside-id: 1}}",
		"files":     "{isolation: {writable: {/etc/mqtt: {sealed: true}}, files: {/etc/mqtt/conf: {content: x}}}}"}
	var look func(fields []Field, path, open, close string)
	look = func(fields []Field, path, open, close string) {
		for i := range fields {
			f := &fields[i]
			if b, ok := f.Form.(below); ok && b.entry() == "" {
				look(b.fields(), join(path, f.Name), open+f.Name+": {", "}"+close)
				continue
			}
			if f.Name == "kind" {
				continue // others follow it
			}
			text := patches[f.Name]
			if text == "" {
				text = open + f.Name + ": " + f.Example + close
			}
			if !strings.HasPrefix(text, "{") {
				text = "{" + text + "}"
			}
			base := base
			if f.Name == "every" { // of a one-shot only
				base = strings.Replace(base, "a: {exec", "a: {kind: one-shot, exec", 1)
			}
			before := read(t, base)
			n, problems := Load("base", []byte(base))
			patch, more := Load("patch", []byte("services: {a: "+text+"}"))
			if problems != nil || more != nil {
				t.Fatal(problems, more)
			}
			after, problems := Compile(Patch(n, patch), Values{})
			if problems != nil {
				t.Errorf("%s: %v", f.Name, problems)
				continue
			}
			changes := Diff(before, after)
			if len(changes) == 0 {
				t.Errorf("%s: no change of %s is seen", f.Name, text)
				continue
			}
			effect, want := Effects(changes, after)[0], "a restarts: "
			if f.Live {
				want = "a changes, and nothing restarts for it"
			}
			if !strings.HasPrefix(effect, want) {
				t.Errorf("%s: %q, want %q", f.Name, effect, want)
			}
		}
	}
	look(serviceFields(), "", "", "")
}

// What a default says is the same written out, and order alone is told.
func TestDiffOfTheSame(t *testing.T) {
	a := read(t, "mote: v1\nservices: {a: {exec: [/a]}, b: {exec: [/b], stop-timeout: 10 s}}\n")
	b := read(t, "mote: v1\nservices: {a: {exec: [/a], restart: always, stop-signal: TERM, limits: {pids-max: 1024}}, b: {exec: [/b]}}\n")
	if changes := Diff(a, b); changes != nil {
		t.Errorf("%v", changes)
	}
	c := read(t, "mote: v1\nservices: {b: {exec: [/b]}, a: {exec: [/a]}}\n")
	if changes := Diff(a, c); len(changes) != 1 || changes[0].String() != "services: in the order a, b → b, a" {
		t.Errorf("%v", changes)
	}
}

func TestDiffOfMaps(t *testing.T) {
	a := read(t, "mote: v1\nservices: {a: {exec: [/a], env: {X: 1, Y: 2}, rlimits: {core: 0}}}\n")
	b := read(t, "mote: v1\nservices: {a: {exec: [/a], env: {Y: 3, Z: \"\"}}}\n")
	var got []string
	for _, c := range Diff(a, b) {
		got = append(got, c.String())
	}
	if want := []string{"services.a.env.Y: 2 → 3", `services.a.env.Z: "" (new)`, "services.a.env.X: gone (was 1)", "services.a.rlimits.core: gone (was 0)"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}
