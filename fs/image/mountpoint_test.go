package image

import (
	"testing"

	"mote/wire"
)

func TestMountPointsOfServices(t *testing.T) {
	m := &wire.Manifest{Services: []wire.Service{{Name: "a", Isolation: wire.Isolation{Writable: []wire.Writable{
		{Path: "/etc/app/a"}, {Path: "/etc/app/a/inner"}, {Path: "/run/a"}, {Path: "/tmp"}, {Path: "/dev/shm"}}}},
		{Name: "b", Isolation: wire.Isolation{Writable: []wire.Writable{{Path: "/etc/app/a/inner"}, {Path: "relative"}}}}}}
	base := baseTable()
	table := withMountPoints(base, m)
	var added []string
	for _, e := range table[len(base):] {
		added = append(added, e.Path)
	}
	want := []string{"/etc/app/a", "/etc/app", "/etc/app/a/inner"}
	if len(added) != len(want) {
		t.Fatalf("added %v, want %v", added, want)
	}
	for i := range want {
		if added[i] != want[i] {
			t.Errorf("added %v, want %v", added, want)
		}
	}
	if err := table.Check(); err != nil {
		t.Error(err)
	}
}
