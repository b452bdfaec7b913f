//go:build qemu

package main_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/wire"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"golang.org/x/sys/unix"
)

// TestQEMUDemo runs the demo's real services with real clients on the host: a
// message goes through the broker, the broker is killed, PID 1 starts it again,
// and a message goes through once more.
func TestQEMUDemo(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	demo, err := image.FindProfile(root, "demo")
	if err != nil {
		t.Fatal(err)
	}
	c := vm.Config{MemoryBytes: 192 << 20, NICs: []vm.NIC{{Forwards: []vm.Forward{{GuestPort: 1883}, {GuestPort: 9100}}}}}
	g := launchManifest(t, c, demo.Manifest, demo.Programs, demo.Files)
	vmtest.WaitLine(t, g.VM, "] ready")
	port, err := g.Port(t.Context(), 1883)
	if err != nil {
		t.Fatal(err)
	}
	roundTrip(t, port, "before the kill")
	was := g.service("mqtt")
	g.ask("kill %d %d", was.PID, unix.SIGKILL)
	g.until("mqtt", "restarted", func(s wire.ServiceStatus) bool { return s.Restarts == 1 && s.State == "up" })
	roundTrip(t, port, "after the kill")
	g.says("mqtt: killed by SIGKILL; restart 1 now")

	g.until("metrics", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	port, err = g.Port(t.Context(), 9100)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || !strings.Contains(string(text), "node_memory_MemAvailable_bytes") {
		t.Errorf("node_exporter's page (%v):\n%.400s", err, text)
	}
	if s := g.service("bgp"); s.State != "up" {
		t.Errorf("gobgpd, which speaks sd_notify, is %+v", s)
	}
}

// roundTrip connects to the broker, subscribes, publishes, and waits for the
// message to come back.
func roundTrip(t *testing.T, port int, text string) {
	t.Helper()
	options := mqtt.NewClientOptions().AddBroker(fmt.Sprintf("tcp://127.0.0.1:%d", port)).
		SetClientID("host").SetConnectTimeout(vmtest.Limit).SetAutoReconnect(false)
	client := mqtt.NewClient(options)
	done := func(what string, token mqtt.Token) {
		t.Helper()
		if !token.WaitTimeout(vmtest.Limit) || token.Error() != nil {
			t.Fatalf("MQTT %s: %v", what, token.Error())
		}
	}
	done("connect", client.Connect())
	defer client.Disconnect(0)
	got := make(chan string, 1)
	done("subscribe", client.Subscribe("mote/test", 1, func(_ mqtt.Client, m mqtt.Message) { got <- string(m.Payload()) }))
	done("publish", client.Publish("mote/test", 1, false, text))
	select {
	case back := <-got:
		if back != text {
			t.Errorf("published %q, got %q", text, back)
		}
	case <-t.Context().Done():
		t.Fatal("the message never came back")
	}
}
