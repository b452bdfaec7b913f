package core

import "golang.org/x/sys/unix"

// The services' view of the node: one mount namespace, made with the first start
// that needs it, which a child enters by one call. In it everything is read-only,
// /dev has five nodes, and of /proc and /sys is left what says nothing of others.
// A service with mounts of its own puts them into a copy.

// hidden of /proc and /sys are opened by nobody, where the kernel has them at all,
// but by who may pass modes: PID 1. They tell of addresses, keys and hardware's
// secrets, or steer the machine. A mode is cheaper than something mounted over it:
// every program that reads its mounts at its start, as each in Go does, pays for
// each mount in the view.
var hidden = [...]string{"/proc/acpi", "/proc/bus", "/proc/config.gz", "/proc/iomem", "/proc/ioports", "/proc/kallsyms",
	"/proc/kcore", "/proc/key-users", "/proc/keys", "/proc/kmsg", "/proc/kpagecgroup", "/proc/kpagecount", "/proc/kpageflags",
	"/proc/latency_stats", "/proc/mtrr", "/proc/sched_debug", "/proc/scsi", "/proc/slabinfo", "/proc/sysrq-trigger",
	"/proc/timer_list", "/proc/tty", "/proc/vmallocinfo", "/sys/devices/virtual/dmi", "/sys/devices/virtual/powercap",
	"/sys/firmware", "/sys/kernel/debug", "/sys/kernel/security", "/sys/kernel/tracing"}

// covered have something mounted over them: PID 1's own folder has the control
// socket, which root may use that has the node's view; records of a panic arrive
// later, as a mount with a mode of its own.
var covered = [...]string{"/run/mote", "/sys/fs/pstore"}

// basicNodes of major 1, "mem", whose numbers are in Documentation/admin-guide/
// devices.txt.
var basicNodes = [...]struct {
	path  string
	minor uint8
}{{"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/full", 7}, {"/dev/random", 8}, {"/dev/urandom", 9}}

// openView makes the view and opens the node's /proc, if they are not there yet;
// what names the part that failed.
func (l *Loop) openView() (what string, errno Errno) {
	a := &l.around
	if a.viewFD >= 0 {
		return "", 0
	}
	if a.procFD, errno = l.sys.Open("/proc", unix.O_PATH|unix.O_DIRECTORY, 0); errno != 0 {
		return "open /proc", errno
	}
	buildView(l.program, hidden[:])
	step := 0
	if a.viewFD, step, errno = l.sys.View(l.program); errno != 0 {
		a.viewFD = -1
		l.sys.Close(a.procFD)
		return l.program.StepName(step), errno
	}
	return "", 0
}

// buildView lists the calls that make the view, in its namespace, and take the
// modes of what is to be hidden, on the node: before the view has its /proc, as
// that would keep those that it has seen.
func buildView(p *Program, hide []string) {
	p.reset("view", -1, -1)
	// What is mounted later arrives here too, and in the copies.
	const view = "services' view of the node"
	p.mount(view, "", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
	buildAttr(p, view, "/", unix.MOUNT_ATTR_NODEV, 0, unix.AT_RECURSIVE)
	for _, path := range hide {
		p.at(view, MayFail|unix.SYS_FCHMODAT, path, 0, 0, 0)
	}
	// Others' processes aren't even listed: proc(5), "hidepid".
	p.mount(view, "proc", "/proc", "proc", quietMount, "hidepid=ptraceable")
	buildDev(p, nil, nil)
	const folder = "/dev/.folder"
	p.at(view, unix.SYS_MKDIRAT, folder, 0, 0, 0)
	for _, path := range covered {
		p.add(path, MayFail|unix.SYS_MOUNT, p.str(folder), p.str(path), 0, unix.MS_BIND, 0)
	}
	p.at(view, unix.SYS_UNLINKAT, folder, unix.AT_REMOVEDIR, 0, 0)
	buildAttr(p, view, "/", unix.MOUNT_ATTR_RDONLY, 0, unix.AT_RECURSIVE)
}

// buildCovers hides from a service that may pass modes what they hide.
func buildCovers(p *Program) {
	file, folder := p.str("/dev/null"), p.str("/dev/shm")
	for _, path := range hidden {
		at := p.str(path)
		p.add(path, MayFail|unix.SYS_MOUNT, file, at, 0, unix.MS_BIND, 0)
		p.add(path, MayFail|unix.SYS_MOUNT, folder, at, 0, unix.MS_BIND, 0)
	}
}

// buildDev mounts a new /dev with the nodes that any program may want, and those
// that st declares, whose owner is its user.
func buildDev(p *Program, st *start, a *around) {
	const what = "own /dev"
	p.mount(what, "tmpfs", "/dev", "tmpfs", unix.MS_NOSUID|unix.MS_NOEXEC, "mode=0755,size=4096,nr_inodes=64")
	for _, node := range basicNodes {
		path := p.str(node.path)
		p.add(what, unix.SYS_MKNODAT, 0, path, unix.S_IFCHR, 1<<8|uintptr(node.minor), 0)
		p.add(what, unix.SYS_FCHMODAT, 0, path, 0o666, 0, 0)
	}
	p.add(what, unix.SYS_SYMLINKAT, p.str("/proc/self/fd"), 0, p.str("/dev/fd"), 0, 0)
	p.add(what, unix.SYS_SYMLINKAT, p.str("/proc/self/fd/0"), 0, p.str("/dev/stdin"), 0, 0)
	p.add(what, unix.SYS_SYMLINKAT, p.str("/proc/self/fd/1"), 0, p.str("/dev/stdout"), 0, 0)
	p.add(what, unix.SYS_SYMLINKAT, p.str("/proc/self/fd/2"), 0, p.str("/dev/stderr"), 0, 0)
	p.at(what, unix.SYS_MKDIRAT, "/dev/shm", 0o755, 0, 0)
	if st == nil {
		return
	}
	for n, name := range st.devices {
		for at := len("/dev/"); at < len(name); at++ {
			if name[at] == '/' {
				p.at(name, MayFail|unix.SYS_MKDIRAT, name[:at], 0o755, 0, 0)
			}
		}
		path := p.str(name)
		p.add(name, unix.SYS_MKNODAT, 0, path, uintptr(a.nodes[n].typ|0o600), uintptr(a.nodes[n].number), 0)
		p.add(name, unix.SYS_FCHOWNAT, 0, path, uintptr(st.uid), uintptr(st.gid), unix.AT_SYMLINK_NOFOLLOW)
	}
}
