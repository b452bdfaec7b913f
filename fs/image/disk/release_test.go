package disk

import (
	"strings"
	"testing"

	"mote/fs/image/release"
)

// edition is a release of a version; hash tells one root from another.
func edition(version string, hash byte) Release {
	h := release.Header{Version: version, Profile: "edge", Arch: "amd64", BuiltSec: 1767225600}
	h.RootHash[0] = hash
	return Release{Header: h, Tries: TriesMax, Parts: release.Contents{
		release.KindUKI: []byte("kernel"), release.KindRoot: []byte("root"), release.KindTree: []byte("tree"), release.KindLoader: []byte("loader")}}
}

func TestEntriesAreCountedAndFit(t *testing.T) {
	spec, err := Lay([]Release{edition("1.0", 1), edition("0.9", 2)}, 512, nil)
	if err != nil {
		t.Fatal(err)
	}
	var entries []string
	for _, f := range spec.Files {
		if name, ok := strings.CutPrefix(f.Path, "/EFI/Linux/"); ok {
			entries = append(entries, name)
		}
	}
	if got, want := strings.Join(entries, " "), "mote-a-1.0-edge+3-0.efi mote-b-0.9-edge+3-0.efi"; got != want {
		t.Errorf("entries %s, want %s", got, want)
	}
	// The folder's own entries, two of ours, and a third while one gets a new name:
	// a slot of 32 bytes for each 13 letters, and one more for each entry.
	const slots = 2 + 3*((entryNameMax+12)/13+1)
	if slots*32 > 512 {
		t.Errorf("%d slots are more than a sector", slots)
	}
}

func TestDisksThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		slots []Release
		want  string
	}{
		"the same release twice": {[]Release{edition("1.0", 1), edition("1.0", 1)}, "both slots hold the same release"},
		"a name too long":        {[]Release{edition("1.0-"+strings.Repeat("x", 20), 1)}, "shorten the version"},
		"no slot":                {nil, "0 slots"},
	} {
		if _, err := Lay(c.slots, 512, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
