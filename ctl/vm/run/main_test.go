package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/fs"
)

func TestOptions(t *testing.T) {
	o, err := parseOptions([]string{"-machine", "q35", "-forward", "80,443", "-memory", "64"})
	if err != nil {
		t.Fatal(err)
	}
	if o.kernel != filepath.Join("build", "bzImage") || len(o.ports) != 2 || o.ports[1] != 443 {
		t.Errorf("got %+v", o)
	}
	c := o.config(nil)
	if c.MemoryBytes != 64<<20 || len(c.NICs[0].Forwards) != 2 || c.NICs[0].Open {
		t.Errorf("got %+v", c)
	}
	if o, err = parseOptions([]string{"-forward", ""}); err != nil || len(o.ports) != 0 || o.machine != vm.MicroVM {
		t.Errorf("no port: %+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-forward", "mqtt"}, {"-forward", "70000"}, {"extra"}, {"-nonsense"}, {"-disk", "a.raw"}} {
		if _, err := parseOptions(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestADiskIsBootedByFirmware(t *testing.T) {
	o, err := parseOptions([]string{"-disk", "a.raw", "-vars", "v.fd"})
	if err != nil {
		t.Fatal(err)
	}
	c := o.config(nil)
	if c.Firmware == nil || !c.Firmware.Secure || c.Firmware.Vars != "v.fd" || c.Disks[0].Path != "a.raw" ||
		c.Kernel != "" || len(c.Append) > 0 || len(o.ports) > 0 {
		t.Errorf("got %+v", c)
	}
}

func TestRunTellsWhatIsMissing(t *testing.T) {
	o, err := parseOptions([]string{"-kernel", filepath.Join(t.TempDir(), "vmlinux"), "-accel", "tcg", "-state", ""})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(context.Background(), o, os.Stdin, &out); err == nil || !strings.Contains(err.Error(), "build it first") {
		t.Errorf("got %v", err)
	}
}

func TestHint(t *testing.T) {
	if got := hint(1883, 40001); !strings.Contains(got, "mosquitto_sub -p 40001") {
		t.Error(got)
	}
	if got := hint(22, 40001); got != "" {
		t.Error(got)
	}
}

func TestStateOutlivesTheRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.img")
	o, err := parseOptions([]string{"-state", path})
	if err != nil {
		t.Fatal(err)
	}
	c := o.config(nil)
	if len(c.Disks) != 1 || c.Disks[0].Path != path || !slices.Contains(c.Append, "mote.state=/dev/vdb") {
		t.Errorf("got %+v", c)
	}
	if err := o.makeState(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != fs.StateAreaBytes {
		t.Errorf("made %+v, %v", info, err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte{7}, fs.StateAreaBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.makeState(); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(path); err != nil || b[0] != 7 || len(b) != fs.StateAreaBytes {
		t.Errorf("what was there is gone: %v", err)
	}
	o.state = filepath.Join(path, "nowhere")
	if err := o.makeState(); err == nil || !strings.Contains(err.Error(), "-state") {
		t.Errorf("got %v", err)
	}
}
