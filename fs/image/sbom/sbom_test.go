package sbom

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestThisTestIsWrittenDown takes the running test as the program.
func TestThisTestIsWrittenDown(t *testing.T) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Skip("needs /proc")
	}
	s := Spec{Name: "mote-1-edge-amd64.mote", Version: "1", BuiltSec: 1767225600,
		Programs: []Program{{"/init", self}}, Others: []Other{{Name: "linux", Version: "6.12", From: "pkg:generic/linux@6.12"}}}
	b, err := Write(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Write(s)
	if err != nil || !bytes.Equal(b, again) {
		t.Error("the second text differs")
	}
	var d document
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{d.ID: 1}
	for _, p := range d.Packages {
		ids[p.ID]++
		if strings.ContainsAny(p.ID, " /_@") {
			t.Errorf("identifier %q", p.ID)
		}
	}
	for _, r := range d.Relationships {
		if ids[r.From] != 1 || ids[r.To] != 1 {
			t.Errorf("%+v names what is there %d and %d times", r, ids[r.From], ids[r.To])
		}
	}
	for _, want := range []string{`"/init"`, `"std"`, "pkg:golang/std@go1", "pkg:generic/linux@6.12", "2026-01-01T00:00:00Z"} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s in it", want)
		}
	}
	if _, err := Write(Spec{Programs: []Program{{"/x", []byte("no program")}}}); err == nil {
		t.Error("a program without build information was taken")
	}
}
