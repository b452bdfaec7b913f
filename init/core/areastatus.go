package core

import (
	"mote/fs"
	"mote/wire"
)

// What an operator is told of the state area: at boot and at the end on the
// console, and at any time by the status.

// areaStates are the words of a status; nothing writes to it.
var areaStates = [...]string{areaNone: "", areaLooking: "looking", areaReading: "reading", areaOpen: "open", areaDead: "silent", areaGone: "gone",
	areaForeign: "foreign"}

// areaStatus gives the area's condition; it allocates nothing.
func (l *Loop) areaStatus() wire.AreaStatus {
	a := &l.area
	if a.word == "" {
		return wire.AreaStatus{Alarm: a.alarm}
	}
	k, v := &a.kept, a.values
	st := wire.AreaStatus{Device: a.path, State: areaStates[a.phase], Alarm: a.alarm[:min(len(a.alarm), wire.TextSizeMax)],
		Boots: uint64(k.boot.count), LastEnded: k.lastEnded, Crashes: uint64(k.crashes + int64(l.crash.count)),
		Writes: v.Writes, WrittenBytes: v.WrittenBytes, Failures: v.Failures, Damaged: v.Damaged, Newer: v.Newer}
	st.Values, st.Sequence = v.Values()
	if st.Device == "" {
		st.Device = a.word
	}
	return st
}

// sayArea is its line at boot.
func (l *Loop) sayArea() {
	k, values := &l.area.kept, l.area.values
	var text [160]byte
	b := append(text[:0], ", empty, boot "...)
	if count, sequence := values.Values(); count > 0 {
		b = wire.AppendUint(append(text[:0], ", "...), uint64(count))
		b = append(wire.AppendUint(append(b, " values, sequence "...), sequence), ", boot "...)
	}
	b = wire.AppendInt(b, k.boot.count)
	if k.lastEnded != "" {
		b = append(append(b, ", the last one ended by "...), k.lastEnded...)
	}
	if values.Get(fs.StateIdentity) == nil {
		b = append(b, "; unjoined"...)
	}
	l.console.say(l.now, "state area: ", l.area.path, string(b))
	l.sayBlocks(values.Damaged, "not whole; the values before them stand")
	l.sayBlocks(values.Newer, "of a newer release; left alone")
}

func (l *Loop) sayBlocks(count uint32, what string) {
	if count > 0 {
		l.console.say(l.now, "state area: ", string(wire.AppendUint(nil, uint64(count))), " blocks are ", what)
	}
}

// sayWritten is its line at the end.
func (l *Loop) sayWritten() {
	if a := &l.area; a.phase == areaOpen {
		var text [48]byte
		b := append(wire.AppendUint(text[:0], a.values.Writes), " writes, "...)
		b = append(wire.AppendUint(b, a.values.WrittenBytes), " bytes in this boot"...)
		l.console.say(l.now, "state area: ", string(b))
	}
}
