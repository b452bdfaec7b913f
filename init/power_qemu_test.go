//go:build qemu

package main_test

import (
	"context"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// chain are three services that need each other, the last one deaf to SIGTERM.
func chain() []wire.Service {
	first := behave("first", wire.ReadyNotify, "notify")
	second := behave("second", wire.ReadyNotify, "notify")
	third := behave("third", wire.ReadyNotify, "ignore-term")
	second.Needs, third.Needs, third.StopMsec = []string{"first"}, []string{"second"}, 500
	for _, s := range []*wire.Service{&first, &second, &third} {
		s.Optional = false
	}
	return []wire.Service{third, second, first}
}

// TestQEMUPowerKey: the ACPI power key turns a q35 machine off, services in
// reverse order of their needs. The image is on NVMe, the kernel a bzImage.
func TestQEMUPowerKey(t *testing.T) {
	g := boot(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage"}, chain())
	g.until("third", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	ctx, cancel := context.WithTimeout(t.Context(), vmtest.Limit)
	defer cancel()
	if err := g.Monitor.PowerDown(ctx); err != nil {
		t.Fatal(err)
	}
	vmtest.Wait(t, g.VM)
	inOrder(t, g.console(), "power off: stopping services", "third: killed by SIGKILL; stopped", "second: ", "; stopped", "first: ", "; stopped", "] power off")
}

// TestQEMUSignalsThatEnd: SIGINT reboots, SIGTERM powers off.
func TestQEMUSignalsThatEnd(t *testing.T) {
	for sig, want := range map[unix.Signal]string{unix.SIGINT: "reboot", unix.SIGTERM: "power off", unix.SIGPWR: "power off"} {
		t.Run(sig.String(), func(t *testing.T) {
			g := boot(t, vm.Config{}, nil)
			g.dial("kill 1 " + string(wire.AppendUint(nil, uint64(sig))))
			vmtest.Wait(t, g.VM)
			inOrder(t, g.console(), want+": stopping services", "] "+want)
		})
	}
}

// inOrder looks for texts one after the other.
func inOrder(t *testing.T, in string, texts ...string) {
	t.Helper()
	rest := in
	for _, text := range texts {
		at := strings.Index(rest, text)
		if at < 0 {
			t.Errorf("%q is missing, or not in order, in:\n%s", text, in)
			return
		}
		rest = rest[at+len(text):]
	}
}
