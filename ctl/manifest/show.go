package manifest

import (
	"reflect"

	"mote/wire"
)

// Show is a manifest as a document, with all its defaults written out.
func Show(m *wire.Manifest) *Node {
	out := &Node{Kind: Map, Entries: []Entry{{Name: versionName, Value: &Node{Text: Version}}}}
	out.Entries = append(out.Entries, showStruct(manifestFields(), reflect.ValueOf(m).Elem()).Entries...)
	return out
}
