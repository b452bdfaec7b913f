//go:build qemu

package main_test

import (
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/init/core"
)

// TestQEMUSettings reads every hardened setting from inside the machine, as a
// service sees it, and those of the link that was there before PID 1.
func TestQEMUSettings(t *testing.T) {
	g := boot(t, vm.Config{}, nil)
	want := append([]core.Sysctl{{Name: "net/ipv4/conf/eth0/accept_redirects", Value: "0"},
		{Name: "net/ipv4/conf/eth0/send_redirects", Value: "0"},
		{Name: "net/ipv4/conf/eth0/rp_filter", Value: "1"}}, core.Sysctls[:]...)
	for _, s := range want {
		if got := strings.TrimSpace(g.ask("cat /proc/sys/%s", s.Name)); got != s.Value {
			t.Errorf("%s is %q, want %s", s.Name, got, s.Value)
		}
	}
}
