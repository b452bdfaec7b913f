// Package wire holds the words that rooms and machines say to each other:
// the manifest, control requests and replies, and the CBOR they travel in.
//
// Always true here: a value that was decoded is within the bounds of limits.go,
// and encoding it again gives the very bytes it came from.
package wire

// ManifestPath is where an image keeps its manifest, in deterministic CBOR.
const ManifestPath = "/manifest.cbor"

// Manifest is what a node shall be. PID 1 reads it, in CBOR, from the image.
type Manifest struct {
	// Node is the host name, RFC 1123 label, at most 63 bytes; empty keeps the
	// kernel's.
	Node string
	// Users gives names to numeric user and group ids.
	Users []User
	// Links are the network links with their addresses. A link given by the
	// kernel word ip= is added to them.
	Links []Link
	// TimeServers are asked for the time by NTP, RFC 5905, at most 5: IPv6 addresses, or
	// IPv4 ones as ::ffff:10.0.2.3. Where there are none, those of leases are asked.
	TimeServers [][16]byte
	// Services are the supervised programs, in any order.
	Services []Service
	// Access are the operators whose signature makes another manifest this node's.
	Access []Operator
	// State names the device of the state area: "PARTLABEL=name" or "/dev/name";
	// empty keeps nothing. The kernel word mote.state= goes before it.
	State string
	// LinkRules give links their names before they are used, in order.
	LinkRules []LinkRule
}

// Operator is somebody who may sign manifests.
type Operator struct {
	// Name is unique, 1 to 31 bytes of a-z, 0-9 and '-', first a letter.
	Name string
	// Key is Ed25519's public one, RFC 8032 section 5.1.5.
	Key [KeySize]byte
}

// User is a name for a numeric id pair. There are no passwords and no shells.
type User struct {
	Name string
	UID  uint32
	GID  uint32
}

// Link asks for addresses on a network interface: one that stands here, one by
// lease, or both; what comes first is used first.
type Link struct {
	// Name is the interface's name in the kernel, at most 15 bytes (IFNAMSIZ);
	// empty means the first one that is not a loopback.
	Name string
	// Address is IPv4 in network byte order.
	Address [4]byte
	// PrefixBits is the length of the address's prefix, 0 to 32.
	PrefixBits uint8
	// Gateway is the default route's next hop; all zero means no route.
	Gateway [4]byte
	// Address6 is IPv6, Prefix6Bits the length of its prefix, 1 to 128, and Gateway6
	// the next hop of IPv6's default route; all zero is none, of each.
	Address6    [16]byte
	Prefix6Bits uint8
	Gateway6    [16]byte
	// RA takes addresses, the default route and name servers from router
	// advertisements, RFC 4861 and 8106. Without it the kernel ignores them.
	RA bool
	// DHCP4 asks for a lease, RFC 2131.
	DHCP4 bool
	// Probe has a leased address looked for by ARP before it is used, RFC 5227:
	// four to seven seconds for the certainty that nobody else has it.
	Probe bool
}

// Kind says what a service's end means.
type Kind uint8

// The kinds of service. The zero value is none of them, and is refused.
const (
	// KindDaemon runs on; its end is a failure and it is started again.
	KindDaemon Kind = 1
	// KindOneShot runs once; its end with status 0 makes it ready for good.
	KindOneShot Kind = 2
)

// Ready says what makes a service ready.
type Ready uint8

// The ways to become ready. The zero value is none of them, and is refused.
const (
	// ReadyExec: as soon as the program's exec has succeeded.
	ReadyExec Ready = 1
	// ReadyNotify: when it sends READY=1, see sd_notify(3).
	ReadyNotify Ready = 2
	// ReadyTCP: when Service.ReadyAddress, as "127.0.0.1:1883", accepts.
	ReadyTCP Ready = 3
	// ReadyUnix: when the stream socket Service.ReadyAddress, a path, accepts.
	ReadyUnix Ready = 4
	// ReadyExit: when it has ended with status 0. Only for KindOneShot.
	ReadyExit Ready = 5
)

// Restart says when a service that ended is started again.
type Restart uint8

// The restart policies. The zero value is none of them, and is refused.
const (
	// RestartAlways: whatever its end was.
	RestartAlways Restart = 1
	// RestartOnFailure: unless it ended with status 0 or was asked to stop.
	RestartOnFailure Restart = 2
	// RestartNever: its end is final.
	RestartNever Restart = 3
)

// Service is one supervised program.
//
// A zero number means "the default", which limits.go of init/core names.
type Service struct {
	// Name is unique, 1 to 31 bytes of a-z, 0-9 and '-', first a letter.
	Name string
	Kind Kind
	// Exec is the program's absolute path and its arguments.
	Exec []string
	// Env is the whole environment, as KEY=value; nothing is inherited.
	Env []string
	// Dir is the working directory, absolute; empty means "/".
	Dir string
	// User is a name of Manifest.Users or a decimal id; empty means root.
	User string
	// Caps are the capabilities that it keeps, as "net_bind_service"; see
	// capabilities(7). The others are dropped from every set.
	Caps []string
	// NewPrivs allows setuid and file capabilities to raise privileges.
	NewPrivs bool
	Rlimits  []Rlimit

	// Needs names what must be ready before it starts: services, or the stage
	// "network".
	Needs []string
	// Optional means that the node's ready does not wait for it.
	Optional bool

	Ready        Ready
	ReadyAddress string
	// StartMsec bounds the time from start to ready.
	StartMsec uint32

	Restart Restart
	// BackoffMsec is the wait before the second restart, doubled by each
	// further one up to BackoffMaxMsec. The first restart is immediate.
	BackoffMsec    uint32
	BackoffMaxMsec uint32
	// RestartsMax restarts within RestartsWindowMsec are its budget. Past it
	// the service has failed until it is started by hand.
	RestartsMax        uint32
	RestartsWindowMsec uint32
	// EveryMsec after its end a one-shot is started again, be it done or failed; zero
	// means that it runs once. While it runs again its dependents' needs are not met.
	EveryMsec uint32

	// StopSignal asks it to end; zero means SIGTERM (15).
	StopSignal uint8
	// StopMsec bounds the time from StopSignal to the kill of its cgroup.
	StopMsec uint32

	Limits Limits

	Isolation Isolation

	// Port is of a TCP socket that PID 1 listens on for it, on every address. The
	// service is started when somebody connects, with the socket as its standard
	// input, and accepts there; a zero is none. What it needs and is one-shot runs
	// anew before each such start, and not at boot.
	Port uint16
	// Relay has its standard output be a connection to PID 1, over which it asks for
	// callers whom it has proven: the gate. At most one service has it.
	Relay bool
}

// Rlimit is one resource limit of setrlimit(2).
type Rlimit struct {
	// Name is the kernel's, in lower case without RLIMIT_: "nofile".
	Name string
	Soft uint64
	Hard uint64
}

// Limits are a service's cgroup v2 limits; see the kernel's
// Documentation/admin-guide/cgroup-v2.rst. Zero leaves the kernel's default.
type Limits struct {
	// MemoryMaxBytes is memory.max, MemoryHighBytes is memory.high.
	MemoryMaxBytes  uint64
	MemoryHighBytes uint64
	// CPUMaxUsec of run time in each CPUPeriodUsec is cpu.max; a zero period
	// means 100,000.
	CPUMaxUsec    uint32
	CPUPeriodUsec uint32
	// CPUWeight is cpu.weight, 1 to 10,000.
	CPUWeight uint32
	// PidsMax is pids.max.
	PidsMax uint32
	// IO are lines of io.max.
	IO []IOLimit
}

// IOLimit bounds one block device. Zero leaves a figure without bound.
type IOLimit struct {
	// Disk is its name in the kernel, "vda".
	Disk             string
	ReadBytesPerSec  uint64
	WriteBytesPerSec uint64
	ReadOpsPerSec    uint32
	WriteOpsPerSec   uint32
}
