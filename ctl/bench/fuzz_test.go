package bench

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"mote/ctl/vm"
)

// drawn writes a run in all ways and checks what must hold of any.
func drawn(t *testing.T, r Run) {
	t.Helper()
	report := Report{Title: "x", Runs: []Run{r, r}, Exact: true}
	for _, format := range Formats() {
		text, err := report.As(format)
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if at := strings.IndexFunc(string(text), func(r rune) bool { return r != '\n' && unicode.IsControl(r) }); at >= 0 {
			t.Fatalf("%s has the control character %q", format, text[at])
		}
		if (format == "json" || format == "trace") && !json.Valid(text) {
			t.Fatalf("%s is not JSON", format)
		}
	}
	for decoder := xml.NewDecoder(strings.NewReader(SVG(r.Boot))); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	phases, same := Phases(r.Boot, r.Boot)
	var sum int64
	for _, p := range phases {
		sum += p.HeadNsec
		if !same || p.changeNsec() != 0 {
			t.Fatalf("held against itself: %v, %+v", same, phases)
		}
	}
	if sum != r.ReadyNsec {
		t.Fatalf("the phases sum up to %d of %d", sum, r.ReadyNsec)
	}
}

// FuzzConsole: whatever a guest prints is drawn or refused.
func FuzzConsole(f *testing.F) {
	f.Add("[    0.100000] Run /init as init process\nmark 5 a\nmark start b\nmark up b\n[    0.200000] mark ready\n")
	f.Add("mark ready")
	f.Add("mark 9007199254740992 ready\nmark 1 init")
	f.Add("[    0.030000] initcall a+0x0/0x1 returned 0 after 18 usecs\nmark 4 <&>\nmark 6 ready")
	f.Fuzz(func(t *testing.T, text string) {
		began := time.Unix(1000, 0)
		var lines []vm.Line
		for i, line := range strings.Split(text, "\n") {
			lines = append(lines, vm.Line{Text: line, At: began.Add(time.Duration(i) * time.Millisecond)})
		}
		r := Run{Lines: lines, Initcalls: initcalls(lines)}
		var err error
		if r.Boot, r.HostTimed, err = fromLines(lines, began, "ready"); err == nil {
			drawn(t, r)
		}
	})
}

// FuzzObserve: the same of the bench image's line.
func FuzzObserve(f *testing.F) {
	text, err := os.ReadFile("testdata/observe-three-services.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.TrimPrefix(string(text), observePrefix))
	f.Add(`{"marks":[{"name":"init","ns":4},{"name":"\u001b[2J","ns":5},{"name":"ready","ns":9}],"pid1_rss_bytes":1,"mem_used_bytes":2}`)
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := ParseObserve(text); err == nil {
			drawn(t, Run{Boot: b})
		}
	})
}
