// Package job has the network's blocking jobs, which run in processes of their
// own. It is the node's only user of netlink libraries.
package job

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"mote/wire/inventory"
)

// classFolder has a folder for each link of the network namespace.
const classFolder = "/sys/class/net"

// ifinfomsg and ifaddrmsg are rtnetlink's headers before the attributes
// (include/uapi/linux/rtnetlink.h).
const (
	linkHeaderBytes    = 16
	addressHeaderBytes = 8
)

// Links tells each link that has a device, by rtnetlink, ethtool's netlink family
// and sysfs. bootNsec tells CLOCK_BOOTTIME. A driver that knows no speed, queues or
// features leaves those empty.
func Links(bootNsec func() int64) ([]inventory.Link, error) {
	routes, err := netlink.Dial(unix.NETLINK_ROUTE, nil)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	defer routes.Close()
	links, err := readLinks(routes)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	if err := addAddresses(routes, links); err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	ethtool, err := openEthtool()
	if err != nil {
		return links, err
	}
	defer ethtool.conn.Close()
	for i := range links {
		l := &links[i]
		l.Seen = inventory.Seen{Source: "rtnetlink, ethtool and " + filepath.Join(classFolder, l.Name), BootNsec: bootNsec()}
		if err := ethtool.fill(l); err != nil {
			return links, err
		}
	}
	return links, nil
}

// readLinks dumps the links, and takes those with a device.
func readLinks(c *netlink.Conn) ([]inventory.Link, error) {
	list := []inventory.Link{}
	answers, err := c.Execute(netlink.Message{Header: netlink.Header{Type: unix.RTM_GETLINK, Flags: netlink.Request | netlink.Dump},
		Data: make([]byte, linkHeaderBytes)})
	if err != nil {
		return nil, err
	}
	for _, m := range answers {
		l, err := decodeLink(m.Data)
		if err != nil {
			return nil, err
		}
		at := filepath.Join(classFolder, l.Name)
		if _, err := os.Stat(filepath.Join(at, "device")); err != nil {
			continue
		}
		l.Driver, l.Device = lastOfLink(filepath.Join(at, "device", "driver")), lastOfLink(filepath.Join(at, "device"))
		l.Statistics = statistics(filepath.Join(at, "statistics"))
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b inventory.Link) int { return a.Index - b.Index })
	return list, nil
}

// decodeLink reads an RTM_NEWLINK.
func decodeLink(b []byte) (inventory.Link, error) {
	l := inventory.Link{Offloads: []string{}, Addresses: []string{}}
	if len(b) < linkHeaderBytes {
		return l, errors.New("a link's message is cut")
	}
	// The machine's own byte order, which every machine of ours has little.
	l.Index = int(uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24)
	flags := uint32(b[8]) | uint32(b[9])<<8 | uint32(b[10])<<16
	l.Up = flags&unix.IFF_UP != 0
	d, err := netlink.NewAttributeDecoder(b[linkHeaderBytes:])
	if err != nil {
		return l, err
	}
	for d.Next() {
		switch d.Type() {
		case unix.IFLA_IFNAME:
			l.Name = d.String()
		case unix.IFLA_MTU:
			l.MTU = int(d.Uint32())
		case unix.IFLA_CARRIER:
			l.Carrier = d.Uint8() != 0
		case unix.IFLA_ADDRESS:
			l.MAC = net.HardwareAddr(d.Bytes()).String()
		case unix.IFLA_PERM_ADDRESS:
			l.PermanentMAC = net.HardwareAddr(d.Bytes()).String()
		}
	}
	return l, d.Err()
}

// addAddresses dumps the addresses and gives them to their links.
func addAddresses(c *netlink.Conn, links []inventory.Link) error {
	answers, err := c.Execute(netlink.Message{Header: netlink.Header{Type: unix.RTM_GETADDR, Flags: netlink.Request | netlink.Dump},
		Data: make([]byte, addressHeaderBytes)})
	if err != nil {
		return err
	}
	for _, m := range answers {
		index, address, err := decodeAddress(m.Data)
		if err != nil {
			return err
		}
		for i := range links {
			if links[i].Index == index {
				links[i].Addresses = append(links[i].Addresses, address)
			}
		}
	}
	return nil
}

// decodeAddress reads an RTM_NEWADDR: the link's index, and "192.0.2.1/24".
func decodeAddress(b []byte) (index int, address string, err error) {
	if len(b) < addressHeaderBytes {
		return 0, "", errors.New("an address's message is cut")
	}
	index = int(uint32(b[4]) | uint32(b[5])<<8 | uint32(b[6])<<16 | uint32(b[7])<<24)
	d, err := netlink.NewAttributeDecoder(b[addressHeaderBytes:])
	if err != nil {
		return 0, "", err
	}
	var own, local net.IP
	for d.Next() {
		switch d.Type() {
		case unix.IFA_ADDRESS:
			own = d.Bytes()
		case unix.IFA_LOCAL:
			local = d.Bytes()
		}
	}
	// On a point-to-point link IFA_ADDRESS is the other end's.
	if local != nil {
		own = local
	}
	return index, own.String() + "/" + strconv.Itoa(int(b[1])), d.Err()
}

// lastOfLink is the last part of where a symbolic link points to.
func lastOfLink(path string) string {
	to, err := os.Readlink(path)
	if err != nil {
		return ""
	}
	return filepath.Base(to)
}

// statistics reads the kernel's counters, a file each.
func statistics(folder string) map[string]uint64 {
	counters := map[string]uint64{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return counters
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			continue
		}
		if n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64); err == nil {
			counters[e.Name()] = n
		}
	}
	return counters
}

// ethtool is the kernel's generic netlink family of that name
// (Documentation/networking/ethtool-netlink.rst).
type ethtool struct {
	conn   *genetlink.Conn
	family genetlink.Family
}

func openEthtool() (ethtool, error) {
	conn, err := genetlink.Dial(nil)
	if err != nil {
		return ethtool{}, fmt.Errorf("ethtool: %w", err)
	}
	family, err := conn.GetFamily("ethtool")
	if err != nil {
		return ethtool{}, errors.Join(fmt.Errorf("ethtool: %w; the kernel needs CONFIG_ETHTOOL_NETLINK", err), conn.Close())
	}
	return ethtool{conn, family}, nil
}
