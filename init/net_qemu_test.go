//go:build qemu

package main_test

import (
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/wire"
)

// TestQEMULease: a node whose manifest asks for a lease is ready with an address
// of QEMU's own DHCP server.
func TestQEMULease(t *testing.T) {
	g := launchManifest(t, vm.Config{}, wire.Manifest{Node: "tested", Links: []wire.Link{{DHCP4: true}}}, nil, nil)
	vmtest.WaitLine(t, g.VM, "] ready")
	g.says("dhcp: eth0: leased 10.0.2.15/24 from 10.0.2.2 for 86400 s")
	// The columns of /proc/net/route, whose words are little-endian. QEMU's server
	// names no router where nothing may leave its network.
	routes := strings.Join(strings.Fields(g.ask("cat /proc/net/route")), " ")
	if want := "eth0 0002000A 00000000 0001 0 0 0 00FFFFFF"; !strings.Contains(routes, want) {
		t.Errorf("no route to the leased network: %s", routes)
	}
}
