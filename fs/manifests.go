package fs

// Manifests that operators sent, kept behind the state area's records: too large for
// one, so each stands in a slot of its own, and a record (StateManifest) tells which
// slots count, with the length and the sum of each.
//
// Always true here: what the record names is never written over. There is a slot for
// the manifest in force, for the one before it, and for the next; so a write that is
// cut short leaves what the record names, and the record itself is old or new.
const (
	// ManifestSlots are as many as that.
	ManifestSlots = 3
	// ManifestSlotBytes holds the largest envelope of wire's (262,384 bytes), in whole
	// blocks.
	ManifestSlotBytes = 65 * StateBlockBytes
	// StateAreaBytes is what records and slots take together; a device that is smaller
	// keeps no manifests.
	StateAreaBytes = StateBytes + ManifestSlots*ManifestSlotBytes
)

// ManifestOffset is where a slot begins, in bytes from the area's start; slots count
// from 1.
func ManifestOffset(slot int) int64 { return StateBytes + int64(slot-1)*ManifestSlotBytes }
