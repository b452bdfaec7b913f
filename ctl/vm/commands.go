package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// PowerDown presses the machine's power button. The guest may take its time;
// VM.Wait sees the end.
func (m *Monitor) PowerDown(ctx context.Context) error {
	return m.Do(ctx, "system_powerdown", nil, nil)
}

// Reset presses the reset button: QEMU ends unless Config.Reboots.
func (m *Monitor) Reset(ctx context.Context) error {
	return m.Do(ctx, "system_reset", nil, nil)
}

// Quit ends QEMU at once, as pulling the plug does, after flushing its disks.
func (m *Monitor) Quit(ctx context.Context) error {
	return m.Do(ctx, "quit", nil, nil)
}

// Stop and Cont halt the processors and let them run on; the guest's clock
// stands still meanwhile, unless it is the host's.
func (m *Monitor) Stop(ctx context.Context) error { return m.Do(ctx, "stop", nil, nil) }

// Cont undoes Stop.
func (m *Monitor) Cont(ctx context.Context) error { return m.Do(ctx, "cont", nil, nil) }

// Status is QEMU's run state: "running", "paused", "shutdown", ….
func (m *Monitor) Status(ctx context.Context) (string, error) {
	var answer struct {
		Status string `json:"status"`
	}
	err := m.Do(ctx, "query-status", nil, &answer)
	return answer.Status, err
}

// Device is what device_add takes: "driver", "id" and the driver's properties.
type Device map[string]any

// DeviceAdd plugs a device in. Only boards with PCI or USB take one.
func (m *Monitor) DeviceAdd(ctx context.Context, device Device) error {
	return m.Do(ctx, "device_add", device, nil)
}

// DeviceDel asks the guest to let a device go, and waits until it has.
func (m *Monitor) DeviceDel(ctx context.Context, id string) error {
	if err := m.Do(ctx, "device_del", map[string]string{"id": id}, nil); err != nil {
		return err
	}
	for {
		event, err := m.WaitEvent(ctx, "DEVICE_DELETED")
		if err != nil {
			return fmt.Errorf("vm: unplug %s: %w; does the guest take part in unplugging?", id, err)
		}
		var deleted struct {
			Device string `json:"device"`
		}
		// Parts of a device are deleted under names of their own.
		if json.Unmarshal(event.Data, &deleted) == nil && deleted.Device == id {
			return nil
		}
	}
}

// SendKey presses the keys together, by QEMU's names: "ctrl", "alt", "delete".
func (m *Monitor) SendKey(ctx context.Context, keys ...string) error {
	type key struct {
		Type string `json:"type"`
		Data string `json:"data"`
	}
	pressed := make([]key, len(keys))
	for i, name := range keys {
		pressed[i] = key{Type: "qcode", Data: name}
	}
	return m.Do(ctx, "send-key", map[string]any{"keys": pressed}, nil)
}

// Human gives a line to QEMU's monitor for people and returns what it prints.
// Its errors are printed too, not returned.
func (m *Monitor) Human(ctx context.Context, line string) (string, error) {
	var printed string
	err := m.Do(ctx, "human-monitor-command", map[string]string{"command-line": line}, &printed)
	return printed, err
}

// hostPort finds the host's port of a forwarded guest port in what "info
// usernet" prints:
//
//	Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
//	TCP[HOST_FORWARD]  13       127.0.0.1 36511       10.0.2.15  1883     0     0
//
// There is no command for machines: a port that the kernel chose is known here
// only.
func hostPort(usernet string, guestPort int) (int, error) {
	for line := range strings.Lines(usernet) {
		var fd, host, guest int
		var from, to string
		n, _ := fmt.Sscanf(strings.TrimSpace(line), "TCP[HOST_FORWARD] %d %s %d %s %d", &fd, &from, &host, &to, &guest)
		if n == 5 && guest == guestPort {
			return host, nil
		}
	}
	return 0, fmt.Errorf("vm: no host port leads to the guest's port %d; add a vm.Forward", guestPort)
}
