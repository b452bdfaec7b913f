package sim

// rule is what must hold at all times. A run ends with the first that is broken.
type rule uint8

const (
	ruleNone     rule = iota
	ruleRun           // the loop never panics, and leaves only by the machine's end
	ruleFault         // no cell of the table is reached that can't happen
	ruleNeeds         // no service starts while a need of it is not ready
	ruleOne           // a new instance starts only when nothing of the old one lives
	ruleReap          // every dead child is reaped within a slow tick
	ruleStranger      // a signal reaches only the process that it is meant for
	ruleState         // every wait has a deadline or the name of a need
	ruleBackoff       // a restart waits as long as its policy says, the first not at all
	ruleBudget        // a service is given up when its budget is spent, and not before
	ruleWish          // a service that was asked to stop, or a node going down, starts nothing
	ruleConsole       // the console gets whole lines
	ruleFiles         // descriptors don't leak, and none is closed twice
	ruleWait          // nothing waits but EpollWait
	ruleSleep         // the timer is set to what is due next
	ruleSpin          // the loop does not turn without end
	ruleOrder         // a shutdown stops a service only when nothing that needs it runs
	ruleLimit         // a shutdown ends within its hard limit
	ruleDead          // the machine ends only when every process is dead
	ruleLive          // in calm, what can be up is up, and the node is ready
	ruleTruth         // what is said of a service is true of its processes
	ruleControl       // the control socket answers as its contract says
	ruleLinks         // links, addresses and routes become what is wanted
	ruleLease         // a lease is never used past its end, nor an address that another has been found to have
	ruleFed           // the watchdog is fed in time, and stopped only to turn the machine off
	ruleSettings      // no service starts before the kernel's settings are right
	ruleLast          // the log of a panic is erased only when it was kept, and kept in the end
	ruleClock         // the clock never goes back, and is never behind what was kept of it
	ruleKept          // what was kept is old or new, and nothing is called kept that is not
	ruleShed          // for want of memory the least important service is stopped, and it comes back
	ruleTries         // the loader's count is restored once the node is ready, and only then
	ruleCounter       // an image whose security counter is below the accepted one never gets ready
	ruleKnock         // who connects to a service's port is accepted, and a relay changes nothing
	ruleSame          // one seed, one trace
	rulesCount
)

// sentence says a rule, for reports.
func (r rule) sentence() string {
	return [rulesCount]string{
		ruleRun:      "the loop never panics, and leaves only by the machine's end",
		ruleFault:    "no cell of the table is reached that can't happen",
		ruleNeeds:    "no service starts while a need of it is not ready",
		ruleOne:      "a new instance starts only when nothing of the old one lives",
		ruleReap:     "every dead child is reaped within a slow tick",
		ruleStranger: "a signal reaches only the process that it is meant for",
		ruleState:    "every wait has a deadline or the name of a need",
		ruleBackoff:  "a restart waits as long as its policy says, the first not at all",
		ruleBudget:   "a service is given up when its budget is spent, and not before",
		ruleWish:     "a service that was asked to stop, or a node going down, starts nothing",
		ruleConsole:  "the console gets whole lines",
		ruleFiles:    "descriptors don't leak, and none is closed twice",
		ruleWait:     "nothing waits but EpollWait",
		ruleSleep:    "the timer is set to what is due next",
		ruleSpin:     "the loop does not turn without end",
		ruleOrder:    "a shutdown stops a service only when nothing that needs it runs",
		ruleLimit:    "a shutdown ends within its hard limit",
		ruleDead:     "the machine ends only when every process is dead",
		ruleLive:     "in calm, what can be up is up, and the node is ready",
		ruleTruth:    "what is said of a service is true of its processes",
		ruleControl:  "the control socket answers as its contract says",
		ruleLinks:    "links, addresses and routes become what is wanted",
		ruleLease:    "a lease is never used past its end, nor an address that another has been found to have",
		ruleFed:      "the watchdog is fed in time, and stopped only to turn the machine off",
		ruleSettings: "no service starts before the kernel's settings are right",
		ruleLast:     "the log of a panic is erased only when it was kept, and kept in the end",
		ruleClock:    "the clock never goes back, and is never behind what was kept of it",
		ruleKept:     "what was kept is old or new, and nothing is called kept that is not",
		ruleShed:     "for want of memory the least important service is stopped, and it comes back",
		ruleTries:    "the loader's count is restored once the node is ready, and only then",
		ruleCounter:  "an image whose security counter is below the accepted one never gets ready",
		ruleKnock:    "who connects to a service's port is accepted, and a relay changes nothing",
		ruleSame:     "one seed, one trace",
	}[r]
}

// violation is a broken rule; it is also what unwinds the run.
type violation struct {
	rule rule
	what string
}

// checks is what the rules remember.
type checks struct {
	world    *world
	services []record
	view     viewOf
	// op and about are what the loop is acting on now; about is a service or "".
	op, about string

	halted, killedAll bool
	presses           int
	torn              bool
	windowAt          int64
	windowTurns       int
	floodReads        int
	filesBefore       int
	replies           uint64
	// first is the first broken rule: a crash of the loop must not hide it.
	first violation
}

// broken ends the run.
func (c *checks) broken(r rule, what string) {
	if c.first.rule == ruleNone {
		c.first = violation{r, what}
	}
	panic(violation{r, what})
}
