//go:build qemu

package vm_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
)

// kernelPath is what `make kernel` leaves; KERNEL in the environment names
// another one to try.
func kernelPath(t *testing.T, name string) string {
	t.Helper()
	if path := os.Getenv("KERNEL"); path != "" {
		return path
	}
	path := filepath.Join("..", "..", "build", name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; run make kernel first", err)
	}
	return path
}

// guestInitrd builds testdata/guest as /init of an initramfs, in the format
// "newc" of the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
func guestInitrd(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "init")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", program, "./testdata/guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	entry := func(name string, mode, major, minor int, content []byte) {
		fmt.Fprintf(&archive, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
			archive.Len()+1, mode, 0, 0, 1, 0, len(content), 0, 0, major, minor, len(name)+1, 0, name)
		archive.Write(make([]byte, (4-archive.Len()%4)%4))
		archive.Write(content)
		archive.Write(make([]byte, (4-archive.Len()%4)%4))
	}
	entry("dev", 0o040755, 0, 0, nil)
	entry("dev/console", 0o020600, 5, 1, nil) // the kernel opens it for /init
	entry("init", 0o100755, 0, 0, text)
	entry("TRAILER!!!", 0, 0, 0, nil)
	path := filepath.Join(t.TempDir(), "guest.cpio")
	if err := os.WriteFile(path, archive.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func guestConfig(t *testing.T) vm.Config {
	return vm.Config{Kernel: kernelPath(t, "vmlinux"), Initrd: guestInitrd(t), Append: vm.MoteWords()}
}

// each runs a test on the small board by PVH and on a PC by bzImage.
func each(t *testing.T, test func(t *testing.T, c vm.Config)) {
	t.Run("microvm", func(t *testing.T) { test(t, guestConfig(t)) })
	t.Run("q35", func(t *testing.T) {
		c := guestConfig(t)
		c.Machine, c.Kernel = vm.Q35, kernelPath(t, "bzImage")
		test(t, c)
	})
}

func typed(t *testing.T, v *vm.VM, text string) {
	t.Helper()
	if err := v.Type(text + "\n"); err != nil {
		t.Fatal(err)
	}
}

func TestQEMUGuestTalksAndPowersOff(t *testing.T) {
	each(t, func(t *testing.T, c vm.Config) {
		var second bytes.Buffer
		c.Second = &second
		c.NICs = []vm.NIC{{Forwards: []vm.Forward{{GuestPort: 1883}}}}
		v := vmtest.Start(t, c)
		vmtest.WaitLine(t, v, "guest: up")
		typed(t, v, "hello")
		vmtest.WaitLine(t, v, "guest: heard hello")
		typed(t, v, "second")
		if port, err := v.Port(t.Context(), 1883); err != nil || port < 1024 {
			t.Errorf("port %d, %v", port, err)
		}
		if status, err := v.Monitor.Status(t.Context()); err != nil || status != "running" {
			t.Errorf("status %q, %v", status, err)
		}
		typed(t, v, "off")
		vmtest.Wait(t, v)
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if got := second.String(); !strings.Contains(got, "guest: second port") {
			t.Errorf("second port: %q", got)
		}
	})
}

func TestQEMURebootAndPanicEndTheMachine(t *testing.T) {
	each(t, func(t *testing.T, c vm.Config) {
		for _, word := range []string{"reboot", "panic"} {
			v := vmtest.Start(t, c)
			vmtest.WaitLine(t, v, "guest: up")
			typed(t, v, word)
			vmtest.Wait(t, v)
		}
	})
}

func TestQEMURebootsStartsAgain(t *testing.T) {
	c := guestConfig(t)
	c.Reboots = true
	v := vmtest.Start(t, c)
	vmtest.WaitLine(t, v, "guest: up")
	typed(t, v, "reboot")
	vmtest.WaitLine(t, v, "guest: up")
}

// KEY_POWER is 116 in linux/input-event-codes.h.
func TestQEMUPowerButtonReachesTheGuest(t *testing.T) {
	each(t, func(t *testing.T, c vm.Config) {
		v := vmtest.Start(t, c)
		vmtest.WaitLine(t, v, "guest: up")
		if err := v.Monitor.PowerDown(t.Context()); err != nil {
			t.Fatal(err)
		}
		vmtest.WaitLine(t, v, "guest: key 116")
	})
}

// The guest's clock must run as the host's does: under TCG that hangs on the
// word for the time-stamp counter's rate. A second of the host lies between the
// two looks; a busy host blurs each by far less than the factor of two and more
// that a wrong word makes.
func TestQEMUGuestClockRunsAsTheHosts(t *testing.T) {
	v := vmtest.Start(t, guestConfig(t))
	vmtest.WaitLine(t, v, "guest: up")
	look := func() (guestSec float64, at time.Time) {
		typed(t, v, "uptime")
		line := vmtest.WaitLine(t, v, "guest: uptime")
		if _, err := fmt.Sscanf(line.Text, "guest: uptime %f", &guestSec); err != nil {
			t.Fatal(err)
		}
		return guestSec, line.At
	}
	guestBegin, begin := look()
	guestEnd, end := look()
	for end.Sub(begin) < time.Second {
		guestEnd, end = look()
	}
	guest, host := guestEnd-guestBegin, end.Sub(begin).Seconds()
	t.Logf("%s: guest %.2f s, host %.2f s", v.Accel, guest, host)
	if guest < host/1.5 || guest > host*1.5 {
		t.Errorf("in %.2f s of the host the guest's clock went %.2f s", host, guest)
	}
}

// Exact mode says the same instant in every run.
func TestQEMUExactRunsAgree(t *testing.T) {
	var first string
	for run := range 3 {
		c := guestConfig(t)
		c.Exact = true
		c.NICs = []vm.NIC{{NoPeer: true}}
		c.Append = append(c.Append, "printk.time=1", "ignore_loglevel")
		v := vmtest.Start(t, c)
		line := vmtest.WaitLine(t, v, "Run /init as init process")
		if run == 0 {
			first = line.Text
		} else if line.Text != first {
			t.Errorf("run %d: %q, first run: %q", run, line.Text, first)
		}
	}
	t.Log(first)
}
