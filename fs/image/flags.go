package image

import "strings"

// BuildFlags are the flags of `go build` for one binary.
type BuildFlags struct {
	// LinkerFlags go into -ldflags, one an element.
	LinkerFlags []string
	// CompilerFlags go into -gcflags, for every package, the standard library's too.
	CompilerFlags []string
	// Tags are build tags; tests build with some that no product has.
	Tags []string
	// Entry names the symbol where the kernel starts the program; empty is
	// Go's own.
	Entry string
}

// InitFlags returns how PID 1 is built for an architecture (a GOARCH), and is
// the only place that says so: the image, the size table and the tests all ask
// here. A file of assembly with the entry symbol must exist for goarch.
//
// asyncpreemptoff=1: PID 1 has one goroutine, so the scheduler's SIGURG would
// only interrupt system calls. containermaxprocs=0 and updatemaxprocs=0: it runs
// on one processor by itself, and need not read its cgroup for that. This has to be set by the linker, as the directive
// //go:debug refuses this setting (runtime/runtime1.go).
func InitFlags(goarch string) BuildFlags {
	f := ProgramFlags()
	f.LinkerFlags = append(f.LinkerFlags, "-X", "runtime.godebugDefault=asyncpreemptoff=1,containermaxprocs=0,updatemaxprocs=0")
	// PID 1 takes the time in its first instruction, before Go's runtime starts.
	f.Entry = "mote/init/core.entry"
	return f
}

// ProgramFlags returns how every other program is built.
//
// -s -w leave out the symbol table and DWARF, 1.4 MB of PID 1; Go's own
// tracebacks need neither. -buildid= because the id holds the hash of every
// intermediate step, and a root shall change only when its code does.
func ProgramFlags() BuildFlags {
	return BuildFlags{LinkerFlags: []string{"-s", "-w", "-buildid="}}
}

// SmallFlags returns how programs are built that are large and run for a moment: no
// function is copied to where it is called. That takes a seventh off the agent,
// compressed; PID 1 becomes slower by it and hardly smaller.
func SmallFlags() BuildFlags {
	f := ProgramFlags()
	f.CompilerFlags = []string{"-l"}
	return f
}

// Args returns the arguments of `go build` that stand before -o and the
// package. -trimpath takes this machine's paths out of the binary,
// -buildvcs=false the state of the checkout.
func (f BuildFlags) Args() []string {
	ldflags := ""
	for i, word := range f.LinkerFlags {
		if i > 0 {
			ldflags += " "
		}
		ldflags += word
	}
	if f.Entry != "" {
		ldflags += " -E " + f.Entry
	}
	args := []string{"-trimpath", "-buildvcs=false", "-ldflags", ldflags}
	if len(f.CompilerFlags) > 0 {
		args = append(args, "-gcflags", "all="+strings.Join(f.CompilerFlags, " "))
	}
	if len(f.Tags) > 0 {
		args = append(args, "-tags", strings.Join(f.Tags, ","))
	}
	return args
}

// BuildEnv returns the environment words that `go build` needs for a static
// binary of an architecture. What a user may have set and would change the
// bytes is set too.
func BuildEnv(goarch string) []string {
	return []string{
		"GOOS=linux",
		"GOARCH=" + goarch,
		"CGO_ENABLED=0",
		// Not empty: the go command would then take what `go env -w` has stored.
		"GOFLAGS=-trimpath",
		"GOEXPERIMENT=",
		"GOWORK=off",
		"GOAMD64=v1",
		"GOARM64=v8.0",
	}
}
