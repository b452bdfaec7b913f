package core

import (
	"mote/fs"
	"mote/wire"
)

// What a test outside of this package may see and change of a loop. PID 1 calls
// nothing of it, so the linker leaves it out.

// Observe has f told each event and op, as the text of transcripts: an op begins
// with "→ ". The text is only valid during the call.
func (l *Loop) Observe(f func(now int64, text []byte)) { l.observe = f }

// Use makes the loop follow another table, before Boot.
func (l *Loop) Use(t *Table) { l.machine.table = t }

// Crash does what a panic of the loop with the value r leads to.
func (l *Loop) Crash(r any) { l.panicked(r) }

// Leave ends Run with the present turn.
func (l *Loop) Leave() { l.over = true }

// View is one service as the loop sees it. Times are ns, 0 for none.
type View struct {
	Spec  *wire.Service
	State string
	// Ready is what its dependents wait for; Alive and Populated are what the
	// machine believes of its main process and of its cgroup.
	Ready, Alive, Populated bool
	// StopAsked: it is to end; Refused: its description was.
	StopAsked, Refused bool
	// Needs are indices; Unmet is the first that is not ready, −1 for none and
	// −2 for the network. Do not write to Needs.
	Needs                                                      []int16
	NeedsNetwork                                               bool
	Unmet                                                      int16
	SinceNsec, DeadlineNsec, ProbeNsec, StartedNsec, ReadyNsec int64
	Restarts                                                   uint32
	// PID is of the main process that the loop waits for, 0 for none.
	PID int32
}

// ServicesCount is how many services the loop knows.
func (l *Loop) ServicesCount() int { return l.machine.count }

// Service fills v with service i.
func (l *Loop) Service(i int, v *View) {
	s := &l.machine.services[i]
	if s.spec == nil { // nobody had this place yet
		*v = View{Spec: &vacant, State: down.String(), Unmet: met}
		return
	}
	*v = View{Spec: s.spec, State: s.state.String(), Ready: s.ready, Alive: s.alive,
		Populated: s.populated, StopAsked: s.stopAsked, Refused: s.last.kind == endRefused,
		Needs: s.needs[:s.needsCount], NeedsNetwork: s.needsNetwork, Unmet: l.machine.unmet(int16(i)),
		SinceNsec: s.since, DeadlineNsec: s.deadline, ProbeNsec: s.probeAt,
		StartedNsec: s.startedAt, ReadyNsec: s.readyAt, Restarts: s.restarts, PID: l.starts[i].pid}
}

// Counts are the loop's own figures.
type Counts struct {
	Turns, Faults, Orphans, Stale, Hung uint64
	// ConsoleBytes wait for the console; ConsoleDropped lines found no room.
	ConsoleBytes   int
	ConsoleDropped uint64
	// LastRecords of the boot before are kept.
	LastRecords uint64
	// Ready is the node's, Network the stage's; Goal is "none" or a shutdown's.
	Ready, Network bool
	Goal           string
	// Pending tells that the next turn must not wait.
	Pending bool
}

// Counts gives them as of now.
func (l *Loop) Counts() Counts {
	return Counts{Turns: l.turns.count, Faults: l.turns.faults, Orphans: l.turns.orphans,
		Stale: l.sources.stale, Hung: l.sources.hung, ConsoleBytes: l.console.used,
		ConsoleDropped: l.console.dropped, LastRecords: l.lastRecords(), Ready: l.machine.isReady, Network: l.machine.network,
		Goal: l.machine.shutdown.goal.String(), Pending: l.look || l.eventsHead != l.eventsTail}
}

func (l *Loop) lastRecords() uint64 {
	if l.rings[ringLast] == nil {
		return 0
	}
	return l.rings[ringLast].records
}

// StateName is the name of a state by its number, as in the op tell.
func StateName(n int) string {
	if n < 0 || n >= int(statesCount) {
		return "unknown state"
	}
	return state(n).String()
}

// Cell is one cell of a table, by the names that transcripts use.
type Cell struct{ State, Trigger, Next string }

// Cells lists the cells that are defined, in order.
func (t *Table) Cells() []Cell {
	var list []Cell
	for s := range statesCount {
		for tr := range triggersCount {
			if c := t[s][tr]; c.act != actFault {
				list = append(list, Cell{s.String(), tr.String(), c.next.String()})
			}
		}
	}
	return list
}

// Visits tells how often the loop came by the cell of a state and a trigger;
// cells that are not defined are counted too.
func (l *Loop) Visits(stateName, triggerName string) uint32 {
	for s := range statesCount {
		for t := range triggersCount {
			if s.String() == stateName && t.String() == triggerName {
				return l.machine.seen[s][t]
			}
		}
	}
	return 0
}

// Changed gives a copy with one cell replaced: next names its state, like the
// name of a cell (of the same table) whose act it takes; an empty like drops the
// act. ok is false for unknown names.
func (t *Table) Changed(stateName, triggerName, next string, like Cell) (changed Table, ok bool) {
	changed = *t
	a := actNone
	for s := range statesCount {
		for tr := range triggersCount {
			if s.String() == like.State && tr.String() == like.Trigger {
				a = t[s][tr].act
			}
		}
	}
	for s := range statesCount {
		for tr := range triggersCount {
			for n := range statesCount {
				if s.String() == stateName && tr.String() == triggerName && n.String() == next {
					changed[s][tr], ok = cell{n, a}, true
				}
			}
		}
	}
	return changed, ok
}

// Steps is how many system calls the child makes.
func (p *Program) Steps() int { return p.stepsCount }

// Step gives system call n: its number and its arguments, as the kernel takes
// them.
func (p *Program) Step(n int) (nr uintptr, args [5]uintptr) {
	return p.steps[n].nr, p.steps[n].args
}

// String gives the NUL-terminated text that an argument points to; "" when it is
// not the program's own.
func (p *Program) String(pointer uintptr) string {
	at := pointer - pointerOf(&p.text)
	if at >= uintptr(len(p.text)) {
		return ""
	}
	end := at
	for end < uintptr(len(p.text)) && p.text[end] != 0 {
		end++
	}
	return string(p.text[at:end])
}

// Bytes gives the size bytes that an argument points to; nil when they are not
// the program's own. They are only valid until the program is built anew.
func (p *Program) Bytes(pointer, size uintptr) []byte {
	at := pointer - pointerOf(&p.text)
	if at >= uintptr(len(p.text)) || size > uintptr(len(p.text))-at {
		return nil
	}
	return p.text[at : at+size]
}

// Kept is what the loop believes to stand in the state area under a key, and its
// number, which only grows; 0: nothing, or the area is not open.
func (l *Loop) Kept(key fs.StateKey) (value []byte, generation uint64) {
	if l.area.phase != areaOpen {
		return nil, 0
	}
	return l.area.values.Get(key), l.area.values.Generation(key)
}

// Boots is the number of this boot by the state area, and how the one before ended.
func (l *Loop) Boots() (count int64, lastEnded string) {
	return l.area.kept.boot.count, l.area.kept.last.words()
}

// Manifest tells which manifest is in force, as a status does.
func (l *Loop) Manifest() wire.ManifestStatus { return l.manifestStatus() }
