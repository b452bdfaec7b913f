// Package address gives the node its static address, for inits that leave that
// to their users' programs.
package address

import (
	"net"

	"github.com/vishvananda/netlink"
)

// Set brings eth0 up, with the address and the default route that every init of
// the comparison gives it.
func Set() error {
	eth0, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(eth0); err != nil {
		return err
	}
	address, err := netlink.ParseAddr("10.0.2.15/24")
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(eth0, address); err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{LinkIndex: eth0.Attrs().Index, Gw: net.IPv4(10, 0, 2, 2)})
}
