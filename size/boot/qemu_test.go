//go:build qemu

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/ctl/bench"
)

// TestQEMUBootIsMeasured boots the bench image as `make boot` does.
func TestQEMUBootIsMeasured(t *testing.T) {
	build := filepath.Join("..", "..", "build")
	folder := t.TempDir()
	args := []string{"-kernel", filepath.Join(build, "vmlinux"), "-image", filepath.Join(build, "bench.squashfs"), "-out", folder}
	var out bytes.Buffer
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	text, err := os.ReadFile(filepath.Join(folder, "boot.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b bench.Boot
	if err := json.Unmarshal(text, &b); err != nil {
		t.Fatal(err)
	}
	if b.KernelNsec > b.InitNsec || b.InitNsec >= b.ReadyNsec {
		t.Errorf("instants out of order: %+v", b)
	}
	path := bench.Critical(b, bench.Spans(b))
	if first, last := path[0].Name, path[len(path)-1].Name; first != "kernel" || last != "last" {
		t.Errorf("critical path from %q to %q: the last service is what ready waits for", first, last)
	}
	if at := slices.IndexFunc(b.Services, func(s bench.Service) bool { return s.Name == "last" }); at < 0 || !slices.Contains(b.Services[at].Needs, "network") {
		t.Errorf("the manifest's needs are not told: %+v", b.Services)
	}
	if !strings.Contains(out.String(), "handshake at ") {
		t.Error("the last service's handshake was not seen")
	}
	// A guest clock at a wrong rate is off by hundreds of ms; a busy host isn't.
	if strings.Contains(out.String(), "they disagree") {
		t.Error("host and guest disagree about the handshake")
	}
}
