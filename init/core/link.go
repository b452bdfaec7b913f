package core

import (
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
	net     *netcfg.Net
	want    []wire.Link
	ops     [netcfg.OpsMax]netcfg.Op
	from    hw.Sender
	request [netcfg.MessageSizeMax]byte
	line    [160]byte
	ready   bool
	// found: a link that is wanted was there.
	found bool
}

// openLinks begins to bring the links to what is wanted.
func (l *Loop) openLinks(want []wire.Link) {
	l.links.net, l.links.want = netcfg.New(want), want
	l.openLinkSockets()
}

// openLinkSockets opens those of the two sockets that are not open. It is
// called again by the slow tick: what could not be opened may be later.
func (l *Loop) openLinkSockets() {
	if l.sources.fd(rankLink, 0) < 0 {
		fd, err := netcfg.OpenSocket(l.rooms.Net)
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

// actNet asks room net what is to be done, and does it. It reports whether
// anything was.
func (l *Loop) actNet() bool {
	k := &l.links
	if k.net == nil {
		return false
	}
	ops := k.net.Decide(l.now, k.ops[:0])
	for _, o := range ops {
		if l.observe != nil {
			l.observe(l.now, o.AppendText(k.line[:0]))
		}
		if o.Slow() {
			l.workLink(o)
		} else {
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
	if ready := k.net.Ready(); ready != k.ready {
		k.ready = ready
		l.networkIs(ready)
	}
	return len(ops) > 0
}

// workLink has a worker send one request.
func (l *Loop) workLink(o netcfg.Op) {
	k := &l.links
	request := k.net.Encode(k.request[:0], o)
	w, errno := l.work(jobLink, workerNsec, func(p *Program) {
		p.add("send to rtnetlink", unix.SYS_WRITE, uintptr(l.sources.fd(rankLinkAck, 0)),
			p.bytes(request), uintptr(len(request)))
	})
	if errno != 0 {
		k.net.Failed(o, errno, l.now)
		return
	}
	w.link = o
}

// networkIs: the stage network was reached or lost.
func (l *Loop) networkIs(ready bool) {
	if !ready {
		l.push(evNetwork, -1, 0, 0)
		l.console.say(l.now, "network lost: ", l.links.net.WaitingFor())
		return
	}
	l.push(evNetwork, -1, 0, 1)
	l.mark(markNetwork, -1)
	l.console.say(l.now, string(l.appendAddresses(append(l.links.line[:0], "network: "...))))
}

// appendAddresses tells how the node is reached: "eth0 10.0.2.15/24".
func (l *Loop) appendAddresses(b []byte) []byte {
	switch {
	case l.links.net == nil || !l.links.ready:
		return append(b, "no network yet"...)
	case len(l.links.want) == 0:
		return append(b, "loopback only"...)
	}
	for i := range l.links.want {
		w := &l.links.want[i]
		if i > 0 {
			b = append(b, ' ')
		}
		name := w.Name
		if name == "" {
			name = "first link"
		}
		b = append(append(b, name...), ' ')
		b = append(wire.AppendIPv4(b, w.Address), '/')
		b = wire.AppendUint(b, uint64(w.PrefixBits))
	}
	return b
}
