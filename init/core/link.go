package core

import (
	"mote/fs"
	"mote/hw"
	netcfg "mote/net"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Links, addresses and routes: room net decides, the loop carries its messages.
// What the kernel may work on for long inside a send is sent by a worker, on a
// socket of its own whose answers the loop reads.

// links is what the loop holds for room net.
type links struct {
	_       [0]func() // never compared: the compiler would write how
	net     *netcfg.Net
	ops     []netcfg.Op // empty, with room for what one Decide asks for
	from    hw.Sender
	request [netcfg.MessageSizeMax]byte
	line    [160]byte
	ready   bool
	// found: a link that is wanted was there.
	found bool
	clock netcfg.Clock
	// kept are the leases of the program before this one, by link.
	kept [netcfg.LeasesMax][]byte
}

// openLinks begins to bring the links to what is wanted.
func (l *Loop) openLinks(want []wire.Link) {
	seed := uint64(0)
	for i := range want {
		if want[i].DHCP4 && seed == 0 {
			seed = l.rooms.Net.Random()
		}
	}
	l.links.ops = make([]netcfg.Op, 0, netcfg.OpsMax)
	before := l.links.net
	l.links.net = netcfg.New(want, l.manifest.Node, seed)
	l.links.net.NameLinks(l.manifest.LinkRules)
	if l.links.net.WantsSix() {
		// An address is used while others are asked whether they have it, RFC 4429.
		l.writeFile(rules6Path+"all/optimistic_dad", "1")
	}
	if before != nil {
		l.links.net.Inherit(before, l.now)
	}
	for i, b := range l.links.kept {
		l.links.net.RestoreLease(i, b, l.now)
		l.links.kept[i] = nil
	}
	l.openLinkSockets()
}

// openLinkSockets opens those of the two sockets that are not open. It is
// called again by the slow tick: what could not be opened may be later.
func (l *Loop) openLinkSockets() {
	if l.sources.fd(rankLink, 0) < 0 {
		fd, err := l.links.net.OpenSocket(l.rooms.Net)
		if err != nil {
			l.console.say(l.now, "trouble: ", err.Error())
			return
		}
		l.watchLinks(rankLink, fd)
		l.links.net.Resync()
	}
	if l.sources.fd(rankLinkAck, 0) < 0 {
		fd, errno := l.rooms.Net.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
		if errno != 0 {
			l.console.trouble(l.now, "open the workers' rtnetlink socket", errno)
			return
		}
		l.watchLinks(rankLinkAck, fd)
	}
}

func (l *Loop) watchLinks(r rank, fd int) {
	if errno := l.sources.add(r, 0, int32(fd), unix.EPOLLIN); errno != 0 {
		l.rooms.Net.Close(fd)
		l.console.trouble(l.now, "watch "+rankNames[r], errno)
	}
}

// takeLink reads what the kernel says of links. A socket that failed for good is
// opened again at once, and everything read anew.
func (l *Loop) takeLink(r rank, fd int32) {
	for range drainReadsMax {
		switch l.links.net.Take(l.rooms.Net, int(fd), l.scratch[:], &l.links.from, l.now) {
		case netcfg.OutcomeDrained:
			return
		case netcfg.OutcomeBroken:
			l.sources.remove(r, 0)
			l.openLinkSockets()
			return
		}
	}
}

// takePacket reads what a link's servers and neighbours say.
func (l *Loop) takePacket(slot int, fd int32) {
	for range drainReadsMax {
		switch l.links.net.TakePacket(l.rooms.Net, int(fd), slot, l.scratch[:], l.now) {
		case netcfg.OutcomeDrained:
			return
		case netcfg.OutcomeBroken:
			l.sources.remove(rankPacket, slot)
			return
		case netcfg.OutcomeFailed:
			l.barren = true
			return
		}
	}
}

// actNet asks room net what is to be done, and does it. It reports whether
// anything was.
func (l *Loop) actNet() bool {
	k := &l.links
	if k.net == nil {
		return false
	}
	k.net.LookAtCards(l.rooms.Net, l.scratch[:])
	ops := k.net.Decide(l.now, k.ops)
	for _, o := range ops {
		if l.observe != nil {
			l.observe(l.now, o.AppendText(k.line[:0]))
		}
		switch {
		case o.Slow():
			l.workLink(o)
		case o.Kind == netcfg.OpOpen:
			l.openPacket(o)
		case o.Kind == netcfg.OpClose:
			l.sources.remove(rankPacket, o.PacketSlot())
		case o.Kind == netcfg.OpSend:
			k.net.Send(l.rooms.Net, int(l.sources.fd(rankPacket, o.PacketSlot())), o, k.request[:], l.now)
		default:
			k.net.Act(l.rooms.Net, int(l.sources.fd(rankLink, 0)), o, k.request[:], l.now)
		}
	}
	for f, ok := k.net.NextFailure(); ok; f, ok = k.net.NextFailure() {
		l.console.say(l.now, string(f.AppendText(k.line[:0])))
	}
	if !k.found && k.net.Found() {
		k.found = true
		l.mark(markDevice, -1)
	}
	for line, ok := k.net.AppendNews(k.line[:0], l.now); ok; line, ok = k.net.AppendNews(k.line[:0], l.now) {
		l.console.say(l.now, string(line))
	}
	l.keepHints()
	if ready := k.net.Ready(); ready != k.ready {
		k.ready = ready
		l.networkIs(ready)
	}
	return len(ops) > 0
}

// openPacket opens a socket of a link that waits for answers.
func (l *Loop) openPacket(o netcfg.Op) {
	fd, errno := netcfg.OpenPacket(l.rooms.Net, o)
	if errno == 0 {
		if errno = l.sources.add(rankPacket, o.PacketSlot(), int32(fd), unix.EPOLLIN); errno != 0 {
			l.rooms.Net.Close(fd)
		}
	}
	if errno != 0 {
		l.links.net.Failed(o, errno, l.now)
		return
	}
	l.links.net.Done(o, l.now)
}

// workLink has a worker send one request.
func (l *Loop) workLink(o netcfg.Op) {
	k := &l.links
	if o.Kind == netcfg.OpResolv {
		l.writeResolv(o)
		return
	}
	request := k.net.Encode(k.request[:0], o)
	w, errno := l.work(jobLink, workerNsec, func(p *Program) {
		if o.Kind == netcfg.OpLinkUp && int(o.Want) < netcfg.LeasesMax {
			accept := "0"
			if o.RA {
				accept = "2"
				l.addRule6(p, &o, "/stable_secret", string(k.net.AppendSecret(k.line[:0])))
			}
			l.addRule6(p, &o, "/accept_ra", accept)
		}
		p.add("send to rtnetlink", unix.SYS_WRITE, uintptr(l.sources.fd(rankLinkAck, 0)), p.bytes(request), uintptr(len(request)), 0, 0)
	})
	if errno != 0 {
		k.net.Failed(o, errno, l.now)
		return
	}
	w.link = o
}

// rules6Path is where the kernel keeps its rules of IPv6 for each link.
const rules6Path = sysctlRoot + "net/ipv6/conf/"

// addRule6 has the worker that brings a link up tell the kernel before what to do about
// IPv6 on it: by which secret it makes addresses, and whether it listens to routers,
// also while it forwards for others (2). The kernel does both under its lock of links,
// for which the loop must not wait. A kernel without IPv6 has no such rules, and the link
// comes up without.
func (l *Loop) addRule6(p *Program, o *netcfg.Op, rule, value string) {
	dir, path := l.sys.At(rules6Path + o.Name.String() + rule)
	p.add("rule of IPv6", KeepResult|MayFail|unix.SYS_OPENAT, uintptr(dir), p.str(path), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
	p.add("rule of IPv6", UseResult|MayFail|unix.SYS_WRITE, 0, p.str(value), uintptr(len(value)), 0, 0)
}

// giveSecret lets links that listen to routers come up, once it is known whether an
// earlier boot has kept a secret.
//
//go:noinline
func (l *Loop) giveSecret() {
	n, a := l.links.net, &l.area
	if n == nil || a.holdUntil != 0 || !n.WantsSecret() {
		return
	}
	var kept []byte
	if a.phase == areaOpen { // a room that began anew
		kept = a.values.Get(fs.StateLeases)
		n.TakeHints(kept, l.now)
	}
	if n.WantsSecret() {
		if n.MakeSecret(l.rooms.Net); a.phase == areaOpen {
			n.TakeHints(kept, l.now) // which lack it, so that it is kept
		}
	}
}

// networkIs: the stage network was reached or lost.
func (l *Loop) networkIs(ready bool) {
	if !ready {
		l.push(evNetwork, -1, 0, 0)
		l.console.say(l.now, "network lost: ", l.links.net.WaitingFor(l.now))
		return
	}
	l.push(evNetwork, -1, 0, 1)
	l.mark(markNetwork, -1)
	l.startClock()
	l.console.say(l.now, string(l.appendAddresses(append(l.links.line[:0], "network: "...))))
}

// appendAddresses tells how the node is reached: "eth0 10.0.2.15/24".
func (l *Loop) appendAddresses(b []byte) []byte {
	if l.links.net == nil || !l.links.ready {
		return append(b, "no network yet"...)
	}
	return l.links.net.AppendAddresses(b)
}
