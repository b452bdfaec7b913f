package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
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
	o, err := parseOptions([]string{"-kernel", filepath.Join(t.TempDir(), "vmlinux"), "-accel", "tcg"})
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
