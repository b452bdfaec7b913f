package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

const greeting = `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}` + "\r\n"

// asked is a command as the fake QEMU got it.
type asked struct {
	Execute   string
	Arguments json.RawMessage
	ID        uint64
}

// fakeMonitor answers each command with what answer returns, one or more lines;
// an empty answer means silence, "hang up" ends the stream.
func fakeMonitor(t *testing.T, answer func(asked) string) *Monitor {
	t.Helper()
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		fmt.Fprint(theirs, greeting)
		decoder := json.NewDecoder(theirs)
		for {
			var a asked
			if decoder.Decode(&a) != nil {
				return
			}
			reply := fmt.Sprintf(`{"return": {}, "id": %d}`, a.ID)
			if a.Execute != "qmp_capabilities" {
				reply = answer(a)
			}
			if reply == "hang up" {
				return
			}
			fmt.Fprint(theirs, reply)
		}
	}()
	m, err := newMonitor(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	return m
}

func TestMonitorStatus(t *testing.T) {
	m := fakeMonitor(t, func(a asked) string {
		// An event between command and answer must not be taken for it.
		return fmt.Sprintf(`{"event": "RESUME", "timestamp": {"seconds": 1, "microseconds": 2}}
{"return": {"status": "running", "running": true}, "id": %d}`, a.ID)
	})
	if status, err := m.Status(t.Context()); err != nil || status != "running" {
		t.Errorf("got %q, %v", status, err)
	}
	if event, err := m.WaitEvent(t.Context(), "RESUME"); err != nil || event.Name != "RESUME" {
		t.Errorf("got %v, %v", event, err)
	}
}

func TestMonitorSortsAnswersByID(t *testing.T) {
	var first asked
	m := fakeMonitor(t, func(a asked) string {
		if a.Execute == "slow" {
			first = a
			return ""
		}
		return fmt.Sprintf(`{"return": "fast", "id": %d}{"return": "slow", "id": %d}`, a.ID, first.ID)
	})
	slow, err := m.send("slow", nil)
	if err != nil {
		t.Fatal(err)
	}
	var fast string
	if err := m.Do(t.Context(), "fast", nil, &fast); err != nil || fast != "fast" {
		t.Errorf("got %q, %v", fast, err)
	}
	if reply := <-slow; string(reply.Return) != `"slow"` {
		t.Errorf("the first command got %s", reply.Return)
	}
}

func TestMonitorRefusal(t *testing.T) {
	m := fakeMonitor(t, func(a asked) string {
		return fmt.Sprintf(`{"id": %d, "error": {"class": "DeviceNotFound", "desc": "Device 'x' not found"}}`, a.ID)
	})
	err := m.DeviceDel(t.Context(), "x")
	var refusal *CommandError
	if !errors.As(err, &refusal) || refusal.Class != "DeviceNotFound" || refusal.Command != "device_del" {
		t.Errorf("got %v", err)
	}
}

func TestMonitorHangUp(t *testing.T) {
	m := fakeMonitor(t, func(asked) string { return "hang up" })
	if err := m.PowerDown(t.Context()); err == nil || !strings.Contains(err.Error(), "system_powerdown") {
		t.Errorf("got %v", err)
	}
	if err := m.Quit(t.Context()); err == nil {
		t.Error("a command on a dead stream succeeded")
	}
	if _, err := m.WaitEvent(t.Context(), "SHUTDOWN"); err == nil {
		t.Error("an event came from a dead stream")
	}
}

func TestMonitorSilence(t *testing.T) {
	m := fakeMonitor(t, func(asked) string { return "" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := m.Cont(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestMonitorWithoutGreeting(t *testing.T) {
	for name, begin := range map[string]string{"garbage": "qemu: no such option\n", "no greeting": `{"return": {}}`} {
		ours, theirs := net.Pipe()
		go func() {
			fmt.Fprint(theirs, begin)
			theirs.Close()
		}()
		if _, err := newMonitor(t.Context(), ours); err == nil {
			t.Errorf("%s: taken for a monitor", name)
		}
	}
}

func TestDeviceDelWaitsForItsOwn(t *testing.T) {
	m := fakeMonitor(t, func(a asked) string {
		return fmt.Sprintf(`{"return": {}, "id": %d}
{"event": "DEVICE_DELETED", "data": {"path": "/machine/peripheral/disk1/virtio-backend"}}
{"event": "DEVICE_DELETED", "data": {"device": "disk1", "path": "/machine/peripheral/disk1"}}`, a.ID)
	})
	if err := m.DeviceDel(t.Context(), "disk1"); err != nil {
		t.Error(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.events) != 0 {
		t.Errorf("%d events left, want both taken", len(m.events))
	}
}

// Commands go out with exactly these arguments.
func TestCommandArguments(t *testing.T) {
	var got []string
	m := fakeMonitor(t, func(a asked) string {
		got = append(got, a.Execute+" "+string(a.Arguments))
		return fmt.Sprintf(`{"return": {}, "id": %d}`, a.ID)
	})
	ctx := t.Context()
	for _, err := range []error{
		m.PowerDown(ctx), m.Reset(ctx), m.Quit(ctx), m.Stop(ctx), m.Cont(ctx),
		m.SendKey(ctx, "ctrl", "alt", "delete"),
		m.DeviceAdd(ctx, Device{"driver": "nvme", "id": "n1"}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{"system_powerdown ", "system_reset ", "quit ", "stop ", "cont ",
		`send-key {"keys":[{"type":"qcode","data":"ctrl"},{"type":"qcode","data":"alt"},{"type":"qcode","data":"delete"}]}`,
		`device_add {"driver":"nvme","id":"n1"}`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHostPort(t *testing.T) {
	usernet, err := os.ReadFile("testdata/usernet-two-forwards.txt")
	if err != nil {
		t.Fatal(err)
	}
	for guest, want := range map[int]int{1883: 36511, 8080: 18080} {
		if got, err := hostPort(string(usernet), guest); err != nil || got != want {
			t.Errorf("guest port %d: got %d, %v; want %d", guest, got, err, want)
		}
	}
	// 22 is only a connection's port there, and 36511 only the host's.
	for _, guest := range []int{22, 36511} {
		if got, err := hostPort(string(usernet), guest); err == nil {
			t.Errorf("guest port %d: found %d", guest, got)
		}
	}
}
