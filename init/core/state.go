package core

// state is where a service is in its life. The zero value is no state: a cell
// or a service that was forgotten shows as such.
type state uint8

const (
	forgotten state = iota
	waiting         // wanted, but not all of its needs are ready
	starting        // its process runs, but it is not ready yet
	up              // ready
	stopping        // asked to end by its stop signal
	killing         // its cgroup was killed; the last process is awaited
	backoff         // ended; started again when its time has come
	done            // ended as it should; a one-shot is ready then
	failed          // ended for good, or could never start
	down            // not wanted
	stuck           // killed, but a process in it does not die
	statesCount
)

var stateNames = [statesCount]string{
	forgotten: "forgotten", waiting: "waiting", starting: "starting", up: "up",
	stopping: "stopping", killing: "killing", backoff: "backoff", done: "done",
	failed: "failed", down: "down", stuck: "stuck",
}

func (s state) String() string { return stateNames[s] }

// alive tells whether processes of a service in this state may be there.
func (s state) alive() bool {
	return s == starting || s == up || s == stopping || s == killing || s == stuck
}

// resting tells whether a shutdown has nothing to wait for here.
func (s state) resting() bool { return s == done || s == failed || s == down || s == stuck }

// step is what a service's table is asked: its column.
type trigger uint8

const (
	trStart trigger = iota // it is wanted
	trStop                 // it is not wanted any more
	trNeeds                // all of its needs are ready
	trReady                // it says, or shows, that it is ready
	trRest                 // its main process ended and left others behind
	trAgain                // it ended, and is to be started again
	trDone                 // it ended as it should
	trSpent                // it ended, and is not to be started again
	trDown                 // it ended because it was asked to
	trTimer                // its deadline has passed
	triggersCount
)

var triggerNames = [triggersCount]string{
	trStart: "start", trStop: "stop", trNeeds: "needs", trReady: "ready",
	trRest: "rest", trAgain: "again", trDone: "done", trSpent: "spent",
	trDown: "down", trTimer: "timer",
}

func (t trigger) String() string { return triggerNames[t] }

// act is what a cell asks the loop to do.
type act uint8

const (
	actFault act = iota // this can't happen: said loudly, and nothing is done
	actNone
	actStart // clone it into its cgroup
	actTerm  // send its stop signal
	actKill  // kill its cgroup
	actTell  // say on the console how it ended
)

// cell is one entry of the table: the next state, and what to do.
type cell struct {
	next state
	act  act
}

// Table tells for each state and each trigger what follows. The simulator runs
// a changed copy to show that it finds a planted bug.
type Table [statesCount][triggersCount]cell

// Transitions is the life of a service. A cell that is not here can't happen:
// the loop reports it as a fault and leaves the service as it is.
var Transitions = Table{
	waiting: {
		trStart: {waiting, actNone},
		trStop:  {down, actNone},
		trNeeds: {starting, actStart},
		trReady: {waiting, actNone}, // sent by the one before, which ended
	},
	starting: {
		trStart: {starting, actNone},
		trStop:  {stopping, actTerm},
		trReady: {up, actNone},
		trRest:  {killing, actKill}, // its main process is gone, so it can't get ready
		trAgain: {backoff, actTell},
		trDone:  {done, actNone},
		trSpent: {failed, actTell},
		trTimer: {killing, actKill}, // not ready within startMsec
	},
	up: {
		trStart: {up, actNone},
		trStop:  {stopping, actTerm},
		trReady: {up, actNone}, // READY=1 said twice, as after a reload
		trRest:  {killing, actKill},
		trAgain: {backoff, actTell},
		trDone:  {done, actTell},
		trSpent: {failed, actTell},
	},
	stopping: {
		trStart: {stopping, actNone}, // it is started again when it is down
		trStop:  {stopping, actNone},
		trReady: {stopping, actNone}, // too late to matter
		trRest:  {killing, actKill},
		trAgain: {backoff, actTell}, // it was stopped for want of memory
		trDone:  {done, actTell},    // it ended well before that reached it
		trDown:  {down, actTell},
		trTimer: {killing, actKill}, // it ignores its stop signal
	},
	killing: {
		trStart: {killing, actNone},
		trStop:  {killing, actNone},
		trReady: {killing, actNone}, // sent before it died
		trRest:  {killing, actNone}, // the kill is under way
		trAgain: {backoff, actTell},
		trDone:  {done, actNone},
		trSpent: {failed, actTell},
		trDown:  {down, actTell},
		trTimer: {stuck, actTell}, // a process in uninterruptible sleep
	},
	backoff: {
		trStart: {waiting, actNone}, // by hand: at once
		trStop:  {down, actNone},
		trReady: {backoff, actNone}, // sent before it died
		trTimer: {waiting, actNone}, // needs may have gone meanwhile
	},
	done: {
		trStart: {waiting, actNone},
		trStop:  {down, actNone},
		trReady: {done, actNone},    // sent before it ended
		trTimer: {waiting, actNone}, // it runs every so often
	},
	failed: {
		trStart: {waiting, actNone},
		trStop:  {failed, actNone},  // keeps its reason
		trReady: {failed, actNone},  // sent before it ended
		trTimer: {waiting, actNone}, // it runs every so often, and may have more luck
	},
	down: {
		trStart: {waiting, actNone},
		trStop:  {down, actNone},
		trReady: {down, actNone}, // sent before it ended
	},
	stuck: {
		trStart: {stuck, actNone}, // its name can't be used again while it is there
		trStop:  {stuck, actNone},
		trReady: {stuck, actNone},
		trRest:  {stuck, actNone},
		trAgain: {backoff, actTell}, // it died after all
		trDone:  {done, actNone},
		trSpent: {failed, actTell},
		trDown:  {down, actTell},
	},
}
