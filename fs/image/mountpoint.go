package image

import (
	"path"
	"slices"

	"mote/wire"
)

// withMountPoints adds the folders that the services' own file systems are
// mounted on, and those above them, where the table has them not. What lies below
// /run, or within another of the same service, is made on the node.
func withMountPoints(t Table, m *wire.Manifest) Table {
	for i := range m.Services {
		s := &m.Services[i]
		for n, w := range s.Isolation.Writable {
			before := wire.Isolation{Writable: s.Isolation.Writable[:n]}
			if path.Dir(w.Path) == "/run" || w.Path == "/dev/shm" || before.Makes(w.Path) {
				continue
			}
			for folder := w.Path; plainPath(folder) && folder != "/"; folder = path.Dir(folder) {
				if slices.ContainsFunc(t, func(e Entry) bool { return e.Path == folder }) {
					break
				}
				t = append(t, Entry{Path: folder, Kind: KindFolder, Mode: 0o755,
					Reason: "mount point of " + w.Path + " for the service " + s.Name})
			}
		}
	}
	return t
}
