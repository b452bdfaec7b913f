package release

// The bounds of a release file. What goes past one is refused by name, before
// anything of that size is read.
const (
	// headerBytesMax bounds the encoded header: five parts and a few short texts
	// are under 1 KiB.
	headerBytesMax = 16 << 10
	// partsMax bounds the parts of a file; there are four kinds.
	partsMax = 8
	// partBytesMax bounds one part: a kube root is 60 MB, and RAM-only machines
	// hold it whole.
	partBytesMax = 256 << 20
	// wordBytesMax bounds version, profile, architecture and names of programs.
	wordBytesMax = 63
	// counterMax bounds the security counter, so that one forged or mistyped
	// release can't lock a machine out of all that follow.
	counterMax = 1 << 32
	// CounterJumpMax is how far a release may be ahead of what a node accepts.
	CounterJumpMax = 1000
)
