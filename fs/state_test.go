package fs

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
)

var stateSeed = flag.Uint64("state-seed", 1, "seed of the state area's random histories")

// disk is a state area's bytes. It breaks what a test breaks by hand.
type disk []byte

func newDisk() disk { return make(disk, StateBytes) }

// load reads the whole area, as a boot does.
func (d disk) load() *State {
	s := new(State)
	s.Reset()
	for k := range StateKey(StateKeysMax) {
		for n := range StateCopies {
			at := StateOffset(k, n)
			s.Take(k, n, d[at:at+StateBlockBytes])
		}
	}
	return s
}

// put writes a value that nothing disturbs.
func (d disk) put(t *testing.T, s *State, key StateKey, content string) {
	t.Helper()
	block, at := pending(t, s, key, content)
	copy(d[at:], block)
	s.Wrote(key, true)
}

func pending(t *testing.T, s *State, key StateKey, content string) ([]byte, int64) {
	t.Helper()
	put, block, at := s.Put(key, []byte(content), make([]byte, 0, StateBlockBytes))
	if put != StateWrite || len(block) != StateBlockBytes {
		t.Fatalf("put answers %d with %d bytes", put, len(block))
	}
	return block, at
}

// history is an area in which each place of the key has been used, so that what
// lies below a torn write is an old record.
func history(t *testing.T, writes int) (disk, *State) {
	d := newDisk()
	s := d.load()
	for n := range writes {
		d.put(t, s, StateClock, "value "+string(rune('a'+n))+" of some length")
	}
	return d, s
}

// isOldOrNew boots from a damaged area.
func isOldOrNew(t *testing.T, d disk, old, new string) (sawNew bool) {
	t.Helper()
	got := string(d.load().Get(StateClock))
	if got != old && got != new {
		t.Fatalf("reads %q, neither %q nor %q", got, old, new)
	}
	return got == new
}

// TestStateTornWrites cuts a write at every byte, keeps every subset of its
// sectors of 512 bytes, and drops it: a boot reads old or new, nothing else.
func TestStateTornWrites(t *testing.T) {
	cuts, subsets, news := 0, 0, 0
	for writes := range 5 {
		d, s := history(t, writes)
		old := string(s.Get(StateClock))
		block, at := pending(t, s, StateClock, "the newest")
		try := func(change func(place []byte)) {
			place := d[at : at+StateBlockBytes]
			below := bytes.Clone(place)
			change(place)
			if isOldOrNew(t, d, old, "the newest") {
				news++
			}
			copy(place, below)
		}
		for cut := range StateBlockBytes + 1 {
			try(func(p []byte) { copy(p, block[:cut]) })
			cuts++
		}
		for set := range 256 {
			try(func(p []byte) {
				for sector := range 8 {
					if set&(1<<sector) != 0 {
						copy(p[sector*512:(sector+1)*512], block[sector*512:])
					}
				}
			})
			subsets++
		}
	}
	t.Logf("%d cuts, %d subsets of sectors: %d read the new value, the others the old one", cuts, subsets, news)
	if news == 0 || news == cuts+subsets {
		t.Error("only one of both outcomes was seen")
	}
}

// TestStateReorderedWrites keeps each subset of three keys' writes that were
// under way together: every key by itself is old or new.
func TestStateReorderedWrites(t *testing.T) {
	keys := []StateKey{StateBoot, StateClock, StateCrashes}
	for set := range 8 {
		d := newDisk()
		s := d.load()
		for _, k := range keys {
			d.put(t, s, k, "old")
		}
		for n, k := range keys {
			block, at := pending(t, s, k, "new")
			if set&(1<<n) != 0 {
				copy(d[at:], block)
			}
		}
		for n, k := range keys {
			want := "old"
			if set&(1<<n) != 0 {
				want = "new"
			}
			if got := string(d.load().Get(k)); got != want {
				t.Errorf("subset %d: key %d is %q, not %q", set, k, got, want)
			}
		}
	}
}

// TestStateBitRot flips each bit of each copy of a key: the newest whole copy is
// read, and the next write takes the place of the bad one.
func TestStateBitRot(t *testing.T) {
	d, s := history(t, 4)
	old := string(s.Get(StateClock))
	before := "value c of some length"
	flips := 0
	for n := range StateCopies {
		at := StateOffset(StateClock, n)
		for bit := range StateBlockBytes * 8 {
			d[at+int64(bit/8)] ^= 1 << (bit % 8)
			isOldOrNew(t, d, before, old)
			d[at+int64(bit/8)] ^= 1 << (bit % 8)
			flips++
		}
	}
	t.Logf("%d flipped bits", flips)
	newest := StateOffset(StateClock, 0) // the fourth write
	d[newest+30] ^= 4
	s = d.load()
	if _, at := pending(t, s, StateClock, "mended"); at != newest {
		t.Errorf("the next write goes to %d, not over the bad copy at %d", at, newest)
	}
}

// TestStateMisdirectedWrites puts a block into every other place: it is no
// record there, and what it destroyed is read from the copy before.
func TestStateMisdirectedWrites(t *testing.T) {
	for k := range StateKey(StateKeysMax) {
		for n := range StateCopies {
			d, s := history(t, 4)
			old := string(s.Get(StateClock))
			block, right := pending(t, s, StateClock, "misdirected")
			at := StateOffset(k, n)
			if at == right {
				continue
			}
			copy(d[at:], block)
			isOldOrNew(t, d, "value c of some length", old)
			if k != StateClock && d.load().Get(k) != nil {
				t.Errorf("key %d has a value that was written to another", k)
			}
		}
	}
}

// TestStateFailedFlush: the first failure is final for the place, also when a
// later flush succeeds; the value before stands until another place took it.
func TestStateFailedFlush(t *testing.T) {
	d, s := history(t, 3)
	old := string(s.Get(StateClock))
	_, first := pending(t, s, StateClock, "lost")
	s.Wrote(StateClock, false)
	if got := string(s.Get(StateClock)); got != old {
		t.Errorf("claims %q after a write that failed", got)
	}
	block, second := pending(t, s, StateClock, "kept")
	if second == first || StateOffset(StateClock, int(s.keys[StateClock].newest)) == second {
		t.Errorf("written again at %d, after a failure at %d", second, first)
	}
	copy(d[second:], block)
	s.Wrote(StateClock, true)
	if got := string(d.load().Get(StateClock)); got != "kept" {
		t.Errorf("reads %q", got)
	}
	pending(t, s, StateClock, "lost too")
	s.Wrote(StateClock, false)
	if put, _, _ := s.Put(StateClock, []byte("more"), make([]byte, 0, StateBlockBytes)); put != StateFull {
		t.Errorf("with one place left, which holds the newest, put answers %d", put)
	}
	if s.Failures != 2 || string(s.Get(StateClock)) != "kept" {
		t.Errorf("%d failures, value %q", s.Failures, s.Get(StateClock))
	}
}

// TestStateUnreadable: a copy that can't be read in one boot, and can in the
// next, does not hide what was written meanwhile.
func TestStateUnreadable(t *testing.T) {
	for lost := range StateCopies {
		d, s := history(t, 4)
		at := StateOffset(StateClock, lost)
		block := bytes.Clone(d[at : at+StateBlockBytes])
		s.Reset()
		for n := range StateCopies {
			if at := StateOffset(StateClock, n); n == lost {
				s.Unreadable(StateClock, n)
			} else {
				s.Take(StateClock, n, d[at:at+StateBlockBytes])
			}
		}
		d.put(t, s, StateClock, "meanwhile")
		if !bytes.Equal(d[at:at+StateBlockBytes], block) {
			t.Errorf("copy %d was written over unread", lost)
		}
		if got := string(d.load().Get(StateClock)); got != "meanwhile" {
			t.Errorf("with copy %d back it reads %q", lost, got)
		}
	}
}

// TestStateEmpty: an absent or zeroed area, or one full of anything, has no
// value; nothing is made up.
func TestStateEmpty(t *testing.T) {
	for _, fill := range []byte{0, 0xff, 0x4d} {
		d := disk(bytes.Repeat([]byte{fill}, StateBytes))
		s := d.load()
		for k := range StateKey(StateKeysMax) {
			if s.Get(k) != nil {
				t.Errorf("filled with %#x key %d has a value", fill, k)
			}
		}
	}
}

// TestStateOtherReleases: a newer record is neither read nor written over, one
// that says it may be read is, and a key without a name keeps its value.
func TestStateOtherReleases(t *testing.T) {
	tomorrow := func(place, key int, reads byte) []byte {
		b := appendRecord(nil, place, key, 9, []byte("of tomorrow"))
		end := stateHeadBytes + len("of tomorrow")
		b[4], b[5] = stateFormat+1, reads
		putLE(b[end:end+8], stateSum(place, b[:end]))
		return b
	}
	d, s := history(t, 2)
	old := string(s.Get(StateClock))
	at := StateOffset(StateClock, 2)
	copy(d[at:], tomorrow(int(StateClock)*statePlaces+2, int(StateClock), stateFormat+1))
	s = d.load()
	if got := string(s.Get(StateClock)); got != old {
		t.Errorf("reads %q from a format that it may not read", got)
	}
	kept := bytes.Clone(d[at : at+StateBlockBytes])
	for n := range 5 {
		d.put(t, s, StateClock, string(rune('p'+n)))
	}
	if !bytes.Equal(kept, d[at:at+StateBlockBytes]) {
		t.Error("a newer release's record was written over")
	}
	copy(d[at:], tomorrow(int(StateClock)*statePlaces+2, int(StateClock), stateFormat))
	copy(d[StateOffset(13, 0):], tomorrow(13*statePlaces, 13, stateFormat))
	if got := string(d.load().Get(13)); got != "of tomorrow" {
		t.Errorf("an unknown key reads %q", got)
	}
}

// TestStateHistories lives through random writes, failures and boots beside a
// model that only remembers what may be read.
func TestStateHistories(t *testing.T) {
	t.Logf("-state-seed %d", *stateSeed)
	r := rand.New(rand.NewPCG(*stateSeed, 0))
	writes, cuts := 0, 0
	for range 300 {
		d := newDisk()
		s := d.load()
		// The first is what a read gives now; the others are of writes that failed,
		// of which a boot may find the one or the other whole.
		var may [StateKeysMax][]string
		for k := range may {
			may[k] = []string{""}
		}
		for range 100 {
			k := StateKey(r.IntN(StateKeysMax))
			value := make([]byte, 1+r.IntN(StateContentMax))
			for i := range value {
				value[i] = byte(r.Uint32())
			}
			put, block, at := s.Put(k, value, make([]byte, 0, StateBlockBytes))
			if put != StateWrite {
				continue // full: places failed
			}
			writes++
			switch r.IntN(4) {
			case 0: // power fails within the write
				cuts++
				copy(d[at:], block[:r.IntN(StateBlockBytes+1)])
				may[k] = append(may[k], string(value))
				s = d.load()
				if s.Foreign() {
					t.Fatal("an area is taken for somebody else's")
				}
				for k := range may {
					got := string(s.Get(StateKey(k)))
					if !slices.Contains(may[k], got) {
						t.Fatalf("key %d reads what was never written to it, or what was replaced", k)
					}
					may[k] = []string{got}
				}
			case 1: // it fails, and something of it may be there
				copy(d[at:], block[:r.IntN(StateBlockBytes+1)])
				s.Wrote(k, false)
				may[k] = append(may[k], string(value))
			default:
				copy(d[at:], block)
				s.Wrote(k, true)
				may[k] = []string{string(value)}
			}
			if got := string(s.Get(k)); got != may[k][0] {
				t.Fatal("a value changed by itself")
			}
		}
	}
	t.Logf("%d writes, %d of them cut by a boot", writes, cuts)
}

// TestStateDayOfClock: a value an hour is far below what flash may take in a day.
func TestStateDayOfClock(t *testing.T) {
	d := newDisk()
	s := d.load()
	for hour := range 24 {
		d.put(t, s, StateClock, string(rune('a'+hour)))
	}
	if s.WrittenBytes != 24*StateBlockBytes || s.WrittenBytes >= 1_000_000 {
		t.Errorf("%d bytes a day", s.WrittenBytes)
	}
}

// FuzzStateRecord: no bytes make the decoder panic, and what it takes it gives
// back.
func FuzzStateRecord(f *testing.F) {
	f.Add(7, appendRecord(nil, 7, 2, 3, []byte("value")))
	f.Fuzz(func(t *testing.T, place int, b []byte) {
		if r, ok := decodeRecord(place, b); ok && !r.newer && b[4] == stateFormat && b[5] == stateFormat && le(b[20:24]) == 0 {
			again := appendRecord(nil, place, r.key, r.sequence, r.content)
			end := stateHeadBytes + len(r.content) + stateSumBytes
			if !bytes.Equal(again[:end], b[:end]) {
				t.Error("encodes otherwise than it was")
			}
		}
	})
}
