// Package image builds the root of a node: a SquashFS with PID 1, the manifest,
// the static programs it starts and the few files these need.
//
// Always true here: whatever is in an image stands in its [Table] with a
// reason; the same inputs give the same bytes, wherever, whenever and by
// whomever they are built; nothing needs root.
//
// The parts, each in a file of its own:
//
//	table.go    what is in a root, and why
//	root.go     the rows every root has
//	program.go  Go packages to static binaries, kept by the hash of their inputs
//	squashfs.go a table to a SquashFS, by mksquashfs
//	image.go    all of it, from a manifest and a list of programs
//	walk.go     a finished image read again, and what must not be in it
//	manifests.go, profiles/  what the nodes of the named images shall be
//	profile.go  the named images: base, demo, bench, test
package image
