package job

import (
	"slices"
	"testing"

	"mote/wire"
)

func TestKeptDevices(t *testing.T) {
	b, err := wire.AppendManifest(nil, &wire.Manifest{State: "/dev/vdb"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := KeptDevices("quiet mote.state=PARTLABEL=kept mote.key=x", b)
	if want := []string{"PARTLABEL=mote-esp", "PARTLABEL=mote-state", "/dev/vdb", "PARTLABEL=kept"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := KeptDevices("", b[1:]); err == nil {
		t.Errorf("a manifest that can't be read: %q", got)
	}
}
