package image

import "path/filepath"

// Agent is the node's second binary.
func Agent(root string) Program {
	return Program{Path: ProgramFolder + "/agent", Package: "./" + filepath.Join("ctl", "agent"), Module: root,
		Flags: SmallFlags(), Reason: "what is too large or too slow for PID 1"}
}

// inventoryProfile boots, tells what hardware there is, and stays.
func inventoryProfile(root string) Profile {
	return Profile{
		Name:     "inventory",
		What:     "a node that tells its hardware on its second serial port",
		Manifest: profileManifest("inventory"),
		Programs: []Program{Agent(root)},
	}
}
