package fs

// The state area: a few small values that outlive the boot. It decides where a
// value is read from and written to; whoever holds it makes the calls.
//
// Always true here: the newest whole record of a key is never written over, so a
// write that is cut short leaves it; a write is believed only once its caller
// says that it and its flush succeeded; a place where that failed is not used
// again until the next boot, for a flush that succeeds later says nothing of
// what was lost before.

// StateKey names a value. Numbers are for ever: one is never used for another
// meaning.
type StateKey uint8

// The keys. A record of a key that this release does not know is left alone.
const (
	StateBoot     StateKey = iota // how often the node booted, and how the last boot ended
	StateClock                    // the last time that was known to be true
	StateCrashes                  // crashes of PID 1
	StateIdentity                 // kept free for the node's identity
	StateLeases                   // which address each card was leased last, and by whom
	StateSlots                    // the highest security counter that was accepted, and which releases were ready
	StateManifest                 // which manifests are kept, see manifests.go
)

const (
	// StateKeysMax keys fit the area, known or not.
	StateKeysMax = 16
	// statePlaces of a key: the newest value, one before it, and one for when
	// the place of that fails.
	statePlaces = 3
	// stateLeap is past any sequence that one copy can be ahead of another.
	stateLeap = 1 << 16
	// StateBytes is the area's size. All of it is there from the beginning:
	// nothing is allocated by an update.
	StateBytes = StateKeysMax * statePlaces * StateBlockBytes
)

// StatePut is the answer to a wish to write.
type StatePut uint8

// What a wish to write comes to.
const (
	// StateWrite: write the block at its offset, flush, and say how it ended.
	StateWrite StatePut = iota
	// StateSame: the value stands there already.
	StateSame
	// StateBusy: a write of this key is under way; ask again after its end.
	StateBusy
	// StateFull: no place is left for it, as writes failed or hold a newer
	// release's values; the value as it was stands.
	StateFull
	// StateRefused: no such key, or too long.
	StateRefused
)

// placeState is what is known of a place.
type placeState uint8

const (
	placeEmpty placeState = iota // nothing whole: free
	placeWhole
	placeNewer  // a later release's: neither read nor written over
	placeFailed // could not be read or written in this boot
)

// entry is one key of the area.
type entry struct {
	_         [0]func()
	places    [statePlaces]placeState
	sequences [statePlaces]uint64
	newest    int8 // −1: none
	writing   int8 // −1: none
	length    uint16
	sequence  uint64 // the largest ever seen, of whatever format
	unknown   bool   // a copy was not whole: it may have held a larger one
	next      uint16 // length of what is being written
	content   [StateContentMax]byte
	pending   [StateContentMax]byte
}

// State is the area as it is known in memory.
type State struct {
	_    [0]func() // never compared: the compiler would write how
	keys [StateKeysMax]entry
	// Writes and WrittenBytes count what succeeded, Failures what did not, since
	// boot.
	Writes, WrittenBytes, Failures uint64
	// own: a copy that was read is of an area; strange: one is neither that nor empty.
	own, strange bool
	// Damaged counts copies that were read and begin with something, but are no
	// whole record for their place: a write that power cut short leaves one. Newer
	// counts those of a later release.
	Damaged, Newer uint32
}

// Reset makes the area empty: nothing was read yet, or there is none.
func (s *State) Reset() {
	*s = State{}
	for k := range s.keys {
		s.keys[k].newest, s.keys[k].writing = -1, -1
	}
}

// StateOffset is where copy n of a key stands, in bytes from the area's start;
// n counts from 0 to StateCopies.
func StateOffset(key StateKey, n int) int64 {
	return int64(int(key)*statePlaces+n) * StateBlockBytes
}

// StateCopies is how many places a key has.
const StateCopies = statePlaces

// Take digests copy n of a key as it was read. What is not whole, or not meant
// for this place, counts as empty.
func (s *State) Take(key StateKey, n int, block []byte) {
	if int(key) >= StateKeysMax || n < 0 || n >= statePlaces {
		return
	}
	e := &s.keys[key]
	r, ok := decodeRecord(int(key)*statePlaces+n, block)
	if !ok || r.key != int(key) {
		e.unknown = true
		origin := originOf(block)
		s.own, s.strange = s.own || origin == originArea, s.strange || origin == originElse
		if len(block) >= 4 && le(block[:4]) != 0 {
			s.Damaged++
		}
		return
	}
	s.own = true
	e.sequence = max(e.sequence, r.sequence)
	if r.newer {
		e.places[n] = placeNewer
		s.Newer++
		return
	}
	e.places[n], e.sequences[n] = placeWhole, r.sequence
	if e.newest < 0 || r.sequence > e.sequences[e.newest] {
		e.newest = int8(n)
		e.length = uint16(copy(e.content[:], r.content))
	}
}

// Foreign tells that the device holds something, and nothing of a state area: it
// must not be written to. Neither a write that was cut short nor a flipped bit, in
// an area that has but this one record, makes it so.
func (s *State) Foreign() bool { return s.strange && !s.own }

// Unreadable: copy n of a key could not be read. What stands there is unknown,
// so it is not written over in this boot.
func (s *State) Unreadable(key StateKey, n int) {
	if int(key) < StateKeysMax && n >= 0 && n < statePlaces {
		s.keys[key].places[n], s.keys[key].unknown = placeFailed, true
		s.Failures++
	}
}

// Generation is the sequence of the newest value of a key, 0: none.
func (s *State) Generation(key StateKey) uint64 {
	if int(key) >= StateKeysMax || s.keys[key].newest < 0 {
		return 0
	}
	return s.keys[key].sequences[s.keys[key].newest]
}

// Get gives the value of a key; nil means that there is none. It is valid until
// the next Take or Wrote.
func (s *State) Get(key StateKey) []byte {
	if int(key) >= StateKeysMax || s.keys[key].newest < 0 {
		return nil
	}
	e := &s.keys[key]
	return e.content[:e.length:e.length]
}

// Put asks to write a value. With StateWrite it has filled block (capacity at
// least StateBlockBytes) and tells where that goes; Wrote must follow.
func (s *State) Put(key StateKey, content, block []byte) (put StatePut, filled []byte, offset int64) {
	if int(key) >= StateKeysMax || len(content) > StateContentMax {
		return StateRefused, nil, 0
	}
	e := &s.keys[key]
	if e.writing >= 0 {
		return StateBusy, nil, 0
	}
	if e.newest >= 0 && string(content) == string(e.content[:e.length]) {
		return StateSame, nil, 0
	}
	n := e.oldest()
	if n < 0 || e.sequence > ^uint64(0)-2*stateLeap {
		return StateFull, nil, 0
	}
	// A number that was given out once is never given out again, also when its
	// write failed: what may have reached the disk stays the older one.
	e.sequence++
	if e.unknown {
		// A copy that can't be read now may be readable at the next boot: it must
		// then be the older one.
		e.sequence, e.unknown = e.sequence+stateLeap, false
	}
	e.writing, e.next = int8(n), uint16(copy(e.pending[:], content))
	place := int(key)*statePlaces + n
	return StateWrite, appendRecord(block[:0], place, int(key), e.sequence, content), StateOffset(key, n)
}

// oldest gives the place to write next: an empty one, else the whole one with
// the lowest sequence but the newest. −1: none.
func (e *entry) oldest() int {
	best := -1
	for n := range e.places {
		switch {
		case e.places[n] == placeEmpty:
			return n
		case e.places[n] != placeWhole || n == int(e.newest):
		case best < 0 || e.sequences[n] < e.sequences[best]:
			best = n
		}
	}
	return best
}

// Withdraw tells that a write of a key never began (the device could not be
// opened), so that nothing of it can have reached the disk: its place stays as
// good as it was.
func (s *State) Withdraw(key StateKey) {
	if int(key) < StateKeysMax {
		s.keys[key].writing = -1
	}
}

// Wrote tells how the write of a key ended, with its flush. After a failure the
// value before it stands, and the place is left alone until the next boot.
func (s *State) Wrote(key StateKey, ok bool) {
	if int(key) >= StateKeysMax || s.keys[key].writing < 0 {
		return
	}
	e := &s.keys[key]
	n := e.writing
	e.writing = -1
	if !ok {
		e.places[n] = placeFailed
		s.Failures++
		return
	}
	s.Writes++
	s.WrittenBytes += StateBlockBytes
	e.places[n], e.sequences[n], e.newest = placeWhole, e.sequence, n
	e.length = uint16(copy(e.content[:], e.pending[:e.next]))
}

// Code passes what is known of a key through number and bytes, each of which
// gives back what it was given, or what it was given when somebody else called
// Code: so knowledge moves to another program without the disk being read anew.
// The caller says Wrote of a write that was under way. False: what came is no knowledge.
func (s *State) Code(key StateKey, number func(int64) int64, bytes func([]byte)) bool {
	e := &s.keys[key]
	ok := true
	for n := range e.places {
		place := number(int64(e.places[n]))
		ok = ok && place >= 0 && place <= int64(placeFailed)
		e.places[n] = placeState(place)
		e.sequences[n] = uint64(number(int64(e.sequences[n])))
	}
	newest, writing, length := number(int64(e.newest)), number(int64(e.writing)), number(int64(e.length))
	unknown := int64(0)
	if e.unknown {
		unknown = 1
	}
	e.sequence, unknown = uint64(number(int64(e.sequence))), number(unknown)
	bytes(e.content[:])
	if !ok || newest < -1 || newest >= statePlaces || writing < -1 || writing >= statePlaces ||
		length < 0 || length > StateContentMax {
		return false
	}
	e.newest, e.writing, e.length, e.unknown = int8(newest), int8(writing), uint16(length), unknown != 0
	return true
}

// CodeCounts is Code for what was counted.
func (s *State) CodeCounts(number func(int64) int64) {
	for _, n := range [...]*uint64{&s.Writes, &s.WrittenBytes, &s.Failures} {
		*n = uint64(number(int64(*n)))
	}
	s.Damaged, s.Newer = uint32(number(int64(s.Damaged))), uint32(number(int64(s.Newer)))
}

// Values counts the keys that have a value; sequence is the largest of theirs, 0:
// none.
func (s *State) Values() (count uint32, sequence uint64) {
	for k := range s.keys {
		if at := s.Generation(StateKey(k)); at > 0 {
			count++
			sequence = max(sequence, at)
		}
	}
	return count, sequence
}
