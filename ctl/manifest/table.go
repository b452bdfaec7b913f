package manifest

import (
	"math"

	"mote/wire"
)

// The table of fields: all there is to say in a manifest. A new field of wire's
// structs is a line here; a test fails until it is.

const (
	// versionName is the first line's name, and Version its value: the form of
	// document that this program reads.
	versionName = "mote"
	// Version is the form of document that this program reads.
	Version = "v1"
	// machinesName holds the parts for single machines; see machine.go.
	machinesName = "machines"
)

// manifestFields are a document's, less its version and its parts for machines.
func manifestFields() []Field {
	return []Field{
		{Name: "node", Wire: "Node", Form: text("a host name", "edge-7", wire.NodeNameSizeMax), Unset: "the kernel's stays",
			Live: true, Example: "edge-7", Doc: "The node's host name, a label of RFC 1123: a-z, 0-9 and '-', at most 63."},
		{Name: "users", Wire: "Users", Form: &named{table: userFields, key: "Name", of: "name", most: wire.UsersMax},
			Unset: "only root", Example: "{mqtt: {uid: 2001}}",
			Doc: "Names for numeric users, for services to run as. There are no passwords, no shells and no home folders."},
		{Name: "links", Wire: "Links", Form: &named{table: linkFields, key: "Name", of: "link", first: "first", most: wire.LinksMax},
			Unset: "the kernel word ip= alone", Live: true, Example: "{eth0: {address: 10.0.2.15/24}}",
			Doc: "Network links, by the kernel's names. \"first\" is the first that is no loopback."},
		{Name: "link-names", Wire: "LinkRules", Form: &named{table: linkRuleFields, key: "Name", of: "name", most: wire.LinksMax},
			Unset: "the kernel's, as eth0", Live: true, Example: "{lan0: {match: {MAC: \"52:54:00:00:00:01\"}}, wan0: {match: {DRIVER: igc}, order: 2}}",
			Doc: "Names for network cards, by what stays the same whenever the machine starts: a card that is all that stands below a name gets it, before it is used. None may begin with \"eth\", as the kernel's do; a change is for the next boot."},
		{Name: "time-servers", Wire: "TimeServers", Form: &list{of: ipAny(), most: wire.TimeServersMax, like: "[10.0.2.3, \"fd00::3\"]"}, Unset: "those of leases", Live: true,
			Example: "[10.0.2.3, \"fd00::3\"]", Doc: "Servers that are asked for the time by NTP, RFC 5905; with three, one may lie, with five, two. Addresses only: PID 1 looks no names up."},
		{Name: "services", Wire: "Services", Form: &named{table: serviceFields, key: "Name", of: "service", most: wire.ServicesMax},
			Unset: "nothing runs", Example: "{web: {exec: [/bin/web]}}",
			Doc: "The programs that are started and supervised. They start in the order of their needs, as many at once as these allow; a name has 1 to 31 of a-z, 0-9 and '-'."},
		{Name: "state", Wire: "State", Form: text("a device", "PARTLABEL=mote-state, or /dev/vdb", wire.WordSizeMax), Unset: "nothing is kept",
			Live: true, Example: "PARTLABEL=mote-state",
			Doc: "The device of the state area, whose few values outlive a boot. The kernel word mote.state= goes before it; only an image can change it."},
		{Name: "access", Wire: "Access", Form: &named{table: accessFields, key: "Name", of: "operator", most: wire.AccessMax},
			Unset: "no other manifest is taken", Live: true, Example: "{alice: {key: " + exampleKey + "}}",
			Doc: "The operators whose signature makes another manifest this node's; a name has 1 to 31 of a-z, 0-9 and '-'."},
	}
}

func accessFields() []Field {
	return []Field{
		{Name: "key", Wire: "Key", Form: publicKey(), Required: true, Live: true, Example: exampleKey,
			Doc: "The operator's public key, as \"mote manifest key\" prints it: Ed25519, 64 hexadecimal digits."},
	}
}

func userFields() []Field {
	return []Field{
		{Name: "uid", Wire: "UID", Form: count("a number", "2001", 0, math.MaxUint32-1), Required: true, Example: "2001",
			Doc: "The kernel's number of the user."},
		{Name: "gid", Wire: "GID", Form: count("a number", "2001", 0, math.MaxUint32-1), SameAs: "UID", Unset: "the same as uid",
			Example: "2001", Doc: "The kernel's number of its group."},
	}
}

func linkFields() []Field {
	return []Field{
		{Name: "address", Wire: "Address PrefixBits", Form: ipv4Prefix(), Live: true, Unset: "none", Example: "10.0.2.15/24",
			Doc: "An IPv4 address that the link has, with the length of its prefix."},
		{Name: "gateway", Wire: "Gateway", Form: ipv4("10.0.2.2"), Live: true, Unset: "no default route", Example: "10.0.2.2",
			Doc: "The next hop of the default route, an address of the link's own prefix."},
		{Name: "dhcp4", Wire: "DHCP4", Form: truth(), Default: "false", Live: true, Example: "true",
			Doc: "Ask for an IPv4 address by DHCP, RFC 2131. It may stand beside an address of one's own."},
		{Name: "probe", Wire: "Probe", Form: truth(), Default: "false", Live: true, Example: "true",
			Doc: "Look for a leased address by ARP before it is used, RFC 5227: four to seven seconds for the certainty that nobody else has it."},
		{Name: "address6", Wire: "Address6 Prefix6Bits", Form: ipv6Prefix(), Live: true, Unset: "none", Example: "fd00::15/64",
			Doc: "An IPv6 address that the link has, with the length of its prefix."},
		{Name: "gateway6", Wire: "Gateway6", Form: ipv6("fe80::1"), Live: true, Unset: "no default route of IPv6", Example: "fe80::1",
			Doc: "The next hop of IPv6's default route, a link-local address or one of address6's own prefix."},
		{Name: "ra", Wire: "RA", Form: truth(), Default: "false", Live: true, Example: "true",
			Doc: "Take IPv6 addresses, the default route and name servers from router advertisements, RFC 4861. Without it they are ignored."},
	}
}

func serviceFields() []Field {
	fields := append(programFields(), lifeFields()...)
	return append(fields,
		Field{Name: "limits", Wire: "Limits", Form: &group{limitFields}, Unset: "see each", Live: true,
			Example: "{memory-max: 64 MiB}", Doc: "The limits of its control group, cgroup v2."},
		Field{Name: "isolation", Wire: "Isolation", Form: &group{isolationFields}, Unset: "see each",
			Example: "{syscalls: [files, network]}", Doc: "What it may reach of the kernel; see wire/ISOLATION.md."})
}

// programFields are what runs, as whom, and after what.
func programFields() []Field {
	return []Field{
		{Name: "kind", Wire: "Kind", Form: word("daemon", "one-shot"), Default: "daemon", Explicit: true, Example: "one-shot",
			Doc: "A daemon runs on, and its end is a failure. A one-shot runs once, and is ready for good when it has ended with status 0."},
		{Name: "exec", Wire: "Exec", Required: true, Example: "[/bin/web, -port, \"80\"]",
			Form: &list{of: anyText("a text", "", 0), most: wire.ArgvMax, like: "[/bin/web, -port, \"80\"]"},
			Doc:  "The program's absolute path and its arguments. There is no shell: nothing is expanded. All together at most 16 KiB."},
		{Name: "env", Wire: "Env", Form: &environment{of: anyText("a text", "info", plainNumber), most: wire.EnvMax}, Unset: "an empty one",
			Example: "{LOG: info}", Doc: "The whole environment: nothing is inherited. At most 16 KiB."},
		{Name: "dir", Wire: "Dir", Form: text("an absolute path", "/run", wire.PathSizeMax), Default: "/", Example: "/run",
			Doc: "The working folder."},
		{Name: "user", Wire: "User", Form: userName(), Unset: "root", Example: "mqtt",
			Doc: "Whom it runs as: a name of users, or a number that is user and group."},
		{Name: "caps", Wire: "Caps", Form: &list{of: text("a capability", "net_bind_service", wire.WordSizeMax), most: wire.CapsMax, like: "[net_bind_service]"},
			Unset: "none", Example: "[net_bind_service]",
			Doc: "The capabilities that it keeps, by capabilities(7), in lower case without cap_. All others are dropped."},
		{Name: "new-privs", Wire: "NewPrivs", Form: truth(), Default: "false", Example: "true",
			Doc: "Allows setuid programs and file capabilities to raise its rights. Such a service has no filter of system calls."},
		{Name: "rlimits", Wire: "Rlimits", Form: &amounts{of: rlimit(), key: "Name", value: "Soft Hard", names: "resource", most: wire.RlimitsMax},
			Unset: "the kernel's", Example: "{nofile: 1024, core: 0}",
			Doc: "Resource limits by setrlimit(2), in lower case without rlimit_: one number for both, or \"soft to hard\"."},
		{Name: "needs", Wire: "Needs", Live: true, Unset: "nothing", Example: "[network]",
			Form: &list{of: text("a name", "network", wire.ServiceNameSizeMax), most: wire.NeedsMax, like: "[network]"},
			Doc:  "What must be ready before it starts: services, or \"network\", which is all links."},
		{Name: "port", Wire: "Port", Form: count("a port", "8080", 1, math.MaxUint16), Unset: "it starts at boot", Example: "8080",
			Doc: "A TCP port that PID 1 listens on for it. It is started when somebody connects, with the listening socket as its standard input, accepts there, and may leave with status 0 when it is idle. What it needs and is one-shot runs before each such start, and not at boot. It must have restart on-failure."},
		{Name: "relay", Wire: "Relay", Form: truth(), Default: "false", Example: "true",
			Doc: "Its standard output is a connection to PID 1, over which it asks for callers whom it has proven. At most one service has it: the gate."},
		{Name: "optional", Wire: "Optional", Form: truth(), Default: "false", Live: true, Example: "true",
			Doc: "The node is ready without it."},
	}
}

// lifeFields are when it is ready, restarted and stopped.
func lifeFields() []Field {
	return []Field{
		{Name: "ready", Wire: "Ready ReadyAddress", Form: readiness(), Default: "exec", OneShot: "exit", Explicit: true, Example: "tcp 127.0.0.1:1883",
			Doc: "When it is ready: as soon as it runs (exec), when it says READY=1 by sd_notify(3) (notify), when it accepts on an address (tcp) or a socket (unix), or when it has ended with status 0 (exit, for a one-shot)."},
		{Name: "start-timeout", Wire: "StartMsec", Form: wait("30 s", wire.WaitMsecMax), Default: "30 s", Live: true, Example: "1 min",
			Doc: "The time from start to ready, past which it is stopped and counts as failed."},
		{Name: "restart", Wire: "Restart", Form: word("always", "on-failure", "never"), Default: "always", OneShot: "on-failure", Explicit: true, Live: true,
			Example: "on-failure", Doc: "Whether it is started again after it ended: whatever its end was, unless it ended with status 0, or not at all."},
		{Name: "backoff", Wire: "BackoffMsec", Form: wait("100 ms", wire.WaitMsecMax), Default: "100 ms", Live: true, Example: "1 s",
			Doc: "The wait before the second restart, doubled by each further one. The first is immediate."},
		{Name: "backoff-max", Wire: "BackoffMaxMsec", Form: wait("30 s", wire.WaitMsecMax), Default: "30 s", Live: true, Example: "5 min",
			Doc: "The longest such wait."},
		{Name: "restarts-max", Wire: "RestartsMax", Form: count("a number", "30", 1, wire.RestartsMaxMax), Default: "30", Live: true, Example: "5",
			Doc: "How many restarts within restarts-window are its budget. Past it the service has failed, until it is started by hand."},
		{Name: "restarts-window", Wire: "RestartsWindowMsec", Form: wait("10 min", wire.WindowMsecMax), Default: "10 min", Live: true, Example: "1 h",
			Doc: "The time over which restarts are counted."},
		{Name: "every", Wire: "EveryMsec", Form: wait("1 h", wire.EveryMsecMax), Unset: "once", Live: true, Example: "1 d",
			Doc: "How long after its end a one-shot runs again, whether it was done or failed. Its first run is at boot."},
		{Name: "stop-signal", Wire: "StopSignal", Form: signal(), Default: "SIGTERM", Live: true, Example: "SIGINT",
			Doc: "The signal of signal(7) that asks it to end."},
		{Name: "stop-timeout", Wire: "StopMsec", Form: wait("10 s", wire.WaitMsecMax), Default: "10 s", Live: true, Example: "30 s",
			Doc: "The time from that signal to the kill of all its processes."},
	}
}

func limitFields() []Field {
	return []Field{
		{Name: "memory-max", Wire: "MemoryMaxBytes", Form: size(), Live: true, Unset: "no limit", Example: "64 MiB",
			Doc: "Memory past which the kernel ends it (memory.max)."},
		{Name: "memory-high", Wire: "MemoryHighBytes", Form: size(), Live: true, Unset: "no limit", Example: "48 MiB",
			Doc: "Memory past which it is slowed down and made to give back (memory.high)."},
		{Name: "cpu-max", Wire: "CPUMaxUsec CPUPeriodUsec", Form: cpuShare(), Live: true, Unset: "no limit", Example: "0.5 cpu",
			Doc: "The most processor time (cpu.max). A share is counted in periods of 100 ms; \"5 ms each 20 ms\" says another."},
		{Name: "cpu-weight", Wire: "CPUWeight", Form: count("a number", "200", 1, wire.CPUWeightMax), Live: true, Unset: "100, the kernel's", Example: "200",
			Doc: "Its part when processors are short, beside the others' (cpu.weight)."},
		{Name: "pids-max", Wire: "PidsMax", Form: count("a number", "64", 1, wire.PidsMaxMax), Default: "1024", Live: true, Example: "64",
			Doc: "The most processes and threads (pids.max)."},
		{Name: "io", Wire: "IO", Form: &named{table: ioFields, key: "Disk", of: "disk", most: wire.IOLimitsMax}, Live: true, Unset: "no limit",
			Example: "{vda: {write: 10 MiB/s}}", Doc: "Bounds for single disks, by the kernel's names (io.max)."},
	}
}

func ioFields() []Field {
	return []Field{
		{Name: "read", Wire: "ReadBytesPerSec", Form: sizeRate(), Live: true, Unset: "no limit", Example: "10 MiB/s", Doc: "Bytes read a second."},
		{Name: "write", Wire: "WriteBytesPerSec", Form: sizeRate(), Live: true, Unset: "no limit", Example: "10 MiB/s", Doc: "Bytes written a second."},
		{Name: "read-ops", Wire: "ReadOpsPerSec", Form: countRate(), Live: true, Unset: "no limit", Example: "100/s", Doc: "Reads a second."},
		{Name: "write-ops", Wire: "WriteOpsPerSec", Form: countRate(), Live: true, Unset: "no limit", Example: "100/s", Doc: "Writes a second."},
	}
}

func isolationFields() []Field {
	return []Field{
		{Name: "syscalls", Wire: "Syscalls", Form: &list{of: text("a set's name", "files", wire.WordSizeMax), most: wire.SyscallSetsCount, like: "[files, network]"},
			Unset: "basic, files, network, process, time, resources, identity", Example: "[files, network]",
			Doc: "The sets of system calls that it may use; \"basic\" is always among them."},
		{Name: "syscall-kill", Wire: "SyscallKill", Form: truth(), Default: "false", Example: "true",
			Doc: "A refused system call ends it, instead of giving EPERM."},
		{Name: "importance", Wire: "Importance", Form: count("a number", "5", 1, wire.ImportanceMax), Default: "5", Example: "9",
			Doc: "Who goes first when memory runs out: 1 is the first to be killed, 9 the last."},
		{Name: "namespaces", Wire: "Namespaces", Form: &list{of: text("a namespace", "ipc", wire.WordSizeMax), most: wire.NamespacesMax, like: "[ipc, uts]"},
			Unset: "the node's", Example: "[ipc, uts]", Doc: "The namespaces that are its own: mount, ipc, uts, net, pid, user."},
		{Name: "inside-id", Wire: "InsideID", Form: count("a number", "1000", 1, math.MaxUint32), Unset: "0, root", Example: "1000",
			Doc: "Its user and group within its own user namespace."},
		{Name: "node-view", Wire: "NodeView", Form: truth(), Default: "false", Example: "true",
			Doc: "It sees the node's own mounts, /dev and all, instead of the services' view; what follows it can't have then."},
		{Name: "devices", Wire: "Devices", Form: &list{of: text("a name below /dev", "ttyUSB0", wire.DeviceNameSizeMax), most: wire.DevicesMax, like: "[ttyUSB0, net/tun]"},
			Unset: "null, zero, full, random and urandom only", Example: "[net/tun]", Doc: "The devices that it gets nodes of, owned by its user."},
		{Name: "writable", Wire: "Writable", Form: &named{table: writableFields, key: "Path", of: "path", most: wire.WritableMax},
			Unset: "nothing", Example: "{/tmp: {size: 4 MiB}}", Doc: "The folders that it may write to: each a tmpfs of its own, or the node's."},
		{Name: "files", Wire: "Files", Form: &named{table: fileFields, key: "Path", of: "path", most: wire.FilesMax},
			Unset: "none", Example: "{/etc/mqtt/conf: {content: log info}}", Doc: "What stands in these folders when it starts: a text, or a file of the image."},
		{Name: "reads", Wire: "Reads", Form: &list{of: text("a path", "/etc/mqtt/", wire.ViewPathSizeMax), most: wire.ReadsMax, like: "[/etc/mqtt/]"},
			Unset: "whatever its user may", Example: "[/etc/mqtt/]", Doc: "The only files, and folders with / at the end, that it may read beside its program and what is its own."},
		{Name: "tcp-bind", Wire: "TCPBind", Form: ports(), Unset: "any", Example: "[1883]", Doc: "The only TCP ports that it may listen on."},
		{Name: "tcp-connect", Wire: "TCPConnect", Form: ports(), Unset: "any", Example: "[443]", Doc: "The only TCP ports that it may connect to."},
	}
}

func writableFields() []Field {
	return []Field{
		{Name: "size", Wire: "SizeBytes", Form: size(), Unset: "1 MiB", Example: "4 MiB", Doc: "The most that the tmpfs holds."},
		{Name: "mode", Wire: "Mode", Form: mode(0o7777), Unset: "0700", Example: "0750", Doc: "Its mode, as chmod(1) writes it; the service's user owns it."},
		{Name: "shared", Wire: "Shared", Form: truth(), Default: "false", Example: "true", Doc: "It is the node's folder, which others see too, and no tmpfs."},
		{Name: "sealed", Wire: "Sealed", Form: truth(), Default: "false", Example: "true", Doc: "It is read-only once its files are in it."},
	}
}

func fileFields() []Field {
	return []Field{
		{Name: "content", Wire: "Content", Form: anyText("a text", "log info", plainNumber), Unset: "that of source", Example: "log info",
			Doc: "What stands in it."},
		{Name: "source", Wire: "Source", Form: text("a path", "/etc/mqtt.conf", wire.ViewPathSizeMax), Unset: "content says", Example: "/etc/mqtt.conf",
			Doc: "A file of the image that is shown in its place."},
		{Name: "mode", Wire: "Mode", Form: mode(0o777), Unset: "0444", Example: "0400", Doc: "Its mode, as chmod(1) writes it."},
		{Name: "owner", Wire: "Owner", Form: userName(), Unset: "root", Example: "mqtt", Doc: "Who owns it."},
	}
}

// ports are numbers of TCP ports.
func ports() *list {
	return &list{of: count("a port", "1883", 1, math.MaxUint16), most: wire.PortsMax, like: "[1883]"}
}

// userName is a name or a number.
func userName() *scalar {
	s := text("a name of users, or a number", "mqtt", wire.UserNameSizeMax)
	s.plain = plainNumber
	s.json = object{{"type", []string{"string", "integer"}}}
	return s
}
