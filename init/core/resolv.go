package core

import (
	"mote/fs"
	netcfg "mote/net"

	"golang.org/x/sys/unix"
)

// What a lease brings for others than the kernel: name servers for programs, the
// node's name where the manifest has none, and the address to ask for after the
// next boot.

const (
	// resolvPath is where the root's /etc/resolv.conf leads.
	resolvPath    = "/run/resolv.conf"
	resolvNewPath = "/run/resolv.conf.new"
)

// writeResolv has a worker write the file and put it in the place of the old one,
// so that nobody reads half of it.
func (l *Loop) writeResolv(o netcfg.Op) {
	text := l.links.net.AppendResolv(l.scratch[:0])
	w, errno := l.work(jobLink, workerNsec, func(p *Program) {
		path := p.str(resolvNewPath)
		p.add("umask", unix.SYS_UMASK, 0o022, 0, 0, 0, 0)
		p.add("open", KeepResult|unix.SYS_OPENAT, 0, path, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC, 0o644, 0)
		p.add("write", UseResult|WholeResult|unix.SYS_WRITE, 0, p.bytes(text), uintptr(len(text)), 0, 0)
		p.add("rename", unix.SYS_RENAMEAT2, 0, path, 0, p.str(resolvPath), 0)
	})
	if errno != 0 {
		l.links.net.Failed(o, errno, l.now)
		return
	}
	w.link = o
}

// keepHints keeps what another boot shall ask for, and takes the name.
func (l *Loop) keepHints() {
	n := l.links.net
	record, changed := n.NextHints(l.scratch[:0])
	if !changed {
		return
	}
	l.areaPut(fs.StateLeases, record, false)
	l.startClock()
	if l.manifest.Node == "" {
		l.setHostName(string(n.HostName()))
	}
}
