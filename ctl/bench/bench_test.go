package bench

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/size/golden"
)

// observed reads a line as a bench machine printed it.
func observed(t *testing.T, name string) Boot {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseObserve(strings.TrimPrefix(string(text), observePrefix))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDrawingsGolden(t *testing.T) {
	b := observed(t, "observe-three-services.txt")
	golden.Check(t, filepath.Join("testdata", "waterfall.txt"), Waterfall(b))
	golden.Check(t, filepath.Join("testdata", "waterfall.svg"), SVG(b))
}

func TestSVGIsXMLAndStandsAlone(t *testing.T) {
	b := observed(t, "observe-three-services.txt")
	b.Marks[4].Name, b.Marks[6].Name = "start <b>&", "up <b>&"
	text := SVG(b)
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if rest := strings.Replace(text, "http://www.w3.org/2000/svg", "", 1); strings.Contains(rest, "http") || strings.Contains(rest, "href") {
		t.Error("the drawing refers to something outside itself")
	}
}

func names(spans []Span) string {
	var all []string
	for _, s := range spans {
		all = append(all, s.Name)
	}
	return strings.Join(all, " ")
}

// mark list shorthand: "name@ms".
func marks(text string) []Mark {
	var all []Mark
	for _, word := range strings.Split(text, ", ") {
		name, at, _ := strings.Cut(word, "@")
		span, err := time.ParseDuration(at + "ms")
		if err != nil {
			panic(err)
		}
		all = append(all, Mark{Name: name, Nsec: span.Nanoseconds()})
	}
	return all
}

func TestCriticalPath(t *testing.T) {
	cases := map[string]struct {
		marks    string
		services []Service
		want     string
	}{
		"no services": {"init@400, main@402, mounts@403, ready@404", nil, "kernel go runtime mounts"},
		"the slower of two": {
			"init@400, main@402, start a@403, start b@404, up a@410, up b@420, ready@420", nil, "kernel go runtime b"},
		"a chain": {
			"init@400, main@402, start a@403, up a@410, start b@410, up b@420, ready@421", nil, "kernel go runtime a b"},
		// Without needs b seems to wait for x, which was up in between.
		"inferred": {
			"init@400, start a@401, start x@401, up a@405, up x@406, start b@407, up b@409, ready@409", nil, "kernel x b"},
		"known needs": {
			"init@400, start a@401, start x@401, up a@405, up x@406, start b@407, up b@409, ready@409",
			[]Service{{"a", nil}, {"x", nil}, {"b", []string{"a"}}}, "kernel a b"},
		"waits for the network": {
			"init@400, main@401, start a@402, up a@403, network@410, start b@410, up b@412, ready@412",
			[]Service{{"a", nil}, {"b", []string{"a", "network"}}}, "kernel go runtime network b"},
		// Only the network waits for the first device, not a service without it.
		"waits by way of the network for a device": {
			"init@400, main@401, device@409, network@410, start b@410, up b@412, ready@412",
			[]Service{{"b", []string{"network"}}}, "kernel go runtime first device network b"},
		"needs no device": {
			"init@400, main@401, device@402, start a@403, up a@410, ready@410",
			[]Service{{"a", nil}}, "kernel go runtime a"},
		"a restart": {
			"init@400, start a@401, start a@405, up a@409, ready@409", nil, "kernel a"},
		"late and optional": {
			"init@400, start a@401, start late@402, up a@405, ready@405, up late@500", nil, "kernel a"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			b := Boot{Marks: marks(tc.marks), Services: tc.services}
			for _, m := range b.Marks {
				switch m.Name {
				case "init":
					b.InitNsec, b.KernelNsec = m.Nsec, m.Nsec
				case "ready":
					b.ReadyNsec = m.Nsec
				}
			}
			if got := names(Critical(b, Spans(b))); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestUsec(t *testing.T) {
	got := observed(t, "observe-three-services.txt").Usec()
	for name, want := range map[string]int64{"init": 402_112, "main": 2_102, "device": 10_787, "up last": 38_907, "ready": 38_988} {
		if got[name] != want {
			t.Errorf("%s at %d µs, want %d", name, got[name], want)
		}
	}
	if _, is := got["start observe"]; is || len(got) != 13 {
		t.Errorf("%d marks: %v", len(got), got)
	}
}

func TestParseBoot(t *testing.T) {
	const memory = `,"pid1_rss_bytes":1,"mem_used_bytes":2}`
	b, err := ParseObserve(`{"marks":[{"name":"kernel","ns":3},{"name":"init","ns":4},{"name":"ready","ns":9}],"init_ns":77` + memory)
	if err != nil {
		t.Fatal(err)
	}
	if b.KernelNsec != 3 || b.InitNsec != 4 || b.ReadyNsec != 9 {
		t.Errorf("instants: %+v", b)
	}
	// The kernel's log ahead of the other clock.
	b, err = ParseObserve(`{"marks":[{"name":"kernel","ns":7},{"name":"init","ns":4},{"name":"ready","ns":9}]` + memory)
	if err != nil || b.KernelNsec != 4 || b.Marks[0].Nsec != 4 {
		t.Errorf("%+v, %v", b, err)
	}
	for text, want := range map[string]string{
		`{"marks":[`: "observe line",
		`{"marks":[{"name":"init","ns":4}]` + memory:                                             `no mark "ready"`,
		`{"marks":[{"name":"ready","ns":4}]` + memory:                                            `no mark "init"`,
		`{"marks":[{"name":"init","ns":4},{"name":"x","ns":3},{"name":"ready","ns":9}]` + memory: `"x" is earlier`,
		`{"marks":[{"name":"init","ns":4},{"name":"ready","ns":9}]}`:                             "memory",
	} {
		if _, err := ParseObserve(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

func at(ms int, text string) vm.Line {
	return vm.Line{Text: text, At: time.Unix(1000, 0).Add(time.Duration(ms) * time.Millisecond)}
}

func TestHandshake(t *testing.T) {
	lines := []vm.Line{
		at(100, "[  0.123456] a kernel line"),
		at(530, "[  400.000 ms] init: begins"), // 30 ms late on its way
		at(510, "[  410.000 ms] mounts"),       // the least delay: zero is at 100
		at(552, "bench: handshake"),
		at(700, "[  452.000 ms] ready: all"),
	}
	nsec, err := Handshake(lines)
	if err != nil || nsec != 452_000_000 {
		t.Errorf("got %d, %v", nsec, err)
	}
	if _, err := Handshake(lines[3:]); err == nil {
		t.Error("no milestone, no error")
	}
	if _, err := Handshake(lines[:3]); err == nil {
		t.Error("no handshake, no error")
	}
	if text := Agreement(452_000_000, 452_500_000); !strings.Contains(text, "-0.5 ms apart") || strings.Contains(text, "disagree") {
		t.Error(text)
	}
	// 143 ms are a busy host's delay in a boot of 8 s, not in one of half a second.
	if text := Agreement(7_813_000_000, 7_956_000_000); strings.Contains(text, "disagree") {
		t.Error(text)
	}
	if text := Agreement(452_000_000, 595_000_000); !strings.Contains(text, "disagree") {
		t.Error(text)
	}
	if text := Agreement(452_000_000, 1_170_000_000); !strings.Contains(text, "disagree") {
		t.Error(text)
	}
}

func TestMilestone(t *testing.T) {
	for line, want := range map[string]int64{
		"[  412.345 ms] text":    412_345_000,
		"[ 0.001 ms] ":           1_000,
		"[  0.123456] kernel":    -1,
		"[ x ms] text":           -1,
		"text [  412.345 ms] no": -1,
		"[ -1.0 ms] text":        -1,
	} {
		if got, is := milestone(line); is != (want >= 0) || is && got != want {
			t.Errorf("%q: got %d, %v", line, got, is)
		}
	}
}

func TestMedian(t *testing.T) {
	run := func(ready int64) Run { return Run{Boot: Boot{InitNsec: 10, ReadyNsec: ready}} }
	if got := Median([]Run{run(90), run(20), run(50)}); got.ReadyNsec != 50 {
		t.Errorf("got %d", got.ReadyNsec)
	}
	if got := Median([]Run{run(90), run(20)}); got.ReadyNsec != 90 {
		t.Errorf("of two: got %d", got.ReadyNsec)
	}
}
