package image

// Paths that PID 1 and this package have to agree upon.
const (
	// InitPath is PID 1. On a root that is not an initramfs the kernel does not
	// look here by itself: the command line needs the word init=/init, or the
	// kernel CONFIG_DEFAULT_INIT (init/main.c, kernel_init).
	InitPath = "/init"
	// ProgramFolder holds the programs that services start.
	ProgramFolder = "/bin"
)

// hosts is the whole of /etc/hosts. Without it Go's resolver asks the network
// for "localhost".
const hosts = "127.0.0.1 localhost\n::1 localhost\n"

// baseTable returns the rows that every root has beside PID 1, the manifest and
// the programs. See README.md for what is left out, and why.
func baseTable() Table {
	t := Table{
		{Path: "/dev/console", Kind: KindChar, Mode: 0o600, Major: 5, Minor: 1,
			Reason: "the kernel opens it as PID 1's descriptors 0 to 2 before devtmpfs is mounted; without it Go dies before main"},
		{Path: "/dev/null", Kind: KindChar, Mode: 0o666, Major: 1, Minor: 3,
			Reason: "Go's runtime opens it when a descriptor of 0 to 2 is closed, and dies when it is not there"},
		{Path: "/bin", Kind: KindFolder, Mode: 0o755,
			Reason: "holds the programs of the services"},
		{Path: "/etc", Kind: KindFolder, Mode: 0o755,
			Reason: "Go's resolver and the services look for their files here"},
		{Path: "/etc/hosts", Kind: KindFile, Mode: 0o644, Content: []byte(hosts),
			Reason: "localhost without DNS; Go's resolver has no built-in answer"},
		{Path: "/etc/resolv.conf", Kind: KindLink, Target: "../run/resolv.conf",
			Reason: "the name servers are known only on the running node, and the root is read-only"},
	}
	for _, m := range []struct{ path, what string }{
		{"/dev", "devtmpfs"},
		{"/proc", "proc"},
		{"/run", "the tmpfs of sockets and facts of this boot"},
		{"/sys", "sysfs, and cgroup2 below it"},
		{"/tmp", "the tmpfs that programs expect"},
		{"/var", "what services keep: tmpfs or the ephemeral volume"},
	} {
		t = append(t, Entry{Path: m.path, Kind: KindFolder, Mode: 0o755,
			Reason: "mount point for " + m.what + "; a read-only root can't make it later"})
	}
	return t
}
