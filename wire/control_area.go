package wire

import "math"

// The state area in an answer to VerbStatus: what a node keeps across boots, and
// how well.

// AreaStatus is the state area's condition.
type AreaStatus struct {
	// Device is its path, and before it was found what is looked for.
	Device string
	// State is one word: "looking" for the device, "reading" it, "open",
	// "silent" where it does not answer, "gone" where its node went away, "foreign"
	// where it holds something else and is left alone. Where it is not open, what is
	// to be kept lives in memory only.
	State string
	// Alarm is what is wrong with it, in words; empty: nothing.
	Alarm string
	// Boots counts the node's boots, this one included, LastEnded says how the one
	// before ended, in words; Crashes counts PID 1's panics, over all boots.
	Boots     uint64
	LastEnded string
	Crashes   uint64
	// Values are kept; Sequence is the largest of theirs, which rises with writes.
	Values   uint32
	Sequence uint64
	// Writes that succeeded since boot, with WrittenBytes; Failures of reading and
	// writing.
	Writes, WrittenBytes, Failures uint64
	// Damaged blocks were no whole record when the area was read, as a write that
	// power cut short leaves one; Newer ones are a later release's.
	Damaged, Newer uint32
}

const (
	keyAreaDevice    = 0
	keyAreaState     = 1
	keyAreaAlarm     = 2
	keyAreaBoots     = 3
	keyAreaLastEnded = 4
	keyAreaCrashes   = 5
	keyAreaValues    = 6
	keyAreaSequence  = 7
	keyAreaWrites    = 8
	keyAreaWritten   = 9
	keyAreaFailures  = 10
	keyAreaDamaged   = 11
	keyAreaNewer     = 12
)

// appendTo writes a status' state area.
func (a *AreaStatus) appendTo(e *Encoder) {
	m := e.Map()
	e.textField(&m, keyAreaDevice, a.Device)
	e.textField(&m, keyAreaState, a.State)
	e.textField(&m, keyAreaAlarm, a.Alarm)
	e.uintField(&m, keyAreaBoots, a.Boots)
	e.textField(&m, keyAreaLastEnded, a.LastEnded)
	e.uintField(&m, keyAreaCrashes, a.Crashes)
	e.uintField(&m, keyAreaValues, uint64(a.Values))
	e.uintField(&m, keyAreaSequence, a.Sequence)
	e.uintField(&m, keyAreaWrites, a.Writes)
	e.uintField(&m, keyAreaWritten, a.WrittenBytes)
	e.uintField(&m, keyAreaFailures, a.Failures)
	e.uintField(&m, keyAreaDamaged, uint64(a.Damaged))
	e.uintField(&m, keyAreaNewer, uint64(a.Newer))
	e.End(m)
}

// area reads a status' state area.
func (d *Decoder) area(a *AreaStatus) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyAreaDevice:
			a.Device = d.textField(TextSizeMax)
		case keyAreaState:
			a.State = d.textField(WordSizeMax)
		case keyAreaAlarm:
			a.Alarm = d.textField(TextSizeMax)
		case keyAreaBoots:
			a.Boots = d.uintField(math.MaxUint64)
		case keyAreaLastEnded:
			a.LastEnded = d.textField(TextSizeMax)
		case keyAreaCrashes:
			a.Crashes = d.uintField(math.MaxUint64)
		case keyAreaValues:
			a.Values = d.uint32Field()
		case keyAreaSequence:
			a.Sequence = d.uintField(math.MaxUint64)
		case keyAreaWrites:
			a.Writes = d.uintField(math.MaxUint64)
		case keyAreaWritten:
			a.WrittenBytes = d.uintField(math.MaxUint64)
		case keyAreaFailures:
			a.Failures = d.uintField(math.MaxUint64)
		case keyAreaDamaged:
			a.Damaged = d.uint32Field()
		case keyAreaNewer:
			a.Newer = d.uint32Field()
		default:
			d.Skip()
		}
	}
}
