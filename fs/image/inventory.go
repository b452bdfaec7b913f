package image

import (
	"path/filepath"

	"mote/wire"
)

// InventoryOut is where the inventory image writes its JSON: the second serial
// port, whose first is the console.
const InventoryOut = "/dev/ttyS1"

// agentProgram is the node's second binary.
func agentProgram(root string) Program {
	return Program{Path: ProgramFolder + "/agent", Package: "./" + filepath.Join("ctl", "agent"), Module: root,
		Flags: ProgramFlags(), Reason: "what is too large or too slow for PID 1"}
}

// inventoryProfile boots, tells what hardware there is, and stays.
func inventoryProfile(root string) Profile {
	return Profile{
		Name: "inventory",
		What: "a node that tells its hardware on its second serial port",
		Manifest: wire.Manifest{
			Node: "mote-inventory",
			Services: []wire.Service{{
				Name: "inventory",
				Kind: wire.KindOneShot,
				Exec: []string{"/bin/agent", "job", "inventory", "-o", InventoryOut},
				// NVMe admin commands and the EFI variables' file system need it.
				Caps:      []string{"sys_admin"},
				Ready:     wire.ReadyExit,
				StartMsec: 120_000,
				Restart:   wire.RestartNever,
				Limits:    wire.Limits{PidsMax: 64},
				Isolation: wire.Isolation{Syscalls: []string{"files", "network", "process", "time", "resources", "identity", "clock", "mount"}},
			}},
		},
		Programs: []Program{agentProgram(root)},
	}
}
