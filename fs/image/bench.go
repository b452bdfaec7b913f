package image

import (
	"path/filepath"
	"strconv"

	"mote/wire"
)

// benchProfile is the job that boot times are compared by: mounts, cgroups, a
// static eth0 from the kernel word ip=, three supervised services, and readiness
// by the last, which waits for the other two.
//
// Its programs are stored uncompressed like PID 1: the figure shall say how long
// starting and supervising takes, not how long zstd does.
func benchProfile(root string) Profile {
	service := func(name, way string, ready wire.Ready, needs ...string) wire.Service {
		return wire.Service{
			Name:    name,
			Kind:    wire.KindDaemon,
			Exec:    []string{"/bin/bench"},
			Env:     []string{"BENCH=" + way},
			Needs:   needs,
			Ready:   ready,
			Restart: wire.RestartAlways,
			// One limit, so that a cgroup is written to: the other inits of the
			// comparison do that too. A Go program has about five threads.
			Limits: wire.Limits{PidsMax: 16},
		}
	}
	observe := wire.Service{
		Name: "observe",
		// It runs once; that it failed is seen, and doesn't keep the node from ready.
		Kind: wire.KindOneShot,
		Exec: []string{"/bin/observe"},
		// To read PID 1's smaps_rollup, see proc_pid_smaps(5).
		Caps:      []string{"sys_ptrace"},
		Needs:     []string{"last"},
		Optional:  true,
		Ready:     wire.ReadyExit,
		StartMsec: 60_000,
		Restart:   wire.RestartNever,
		Limits:    wire.Limits{PidsMax: 16},
	}
	program := func(name, folder, reason string) Program {
		return Program{Path: ProgramFolder + "/" + name, Package: "./" + filepath.Join("fs", "image", folder),
			Module: root, Flags: ProgramFlags(), Raw: true, Reason: reason}
	}
	return Profile{
		Name: "bench",
		What: "three services that do nothing, for measuring a boot",
		Manifest: wire.Manifest{
			Node: "mote-bench",
			Services: []wire.Service{
				service("first", "wait", wire.ReadyExec),
				service("second", "notify", wire.ReadyNotify),
				service("last", "last", wire.ReadyNotify, "first", "second", wire.StageNetwork),
				observe,
			},
		},
		Programs: []Program{
			program("bench", "benchprog", "each of the three services"),
			program("observe", "observe", "tells the boot's times and memory once it is over"),
		},
	}
}

// weighSec is how long the memory profile asks PID 1 once a second.
const weighSec = 60

// memoryProfile is the bench with an observer that stays a minute, and tells
// every process's memory at ready and after it.
func memoryProfile(root string) Profile {
	p := benchProfile(root)
	p.Name, p.What = "memory", "the bench, watched for a minute by who tells every process's memory"
	observe := &p.Manifest.Services[len(p.Manifest.Services)-1]
	observe.Env = append(observe.Env, "OBSERVE_SEC="+strconv.Itoa(weighSec))
	// The minute, and what a busy host makes of it.
	observe.StartMsec = 5 * 60_000
	return p
}
