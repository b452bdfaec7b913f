package core

import (
	"crypto/ed25519"
	"testing"

	"mote/fs"
	"mote/wire"
)

// operator makes a key by its first byte, and lists it.
func operator(n byte) (ed25519.PrivateKey, wire.Operator) {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = n
	key := ed25519.NewKeyFromSeed(seed)
	o := wire.Operator{Name: "operator-" + string('a'+rune(n))}
	copy(o.Key[:], key.Public().(ed25519.PublicKey))
	return key, o
}

// seal signs a manifest that lists some operators.
func seal(t *testing.T, key ed25519.PrivateKey, generation uint64, machine string, access ...wire.Operator) []byte {
	t.Helper()
	compiled, err := wire.AppendManifest(nil, &wire.Manifest{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := wire.AppendSigned(nil, &wire.SignedManifest{Generation: generation, Manifest: compiled, Machine: machine})
	if err != nil {
		t.Fatal(err)
	}
	v := wire.Envelope{Signed: signed}
	copy(v.Key[:], key.Public().(ed25519.PublicKey))
	copy(v.Signature[:], ed25519.Sign(key, append([]byte(wire.EnvelopeContext), signed...)))
	b, err := wire.AppendEnvelope(nil, &v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stored is what stands on a disk: a record and its slots.
type stored struct {
	record keptRecord
	slots  [fs.ManifestSlots + 1][]byte
}

func (s *stored) put(slot int, generation uint64, b []byte) keptPlace {
	s.slots[slot] = b
	return keptPlace{slot, generation, len(b), sum(sumSeed, b)}
}

// TestChooseKept: which manifest a boot takes of what is on the disk.
func TestChooseKept(t *testing.T) {
	a, opA := operator(0)
	b, opB := operator(1)
	stranger, opC := operator(2)
	image := &held{manifest: &wire.Manifest{Access: []wire.Operator{opA}}}
	for name, c := range map[string]struct {
		fill    func(s *stored)
		use     uint64 // 0: the image's
		alarmed bool
	}{
		"nothing": {func(*stored) {}, 0, false},
		"current": {func(s *stored) { s.record.current = s.put(1, 5, seal(t, a, 5, "", opA)) }, 5, false},
		"staged": {func(s *stored) {
			s.record.current, s.record.pending = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(2, 6, seal(t, a, 6, "", opA))
		}, 6, false},
		"tried": {func(s *stored) {
			s.record.current, s.record.pending, s.record.trying = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(2, 6, seal(t, a, 6, "", opA)), true
		}, 5, false},
		"staged is damaged": {func(s *stored) {
			s.record.current, s.record.pending = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(2, 6, seal(t, a, 6, "", opA))
			s.slots[2][40] ^= 1
		}, 5, true},
		"current is damaged": {func(s *stored) {
			s.record.current, s.record.previous = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(3, 4, seal(t, a, 4, "", opA))
			s.slots[1][40] ^= 1
		}, 4, true},
		"current can't be read": {func(s *stored) {
			s.record.current, s.record.previous = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(3, 4, seal(t, a, 4, "", opA))
			s.slots[1] = nil
		}, 4, true},
		"all are damaged": {func(s *stored) {
			s.record.current, s.record.previous = s.put(1, 5, seal(t, a, 5, "", opA)), s.put(3, 4, seal(t, a, 4, "", opA))
			s.slots[1][40], s.slots[3][40] = 0, 0
		}, 0, true},
		"written by somebody else": {func(s *stored) { s.record.current = s.put(1, 5, seal(t, stranger, 5, "", opC)) }, 0, true},
		"signed by whom the one before lists": {func(s *stored) {
			s.record.current, s.record.previous = s.put(1, 5, seal(t, b, 5, "", opB)), s.put(3, 4, seal(t, a, 4, "", opA, opB))
		}, 5, false},
		"the one before is a stranger's": {func(s *stored) {
			s.record.current, s.record.previous = s.put(1, 5, seal(t, b, 5, "", opB)), s.put(3, 4, seal(t, stranger, 4, "", opB))
		}, 0, true},
		"another machine's":         {func(s *stored) { s.record.current = s.put(1, 5, seal(t, a, 5, "u-2", opA)) }, 0, true},
		"an older one in its place": {func(s *stored) { s.record.current = s.put(1, 5, seal(t, a, 4, "", opA)) }, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &stored{}
			c.fill(s)
			got := chooseKept(s.record, &s.slots, image, "u-1")
			use := uint64(0)
			if got.use != nil {
				use = got.use.generation
			}
			if use != c.use || (got.alarm != "") != c.alarmed {
				t.Errorf("takes %d, %q; want %d", use, got.alarm, c.use)
			}
			if got.record.pending.slot != 0 || use == 6 && (got.record.current.generation != 6 || got.record.previous.generation != 5) {
				t.Errorf("the record becomes %+v", got.record)
			}
		})
	}
}

// TestFreeSlotKeepsWhatCounts: a new manifest's slot is none that the record names
// which is written before it.
func TestFreeSlotKeepsWhatCounts(t *testing.T) {
	for n := range 4 * 4 * 4 * 2 {
		r := keptRecord{current: keptPlace{slot: n % 4}, previous: keptPlace{slot: n / 4 % 4}, pending: keptPlace{slot: n / 16 % 4}}
		if r.current.slot == 0 || r.current.slot == r.previous.slot || r.current.slot == r.pending.slot ||
			r.previous.slot != 0 && r.previous.slot == r.pending.slot {
			continue // no record is so
		}
		slot, first := r.freeSlot(r.current, n/64 == 1)
		if slot < 1 || slot > fs.ManifestSlots || slot == first.current.slot || slot == first.previous.slot || slot == first.pending.slot {
			t.Errorf("%+v: slot %d over %+v", r, slot, first)
		}
		if first.current != r.current || n/64 == 1 && first.pending != r.pending {
			t.Errorf("%+v: gives up too much: %+v", r, first)
		}
	}
}

// TestKeptRecordOfDamage: what is no record is an empty one.
func TestKeptRecordOfDamage(t *testing.T) {
	r := keptRecord{newest: 9, current: keptPlace{1, 9, 100, 7}, pending: keptPlace{2, 10, 5, 6}, trying: true}
	c := coder{b: make([]byte, keptRecordBytes)}
	if r.code(&c); c.bad || c.at != keptRecordBytes || keptRecordBytes > fs.StateContentMax {
		t.Fatalf("%d bytes", c.at)
	}
	if readKept(c.b) != r {
		t.Errorf("came back as %+v", readKept(c.b))
	}
	for n := range c.b {
		if got := readKept(c.b[:n]); got != (keptRecord{}) {
			t.Errorf("the first %d bytes are %+v", n, got)
		}
	}
	if c.b[8] = 9; readKept(c.b) != (keptRecord{}) { // a slot that is none
		t.Error("slot 9 is taken")
	}
}
