package nodecmd

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"mote/ctl/client"
	"mote/wire"
)

// What can be shown. Programs get every figure as it came, with its unit in its name;
// people get a choice of them as words.

// resource is one kind of thing.
type resource struct {
	name, what string
	columns    []column
	// ask gives a node's items.
	ask func(ctx context.Context, node string, c *client.Client) ([]item, error)
}

// column is one of a table; wide ones are shown when asked for.
type column struct {
	title string
	wide  bool
}

// item is one thing: its name, its cells by the resource's columns, and what programs
// get of it.
type item struct {
	node, name string
	cells      []string
	fields     any
}

// resources are all there is to ask for, as they are listed.
var resources = []resource{
	{"nodes", "the node itself: what it runs, since when, and how many of its services are up",
		[]column{{"NODE", false}, {"STATE", false}, {"VERSION", false}, {"UP", false}, {"SERVICES", false}, {"GENERATION", false}, {"BOOTS", true}, {"LAST END", true}, {"STATE AREA", true}}, askNode},
	{"services", "programs that are supervised, with what they wait for",
		[]column{{"NAME", false}, {"STATE", false}, {"SINCE", false}, {"RESTARTS", false}, {"WAITING FOR", false}, {"PID", true}, {"LAST END", true}}, askServices},
	{"links", "network links, with their addresses",
		[]column{{"NAME", false}, {"STATE", false}, {"ADDRESSES", false}, {"MAC", true}, {"MTU", true}}, askLinks},
	{"addresses", "addresses of links, and when those that are lent end",
		[]column{{"ADDRESS", false}, {"LINK", false}, {"ENDS", false}}, askAddresses},
	{"routes", "default routes, and those of leases",
		[]column{{"TO", false}, {"VIA", false}, {"LINK", false}, {"METRIC", true}}, askRoutes},
	{"marks", "named instants of the boot",
		[]column{{"NAME", false}, {"AT", false}, {"AFTER", false}}, askMarks},
	{"sources", "what wakes PID 1, how often, and how long it took at most",
		[]column{{"NAME", false}, {"EVENTS", false}, {"DROPPED", false}, {"LONGEST", false}}, askSources},
	{"certificates", "the node's own, by which it answered",
		[]column{{"NAME", false}, {"FOR", false}, {"ENDS", false}, {"SERIAL", true}}, askCertificates},
}

// body asks a verb whose answer is one frame.
func body(ctx context.Context, c *client.Client, verb wire.Verb, decode func([]byte) error) error {
	bodies, err := c.Ask(ctx, wire.Request{Verb: verb})
	if err != nil {
		return err
	}
	return decode(bodies[0])
}

func status(ctx context.Context, c *client.Client) (s wire.Status, err error) {
	return s, body(ctx, c, wire.VerbStatus, func(b []byte) error { return wire.DecodeStatus(b, &s) })
}

type nodeFields struct {
	Node     string      `json:"node" yaml:"node"`
	State    string      `json:"state" yaml:"state"`
	Version  string      `json:"version" yaml:"version"`
	UpNsec   uint64      `json:"up_ns" yaml:"up_ns"`
	Services int         `json:"services" yaml:"services"`
	Ready    int         `json:"services_ready" yaml:"services_ready"`
	Area     *areaFields `json:"state_area,omitempty" yaml:"state_area,omitempty"`
	// Manifest is what is in force.
	Manifest manifestFields `json:"manifest" yaml:"manifest"`
	Time     *timeFields    `json:"time,omitempty" yaml:"time,omitempty"`
}

type timeFields struct {
	Server     string `json:"server,omitempty" yaml:"server,omitempty"`
	Servers    uint32 `json:"servers" yaml:"servers"`
	Agreeing   uint32 `json:"servers_agreeing" yaml:"servers_agreeing"`
	SinceNsec  uint64 `json:"set_boottime_ns,omitempty" yaml:"set_boottime_ns,omitempty"`
	OffsetNsec int64  `json:"offset_ns" yaml:"offset_ns"` // above zero: the clock was behind
	ErrorNsec  uint64 `json:"error_ns" yaml:"error_ns"`
}

func timeOf(t *wire.TimeStatus) *timeFields {
	if t.Servers == 0 {
		return nil
	}
	f := &timeFields{Servers: t.Servers, Agreeing: t.Agreeing, SinceNsec: t.SinceNsec, OffsetNsec: int64(t.OffsetNsec), ErrorNsec: t.ErrorNsec}
	if t.Ahead {
		f.OffsetNsec = -f.OffsetNsec
	}
	if t.Server != [16]byte{} {
		f.Server = netip.AddrFrom16(t.Server).Unmap().String()
	}
	return f
}

type areaFields struct {
	Device    string `json:"device" yaml:"device"`
	State     string `json:"state" yaml:"state"`
	Alarm     string `json:"alarm,omitempty" yaml:"alarm,omitempty"`
	Boots     uint64 `json:"boots" yaml:"boots"`
	LastEnded string `json:"last_ended,omitempty" yaml:"last_ended,omitempty"`
	Crashes   uint64 `json:"crashes" yaml:"crashes"`
	Written   uint64 `json:"written_bytes" yaml:"written_bytes"`
	Failures  uint64 `json:"failures" yaml:"failures"`
}

func askNode(ctx context.Context, node string, c *client.Client) ([]item, error) {
	s, err := status(ctx, c)
	if err != nil {
		return nil, err
	}
	m := &s.Manifest
	f := nodeFields{Manifest: manifestFields{m.Generation, m.Signer, m.Previous, m.Staged, m.Tried, m.UntilNsec, m.Newest, m.Alarm},
		Node: node, State: s.State, Version: s.Version, UpNsec: s.NowNsec, Services: len(s.Services), Time: timeOf(&s.Time)}
	for i := range s.Services {
		v := &s.Services[i]
		if v.State == "up" || v.State == "done" || v.WaitingFor == wire.WaitingForConnection {
			f.Ready++
		}
	}
	boots, area := "", "none"
	if a := s.Area; a.State != "" {
		f.Area = &areaFields{a.Device, a.State, a.Alarm, a.Boots, a.LastEnded, a.Crashes, a.WrittenBytes, a.Failures}
		if boots, area = strconv.FormatUint(a.Boots, 10), a.State; a.Alarm != "" {
			area += ", " + a.Alarm
		}
	}
	return []item{{node, node, []string{node, s.State, s.Version, age(s.NowNsec), fmt.Sprintf("%d/%d", f.Ready, f.Services),
		generationWords(&s), boots, s.Area.LastEnded, area}, f}}, nil
}

type serviceFields struct {
	Node       string `json:"node" yaml:"node"`
	Name       string `json:"name" yaml:"name"`
	State      string `json:"state" yaml:"state"`
	PID        uint32 `json:"pid,omitempty" yaml:"pid,omitempty"`
	Restarts   uint32 `json:"restarts" yaml:"restarts"`
	SinceNsec  uint64 `json:"since_boottime_ns" yaml:"since_boottime_ns"`
	ReadyNsec  uint64 `json:"ready_boottime_ns,omitempty" yaml:"ready_boottime_ns,omitempty"`
	WaitingFor string `json:"waiting_for,omitempty" yaml:"waiting_for,omitempty"`
	LastEnd    string `json:"last_end,omitempty" yaml:"last_end,omitempty"`
}

func askServices(ctx context.Context, node string, c *client.Client) ([]item, error) {
	s, err := status(ctx, c)
	if err != nil {
		return nil, err
	}
	var items []item
	for i := range s.Services {
		v := &s.Services[i]
		pid := ""
		if v.PID != 0 {
			pid = strconv.FormatUint(uint64(v.PID), 10)
		}
		end := endWords(v.LastEnd)
		items = append(items, item{node, v.Name, []string{v.Name, v.State, age(s.NowNsec - min(v.SinceNsec, s.NowNsec)),
			strconv.FormatUint(uint64(v.Restarts), 10), v.WaitingFor, pid, end},
			serviceFields{node, v.Name, v.State, v.PID, v.Restarts, v.SinceNsec, v.ReadyNsec, v.WaitingFor, end}})
	}
	return items, nil
}

// endWords tells how a program ended: "exited 3", "killed by SIGKILL".
func endWords(e wire.End) string {
	switch {
	case e.Reason == "exited":
		return "exited " + strconv.Itoa(int(e.Code))
	case e.Reason == "killed":
		return "killed by " + wire.SignalName(e.Signal)
	}
	return e.Reason
}

type markFields struct {
	Node  string `json:"node" yaml:"node"`
	Name  string `json:"name" yaml:"name"`
	AtNs  uint64 `json:"at_boottime_ns" yaml:"at_boottime_ns"`
	After uint64 `json:"after_ns" yaml:"after_ns"`
}

func askMarks(ctx context.Context, node string, c *client.Client) ([]item, error) {
	var t wire.Timeline
	if err := body(ctx, c, wire.VerbTimeline, func(b []byte) error { return wire.DecodeTimeline(b, &t) }); err != nil {
		return nil, err
	}
	var items []item
	before := uint64(0)
	for i, m := range t.Marks {
		after := uint64(0)
		if i > 0 {
			after = m.TimeNsec - min(before, m.TimeNsec)
		}
		before = m.TimeNsec
		items = append(items, item{node, m.Name, []string{m.Name, msec(m.TimeNsec), "+" + msec(after)}, markFields{node, m.Name, m.TimeNsec, after}})
	}
	return items, nil
}

type sourceFields struct {
	Node    string `json:"node" yaml:"node"`
	Name    string `json:"name" yaml:"name"`
	Events  uint64 `json:"events" yaml:"events"`
	Dropped uint64 `json:"dropped" yaml:"dropped"`
	Longest uint64 `json:"longest_ns" yaml:"longest_ns"`
}

func askSources(ctx context.Context, node string, c *client.Client) ([]item, error) {
	var l wire.LoopStatus
	if err := body(ctx, c, wire.VerbLoop, func(b []byte) error { return wire.DecodeLoop(b, &l) }); err != nil {
		return nil, err
	}
	var items []item
	for i := range l.Sources {
		s := &l.Sources[i]
		items = append(items, item{node, s.Name, []string{s.Name, strconv.FormatUint(s.Events, 10), strconv.FormatUint(s.Dropped, 10), msec(s.LongestNsec)},
			sourceFields{node, s.Name, s.Events, s.Dropped, s.LongestNsec}})
	}
	return items, nil
}

type certificateFields struct {
	Node   string    `json:"node" yaml:"node"`
	Name   string    `json:"name" yaml:"name"`
	For    string    `json:"for" yaml:"for"`
	Ends   time.Time `json:"ends" yaml:"ends"`
	Serial string    `json:"serial" yaml:"serial"`
}

func askCertificates(_ context.Context, node string, c *client.Client) ([]item, error) {
	names := []string{"leaf", "endorsement", "root"}
	var items []item
	for i, shown := range c.Certificates()[:min(len(c.Certificates()), len(names))] {
		who := ""
		if len(shown.URIs) == 1 {
			who = shown.URIs[0].Opaque
		}
		serial := fmt.Sprintf("%x", shown.SerialNumber)
		items = append(items, item{node, names[i], []string{names[i], who, shown.NotAfter.UTC().Format(time.DateTime), serial},
			certificateFields{node, names[i], who, shown.NotAfter.UTC(), serial}})
	}
	return items, nil
}

// age is a time in two units at most: "3m12s", "2d4h".
func age(nsec uint64) string {
	d := time.Duration(nsec)
	day := 24 * time.Hour
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	case d < day:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}

// msec is a time in ms, to the µs.
func msec(nsec uint64) string { return fmt.Sprintf("%d.%03d ms", nsec/1e6, nsec/1000%1000) }
