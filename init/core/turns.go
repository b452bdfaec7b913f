package core

import "math/bits"

// turns is what the loop knows of itself: how long its turns took, from waking
// to the end of flush.
type turns struct {
	count   uint64
	orphans uint64 // reaped for others
	faults  uint64 // cells that can't happen, reached all the same
	maxNsec int64
	events  uint64
	ranks   [ranksCount]rankCount
	// buckets[n] counts turns of less than 2^n µs, and not less than half that.
	buckets [turnBuckets]uint64
}

// turnBuckets end at 2^23 µs, eight seconds; a longer turn is counted there.
const turnBuckets = 24

// rankCount is what the sources of one rank did.
type rankCount struct {
	events      uint64 // times that one was ready
	dropped     uint64 // pieces of input that were refused or lost
	longestNsec int64  // of a take
}

func (t *turns) note(nsec int64) {
	t.count++
	t.maxNsec = max(t.maxNsec, nsec)
	t.buckets[min(bits.Len64(uint64(max(nsec, 0))/1000), turnBuckets-1)]++
}
