package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Landlock, see landlock(7): a wall of the child's own making behind the view.
// Whatever happens to the mounts, it can only write to what it was given; it can't
// trace or signal what is not its own, nor reach others' abstract sockets.

// What each version of Landlock brought, as its structures are long.
const (
	landlockFile  = 1 // files and folders; what came with 2, 3 and 5 is in landlockRights
	landlockPorts = 4
	landlockScope = 6

	// landlockRulePort is LANDLOCK_RULE_NET_PORT of include/uapi/linux/landlock.h.
	landlockRulePort = 2

	landlockRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	landlockNodes = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	// landlockMake would be new ways into the kernel.
	landlockMake = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
)

// landlockRights are all that a version knows of files: 13 at first, then REFER,
// TRUNCATE and IOCTL_DEV.
func landlockRights(version int32) uint64 {
	switch {
	case version >= 5:
		return 1<<16 - 1
	case version >= 3:
		return 1<<15 - 1
	case version == 2:
		return 1<<14 - 1
	}
	return 1<<13 - 1
}

// landlockNeeds is the version without which a declaration would be a wish. What
// nobody declared is had where the kernel can.
func landlockNeeds(i *wire.Isolation) int32 {
	switch {
	case len(i.TCPBind)+len(i.TCPConnect) != 0:
		return landlockPorts
	case len(i.Reads) != 0:
		return landlockFile
	}
	return 0
}

// askLandlock learns what the kernel can. A kernel without it is said once.
func (l *Loop) askLandlock() {
	var errno Errno
	if l.around.landlock, errno = l.sys.Landlock(); errno != 0 {
		l.console.trouble(l.now, "use Landlock", errno)
	}
}

// buildLandlock has the child put itself behind the wall.
func buildLandlock(p *Program, spec *wire.Service, st *start, version int32) {
	const what = "Landlock"
	i := &spec.Isolation
	var files, ports, scope uint64
	// A thread with a say in files can't mount; the node's own view has no rules.
	if !i.NodeView && st.syscalls>>wire.SyscallsMount&1 == 0 && version >= landlockFile {
		files = landlockRights(version)
	}
	if len(i.TCPBind) != 0 {
		ports |= unix.LANDLOCK_ACCESS_NET_BIND_TCP
	}
	if len(i.TCPConnect) != 0 {
		ports |= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	size := uintptr(16)
	switch {
	case version < landlockPorts:
		size, ports = 8, 0
	case version >= landlockScope && !i.NodeView:
		size, scope = 24, unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET|unix.LANDLOCK_SCOPE_SIGNAL
	}
	if files|ports|scope == 0 {
		return
	}
	// struct landlock_ruleset_attr: rights over files, over ports, and scopes.
	p.add(what, KeepResult|unix.SYS_LANDLOCK_CREATE_RULESET, p.words(files, ports, scope), size, 0, 0, 0)
	if files != 0 {
		buildPaths(p, spec, files)
	}
	for _, port := range i.TCPBind {
		buildPort(p, port, unix.LANDLOCK_ACCESS_NET_BIND_TCP)
	}
	for _, port := range i.TCPConnect {
		buildPort(p, port, unix.LANDLOCK_ACCESS_NET_CONNECT_TCP)
	}
	p.add(what, UseResult|unix.SYS_LANDLOCK_RESTRICT_SELF, 0, 0, 0, 0, 0)
}

// buildPaths allows what it may read, its nodes, and what it may write.
func buildPaths(p *Program, spec *wire.Service, rights uint64) {
	i := &spec.Isolation
	if len(i.Reads) == 0 {
		buildPath(p, "/", landlockRead)
	} else {
		buildPath(p, spec.Exec[0], landlockRead&^unix.LANDLOCK_ACCESS_FS_READ_DIR)
	}
	for _, path := range i.Reads {
		allowed := uint64(landlockRead)
		if path[len(path)-1] != '/' {
			allowed &^= unix.LANDLOCK_ACCESS_FS_READ_DIR
		}
		buildPath(p, path, allowed)
	}
	buildPath(p, "/dev", landlockNodes&rights)
	for n := range i.Writable {
		w := &i.Writable[n]
		if !w.Sealed {
			buildPath(p, w.Path, rights&^landlockMake)
		} else if len(i.Reads) != 0 {
			buildPath(p, w.Path, landlockRead)
		}
	}
}

// buildPath allows rights below path: struct landlock_path_beneath_attr, whose
// descriptor only the child knows.
func buildPath(p *Program, path string, rights uint64) {
	rule := p.words(rights, 0)
	flags := uintptr(unix.O_PATH | unix.O_CLOEXEC)
	if path[len(path)-1] == '/' {
		flags |= unix.O_DIRECTORY
	}
	p.at(path, StoreResult|unix.SYS_OPENAT, path, flags, 0, rule+8-pointerOf(&p.steps))
	p.add(path, UseResult|unix.SYS_LANDLOCK_ADD_RULE, 0, unix.LANDLOCK_RULE_PATH_BENEATH, rule, 0, 0)
}

// buildPort allows a port: struct landlock_net_port_attr.
func buildPort(p *Program, port uint16, right uint64) {
	p.add("Landlock", UseResult|unix.SYS_LANDLOCK_ADD_RULE, 0, landlockRulePort, p.words(right, uint64(port)), 0, 0)
}
