package core

import "mote/fs"

// The state area across a crash of PID 1. What is known of its places is handed
// over, not read anew: the disk can't tell that a flush of a place failed.

// codeArea passes an area that is open through. Of one that is not nothing is
// left, and it is looked for again.
func (l *Loop) codeArea(c *coder) {
	a := &l.area
	if !c.flag(a.phase == areaOpen) {
		return
	}
	if a.values == nil {
		a.values = new(fs.State)
		a.values.Reset()
	}
	a.phase = areaOpen
	var path text
	path.set(a.path)
	path.code(c)
	a.path = path.String()
	a.paidUntil = c.number(a.paidUntil)
	a.values.CodeCounts(c.number)
	k := &a.kept
	k.boot.code(c)
	k.last.code(c)
	for _, v := range [...]*int64{&k.crashes, &k.lastCrash, &k.floorSec, &k.clockAt} {
		*v = c.number(*v)
	}
	for n := range a.want {
		w := &a.want[n]
		w.length = c.within(w.length, len(w.content)+1)
		c.bytes(w.content[:w.length])
		w.dirty, w.urgent = c.flag(w.dirty), c.flag(w.urgent)
		if !a.values.Code(fs.StateKey(n), c.number, c.bytes) {
			c.bad = true
			return
		}
	}
}

// adoptArea goes on with the area of the program before. Its worker is killed with
// the others: of a write that was under way nothing is known.
func (l *Loop) adoptArea(words string) {
	a := &l.area
	if a.phase != areaOpen {
		l.startArea(words)
		return
	}
	a.word = l.areaWord(words)
	a.kept.tellLast()
	l.links.net.TakeHints(a.values.Get(fs.StateLeases), l.now)
	for n := range a.want {
		a.values.Wrote(fs.StateKey(n), false)
	}
	l.keepCrashes(a.kept.boot.count)
	l.force.follow = true // once the workers of the program before are gone
}
