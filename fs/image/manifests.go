package image

import (
	"embed"

	"mote/ctl/manifest"
	"mote/wire"
)

// The profiles' manifests are documents such as anybody may write.
//
//go:embed profiles/*.yaml
var documents embed.FS

// profileManifest compiles a profile's document, with patches over it. They are
// part of this program: one that is wrong is a fault of it, which a test finds.
func profileManifest(name string, patches ...string) wire.Manifest {
	n := profileDocument(name)
	for _, patch := range patches {
		n = manifest.Patch(n, profileDocument(patch))
	}
	m, problems := manifest.Compile(n, manifest.Values{})
	if len(problems) > 0 {
		panic("image: " + problems.Error())
	}
	return *m
}

func profileDocument(name string) *manifest.Node {
	path := "profiles/" + name + ".yaml"
	text, err := documents.ReadFile(path)
	if err != nil {
		panic("image: " + err.Error())
	}
	n, problems := manifest.Load("fs/image/"+path, text)
	if len(problems) > 0 {
		panic("image: " + problems.Error())
	}
	return n
}
