package wire

import "math"

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
	// Namespaces are names of NamespaceFlag that it has for itself.
	Namespaces []string
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
	NamespacesMax = 4
)

// syscallSetNames is in the order of a filter's bits; nothing writes to it.
var syscallSetNames = [SyscallSetsCount]string{
	"basic", "files", "network", "process", "time", "resources", "identity",
	"clock", "mount", "namespaces", "debug", "admin",
}

// namespaceNames and namespaceFlags are clone(2)'s; nothing writes to them.
var namespaceNames = [NamespacesMax]string{"mount", "ipc", "uts", "net"}

var namespaceFlags = [NamespacesMax]uint32{0x00020000, 0x08000000, 0x04000000, 0x40000000}

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

// isolation reads a service's, which is not empty.
func (d *Decoder) isolation(s *Isolation) {
	start := d.at
	m := d.Map()
	if m.left == 0 {
		d.refuse(RefusedZero, start)
	}
	for d.Next(&m) {
		d.field("isolation")
		switch m.Key {
		case keyIsolationSyscalls:
			s.Syscalls = d.textsField(SyscallSetsCount, SyscallSetsCount*(WordSizeMax+1))
		case keyIsolationSyscallKill:
			s.SyscallKill = d.boolField()
		case keyIsolationImportance:
			s.Importance = uint8(d.uintField(math.MaxUint8))
		case keyIsolationNamespaces:
			s.Namespaces = d.textsField(NamespacesMax, NamespacesMax*(WordSizeMax+1))
		default:
			d.Unknown()
		}
	}
}

// isolationField takes its key back where the map stayed empty.
func (e *Encoder) isolationField(outer *EncoderMap, key uint8, s *Isolation) {
	before, start := *outer, len(e.Out)
	e.Key(outer, key)
	m := e.Map()
	e.textsField(&m, keyIsolationSyscalls, s.Syscalls)
	e.boolField(&m, keyIsolationSyscallKill, s.SyscallKill)
	e.uintField(&m, keyIsolationImportance, uint64(s.Importance))
	e.textsField(&m, keyIsolationNamespaces, s.Namespaces)
	if m.count == 0 {
		*outer, e.Out = before, e.Out[:start]
		return
	}
	e.End(m)
}

// isolation checks the names, and what can't be had together.
func (c *checker) isolation(s *Service) {
	i := &s.Isolation
	for n, name := range i.Syscalls {
		if _, ok := SyscallSets(i.Syscalls[n : n+1]); !ok {
			c.add("isolation.syscalls", "no set "+quote(name)+" of system calls", "see ISOLATION.md for the sets")
		}
		if indexOf(i.Syscalls[:n], name) >= 0 {
			c.add("isolation.syscalls", quote(name)+" stands twice", "keep one")
		}
	}
	if s.NewPrivs && (len(i.Syscalls) != 0 || i.SyscallKill) {
		c.add("isolation.syscalls", "a filter, and new-privs, which allows none", "remove one of them")
	}
	c.most("isolation.importance", uint64(i.Importance), ImportanceMax)
	for n, name := range i.Namespaces {
		if _, ok := NamespaceFlags(i.Namespaces[n : n+1]); !ok {
			c.add("isolation.namespaces", "no namespace "+quote(name), "use mount, ipc, uts or net")
		}
		if indexOf(i.Namespaces[:n], name) >= 0 {
			c.add("isolation.namespaces", quote(name)+" stands twice", "keep one")
		}
	}
}
