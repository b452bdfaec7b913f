package image

import "path/filepath"

// benchProfile is the job that boot times are compared by: profiles/bench.yaml.
//
// Its programs are stored uncompressed like PID 1: the figure shall say how long
// starting and supervising takes, not how long zstd does.
func benchProfile(root string) Profile {
	program := func(name, folder, reason string) Program {
		return Program{Path: ProgramFolder + "/" + name, Package: "./" + filepath.Join("fs", "image", folder),
			Module: root, Flags: ProgramFlags(), Raw: true, Reason: reason}
	}
	return Profile{
		Name:     "bench",
		What:     "three services that do nothing, for measuring a boot",
		Manifest: profileManifest("bench"),
		Programs: []Program{
			program("bench", "benchprog", "each of the three services"),
			program("observe", "observe", "tells the boot's times and memory once it is over"),
		},
	}
}

// memoryProfile is the bench with an observer that stays a minute, and tells
// every process's memory at ready and after it.
func memoryProfile(root string) Profile {
	p := benchProfile(root)
	p.Name, p.What = "memory", "the bench, watched for a minute by who tells every process's memory"
	p.Manifest = profileManifest("bench", "memory")
	return p
}
