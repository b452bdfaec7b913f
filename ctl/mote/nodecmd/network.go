package nodecmd

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"mote/ctl/client"
	"mote/wire"
)

// Links, addresses and routes: one question to the node, three tables of it.

// network asks, and sorts what comes by what people look for.
func network(ctx context.Context, c *client.Client) (n wire.Network, err error) {
	if err := body(ctx, c, wire.VerbNetwork, func(b []byte) error { return wire.DecodeNetwork(b, &n) }); err != nil {
		return n, err
	}
	slices.SortFunc(n.Links, func(a, b wire.NetLink) int { return cmp.Compare(a.Index, b.Index) })
	slices.SortStableFunc(n.Addresses, func(a, b wire.NetAddress) int {
		return cmp.Or(cmp.Compare(a.Link, b.Link), cmp.Compare(len(a.Address), len(b.Address)), slices.Compare(a.Address, b.Address))
	})
	slices.SortStableFunc(n.Routes, func(a, b wire.NetRoute) int {
		return cmp.Or(cmp.Compare(a.DestBits, b.DestBits), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Link, b.Link))
	})
	return n, nil
}

// linkName is a link's, by its index.
func linkName(n *wire.Network, index uint32) string {
	for i := range n.Links {
		if n.Links[i].Index == index {
			return n.Links[i].Name
		}
	}
	return strconv.FormatUint(uint64(index), 10)
}

// ip writes 4 or 16 bytes, and "" for none.
func ip(b []byte) string {
	if a, ok := netip.AddrFromSlice(b); ok {
		return a.String()
	}
	return ""
}

type linkFields struct {
	Node      string   `json:"node" yaml:"node"`
	Name      string   `json:"name" yaml:"name"`
	Index     uint32   `json:"index" yaml:"index"`
	Up        bool     `json:"up" yaml:"up"`
	Running   bool     `json:"running" yaml:"running"`
	MAC       string   `json:"mac,omitempty" yaml:"mac,omitempty"`
	MTU       uint32   `json:"mtu_bytes" yaml:"mtu_bytes"`
	Addresses []string `json:"addresses" yaml:"addresses"`
}

func askLinks(ctx context.Context, node string, c *client.Client) ([]item, error) {
	n, err := network(ctx, c)
	if err != nil {
		return nil, err
	}
	var items []item
	for i := range n.Links {
		l := &n.Links[i]
		f := linkFields{Node: node, Name: l.Name, Index: l.Index, Up: l.Up, Running: l.Running, MAC: net.HardwareAddr(l.MAC).String(),
			MTU: l.MTUBytes, Addresses: []string{}}
		for k := range n.Addresses {
			if a := &n.Addresses[k]; a.Link == l.Index {
				f.Addresses = append(f.Addresses, fmt.Sprintf("%s/%d", ip(a.Address), a.PrefixBits))
			}
		}
		state := "down"
		switch {
		case l.Up && l.Running:
			state = "up"
		case l.Up:
			state = "no carrier"
		}
		items = append(items, item{node, l.Name, []string{l.Name, state, strings.Join(f.Addresses, ", "), f.MAC, strconv.FormatUint(uint64(l.MTUBytes), 10)}, f})
	}
	return items, nil
}

type addressFields struct {
	Node    string `json:"node" yaml:"node"`
	Name    string `json:"name" yaml:"name"`
	Link    string `json:"link" yaml:"link"`
	EndNsec uint64 `json:"ends_boottime_ns,omitempty" yaml:"ends_boottime_ns,omitempty"`
}

func askAddresses(ctx context.Context, node string, c *client.Client) ([]item, error) {
	n, err := network(ctx, c)
	if err != nil {
		return nil, err
	}
	var items []item
	for i := range n.Addresses {
		a := &n.Addresses[i]
		name, end := fmt.Sprintf("%s/%d", ip(a.Address), a.PrefixBits), "never"
		if a.EndNsec != 0 {
			end = "in " + age(a.EndNsec-min(n.NowNsec, a.EndNsec))
		}
		link := linkName(&n, a.Link)
		items = append(items, item{node, name, []string{name, link, end}, addressFields{node, name, link, a.EndNsec}})
	}
	return items, nil
}

type routeFields struct {
	Node    string `json:"node" yaml:"node"`
	Name    string `json:"name" yaml:"name"`
	Gateway string `json:"gateway,omitempty" yaml:"gateway,omitempty"`
	Link    string `json:"link,omitempty" yaml:"link,omitempty"`
	Metric  uint32 `json:"metric" yaml:"metric"`
}

func askRoutes(ctx context.Context, node string, c *client.Client) ([]item, error) {
	n, err := network(ctx, c)
	if err != nil {
		return nil, err
	}
	var items []item
	for i := range n.Routes {
		r := &n.Routes[i]
		f := routeFields{Node: node, Name: "default", Gateway: ip(r.Gateway), Metric: r.Metric}
		if r.DestBits != 0 {
			f.Name = fmt.Sprintf("%s/%d", ip(r.Dest), r.DestBits)
		}
		if r.Link != 0 {
			f.Link = linkName(&n, r.Link)
		}
		items = append(items, item{node, f.Name, []string{f.Name, f.Gateway, f.Link, strconv.FormatUint(uint64(r.Metric), 10)}, f})
	}
	return items, nil
}

type manifestFields struct {
	Generation uint64 `json:"generation" yaml:"generation"`
	Signer     string `json:"signer,omitempty" yaml:"signer,omitempty"`
	Previous   uint64 `json:"previous,omitempty" yaml:"previous,omitempty"`
	Staged     uint64 `json:"staged,omitempty" yaml:"staged,omitempty"`
	Tried      uint64 `json:"tried,omitempty" yaml:"tried,omitempty"`
	UntilNsec  uint64 `json:"tried_until_boottime_ns,omitempty" yaml:"tried_until_boottime_ns,omitempty"`
	Newest     uint64 `json:"newest,omitempty" yaml:"newest,omitempty"`
	Alarm      string `json:"alarm,omitempty" yaml:"alarm,omitempty"`
}

// generationWords tell which manifest is in force: "image", "7", "8, tried for 3m0s".
func generationWords(s *wire.Status) string {
	m := &s.Manifest
	words := "image"
	if m.Generation != 0 {
		words = strconv.FormatUint(m.Generation, 10)
	}
	if m.Tried != 0 {
		words += ", tried for " + age(m.UntilNsec-min(s.NowNsec, m.UntilNsec))
	}
	if m.Staged != 0 {
		words += ", " + strconv.FormatUint(m.Staged, 10) + " at the next boot"
	}
	if m.Alarm != "" {
		words += ", " + m.Alarm
	}
	return words
}
