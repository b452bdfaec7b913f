package wire

// What a service may reach of the kernel and of the other services.

// Isolation is a service's, by declaration; its zero value is the least that
// daemons in the field run with. See ISOLATION.md.
type Isolation struct {
	// Syscalls are names of SyscallSets that it may use, beside "basic". Empty
	// means SyscallsDefault.
	Syscalls []string
	// SyscallKill ends it at a refused system call, instead of EPERM.
	SyscallKill bool
	// Importance is 1 (killed first when memory is short) to 9; zero is 5.
	Importance uint8
	// Namespaces are names of NamespaceFlags that it has for itself.
	Namespaces []string
	// NodeView shows it the node's own mounts, instead of the services' view with
	// a minimal /dev, masked /proc and /sys, and nothing that can be written.
	NodeView bool
	// Devices are names below /dev that it gets nodes of, with its user as their
	// owner: "ttyUSB0", "net/tun".
	Devices []string
	// Writable are the folders that it may write to.
	Writable []Writable
	// Files are written into folders of Writable before it starts.
	Files []File
	// Reads are the files and folders (with a '/' last) that it may read and
	// execute, beside what it was given; empty means whatever its user may.
	Reads []string
	// TCPBind and TCPConnect are the only ports that it may bind and connect to;
	// empty means any.
	TCPBind, TCPConnect []uint16
	// InsideID is its user and group within its own user namespace; zero is root.
	InsideID uint32
}

// Writable is a folder that a service may write to: a tmpfs of its own, which
// goes with its last process, or the node's folder.
type Writable struct {
	Path string
	// SizeBytes bounds the tmpfs; zero means WritableSizeDefaultBytes.
	SizeBytes uint64
	// Mode is chmod(2)'s; zero is 0700. The service's user owns it.
	Mode uint16
	// Shared is the node's own folder at this path, made where it is not there.
	Shared bool
	// Sealed makes it read-only once Files are in it.
	Sealed bool
}

// File is one of a service's own.
type File struct {
	Path string
	// Content is what stands in it; or Source is a file of the image that is
	// shown there.
	Content, Source string
	// Mode is chmod(2)'s; zero is 0444. Owner is a name of Manifest.Users or a
	// decimal id, empty is root. Both are for Content only.
	Mode  uint16
	Owner string
}

// Makes tells whether path comes to be with the service's start.
func (i *Isolation) Makes(path string) bool {
	for n := range i.Writable {
		if within(path, i.Writable[n].Path) {
			return true
		}
	}
	return false
}

const (
	// SyscallSetsCount is how many sets there are.
	SyscallSetsCount = 12
	// SyscallsNamespaces is the place of "namespaces" among them.
	SyscallsNamespaces = 9
	// SyscallsDefault are the sets of a service that declares none, a bit each:
	// basic, files, network, process, time, resources and identity.
	SyscallsDefault = 1<<7 - 1
	// ImportanceDefault is what a zero importance means.
	ImportanceDefault = 5
	// ImportanceMax is that of what is killed last.
	ImportanceMax = 9
	// NamespacesMax is every kind that can be declared.
	NamespacesMax = 6
	// SyscallsMount is the place of "mount" among the sets.
	SyscallsMount = 8
	// NamespacePID is clone(2)'s flag of "pid".
	NamespacePID = 0x20000000
	// NamespaceUser is that of "user".
	NamespaceUser = 0x10000000
	// WritableSizeDefaultBytes is what a zero size means.
	WritableSizeDefaultBytes = 1 << 20
	// WritableModeDefault is what a zero mode of a folder means.
	WritableModeDefault = 0o700
	// FileModeDefault is that of a file.
	FileModeDefault = 0o444
)

// syscallSetNames is in the order of a filter's bits; nothing writes to it.
var syscallSetNames = [SyscallSetsCount]string{
	"basic", "files", "network", "process", "time", "resources", "identity",
	"clock", "mount", "namespaces", "debug", "admin",
}

// namespaceNames and namespaceFlags are clone(2)'s; nothing writes to them.
var namespaceNames = [NamespacesMax]string{"mount", "ipc", "uts", "net", "pid", "user"}

var namespaceFlags = [NamespacesMax]uint32{0x00020000, 0x08000000, 0x04000000, 0x40000000, NamespacePID, NamespaceUser}

// SyscallSets makes bits of set names; ok is false at a name that is none.
func SyscallSets(names []string) (bits uint16, ok bool) {
	if len(names) == 0 {
		return SyscallsDefault, true
	}
	bits = 1
	for _, name := range names {
		n, known := indexName(syscallSetNames[:], name)
		if !known {
			return 0, false
		}
		bits |= 1 << n
	}
	return bits, true
}

// NamespaceFlags gives unshare(2)'s flags; ok is false at a name that is none.
func NamespaceFlags(names []string) (flags uint32, ok bool) {
	for _, name := range names {
		n, known := indexName(namespaceNames[:], name)
		if !known {
			return 0, false
		}
		flags |= namespaceFlags[n]
	}
	return flags, true
}
