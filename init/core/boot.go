package core

import (
	"mote/fs"
	"mote/hw"
	netcfg "mote/net"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Rooms are the system calls of the other rooms, each as narrow as the room
// itself lists them.
type Rooms struct {
	HW  hw.Sys
	Net netcfg.Sys
}

// New makes a loop over sys and the rooms. It makes no system call yet.
func New(sys Sys, rooms Rooms) *Loop {
	l := &Loop{sys: sys, rooms: rooms, manifest: &wire.Manifest{}, workersFD: -1}
	l.force.image = &held{manifest: l.manifest}
	l.force.held = l.force.image
	l.force.fetch.memfd, l.apply.memfd = -1, -1
	l.around.nullFD, l.around.viewFD = -1, -1
	l.console.fd, l.watchdog.fd, l.area.memfd = -1, -1, -1
	l.machine.table = &Transitions
	return l
}

// Boot does what must stand before the loop can turn, in this order. Each step
// says its trouble and goes on: a node without cgroups still tells so on its
// console, which is better than a panic.
func (l *Loop) Boot() {
	l.now = l.sys.Now()
	failures := fs.MountEssential(l.sys)
	held := l.sys.Hold()
	l.openFirst()
	l.console.say(l.now, "Mote ", Version)
	if held != 0 {
		l.console.trouble(l.now, "hold the kernel's directories", held)
	}
	for _, f := range failures {
		l.console.trouble(l.now, "mount "+f.Target, f.Errno)
	}
	l.mark(markMounts, -1)
	l.openSources()
	l.openWatchdog()
	l.harden()
	l.loadManifest()
	for i := range l.problems {
		l.console.say(l.now, l.problems[i].Error())
	}
	l.raiseClock(releaseSec)
	words := l.readWords()
	l.startNet(words)
	if what, errno := l.openCgroups(); errno != 0 {
		l.console.trouble(l.now, what, errno)
	}
	l.readCounter(words)
	l.startArea(words)
	l.holdServices()
	l.giveSecret()
	l.resolve()
	l.openControl()
	l.openKnocks()
	l.mark(markLoop, -1)
	l.now = l.sys.Now()
	l.tickAt = l.now + tickNsec
	l.crash.turning = true
	l.machine.boot(l.now)
	l.decide()
	l.flush()
	l.arm()
}

// openFirst opens the two devices that everything else uses.
func (l *Loop) openFirst() {
	l.openConsole()
	errno := insist(func() (errno Errno) {
		l.around.nullFD, errno = l.sys.Open("/dev/null", unix.O_RDWR, 0)
		return errno
	})
	if errno != 0 {
		l.console.trouble(l.now, "open /dev/null", errno)
	}
}

// openSources makes the epoll set and what PID 1 can't be without. It is the
// one place whose failure can't be lived with: without a loop there is no PID 1.
func (l *Loop) openSources() {
	l.must("make room for children", func() (errno Errno) {
		l.program, errno = l.sys.Room()
		return errno
	})
	l.must("make the epoll set", func() Errno { return l.sources.open(l.sys) })
	l.must("make the timer", func() Errno {
		fd, errno := l.sys.TimerCreate()
		return l.watchFirst(rankTimer, fd, errno)
	})
	l.must("handle signals", func() Errno {
		fd, errno := l.sys.SignalPipe()
		return l.watchFirst(rankSignal, fd, errno)
	})
	l.sys.SetFileLimit(filesMax)
}

// watchFirst adds a descriptor that was just made, or closes it again.
func (l *Loop) watchFirst(r rank, fd int32, errno Errno) Errno {
	if errno != 0 {
		return errno
	}
	if errno = l.sources.add(r, 0, fd, unix.EPOLLIN); errno != 0 {
		l.sys.Close(fd)
	}
	return errno
}

// insist does what boot can't go on without again while its error may pass, at
// most triesMax times: nothing else runs yet, so there is nothing to hold up.
func insist(do func() Errno) (errno Errno) {
	for range triesMax {
		if errno = do(); errno == 0 || permanent(errno) {
			break
		}
	}
	return errno
}

// must panics where insisting does not help, which is said on every console and
// reboots.
func (l *Loop) must(what string, do func() Errno) {
	if errno := insist(do); errno != 0 {
		panic("can't " + what + ": " + errnoName(errno))
	}
}

// loadManifest reads and checks what the node shall be. What is wrong with a
// service is said, and keeps only that service from running.
func (l *Loop) loadManifest() {
	var text []byte
	errno := insist(func() (errno Errno) {
		text, errno = l.readWhole(wire.ManifestPath, wire.ManifestSizeMax)
		return errno
	})
	if errno != 0 {
		l.console.trouble(l.now, "read "+wire.ManifestPath, errno)
	} else if m, err := wire.DecodeManifest(text); err != nil {
		l.console.say(l.now, "trouble: ", err.Error())
	} else {
		l.manifest = m
		l.force.image.manifest, l.force.image.bytes = m, text
	}
	l.manifestSum = sum(sumSeed, text)
	l.problems = append(l.manifest.Validate(), l.missing(l.manifest)...)
	unusable := wire.Unusable(l.problems)
	l.machine.load(l.manifest, func(i int) bool { return unusable[i] })
	l.setHostName(l.manifest.Node)
}

// setHostName takes a name: the manifest's, or else one that a lease brings. No
// name changes nothing.
func (l *Loop) setHostName(name string) {
	if name == "" {
		return
	}
	if errno := l.sys.Sethostname(name); errno != 0 {
		l.console.trouble(l.now, "set the host name", errno)
	}
}

// missing finds programs and directories that are not in the image: the root
// is read-only, so they won't come later.
func (l *Loop) missing(m *wire.Manifest) []wire.Problem {
	var list []wire.Problem
	check := func(i int, field, path string) {
		fd, errno := l.sys.Open(path, unix.O_PATH, 0)
		if errno == 0 {
			l.sys.Close(fd)
		}
		if !permanent(errno) {
			return // it is there, or that can't be told now: its start will say
		}
		list = append(list, wire.Problem{Service: i, Name: m.Services[i].Name, Field: field,
			What: path + ": " + errnoName(errno), Next: "add it to the image, or mend the path"})
	}
	for i := range m.Services {
		s := &m.Services[i]
		if len(s.Exec) > 0 && s.Exec[0] != "" {
			check(i, "exec", s.Exec[0])
		}
		if s.Dir != "" && !s.Isolation.Makes(s.Dir) {
			check(i, "dir", s.Dir)
		}
	}
	return list
}

// readWords reads the kernel's command line.
func (l *Loop) readWords() (words string) {
	errno := insist(func() (errno Errno) {
		words, errno = l.readFile("/proc/cmdline")
		return errno
	})
	if errno != 0 {
		l.console.trouble(l.now, "read the kernel's command line", errno)
	}
	return words
}

// startNet opens rtnetlink, for the links of the manifest and of the kernel's words.
func (l *Loop) startNet(words string) { l.openLinks(l.wantedLinks(words)) }

// wantedLinks are the manifest's, and the one of the kernel's words.
func (l *Loop) wantedLinks(words string) []wire.Link {
	links := l.manifest.Links
	if value, found := wire.KernelWord(words, netcfg.IPWordName); found {
		word, err := netcfg.ParseIPWord(value)
		if err != nil {
			l.console.say(l.now, "trouble: ", err.Error())
		} else if word.Wanted {
			links = append(links[:len(links):len(links)], word.Link)
		}
	}
	return links
}
