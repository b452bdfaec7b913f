package core

import "mote/wire"

// eventKind is what happened. Sources turn bytes and readiness into events;
// nothing is decided while they are taken.
type eventKind uint8

const (
	evNone     eventKind = iota
	evExec               // the child's exec succeeded
	evExecFail           // a step of the child failed: errno, value is the step
	evCloned             // the child exists: value is its pid
	evNoClone            // it could not be made: errno
	evNoKill             // its cgroup could not be killed: errno
	evExit               // the main process ended: value is wait4's status, plus flags
	evEmpty              // the cgroup has no process left
	evNotify             // sd_notify: value is a set of notify… bits
	evProbe              // a probe of its socket ended: errno, 0 for accepted
	evStart              // an operator wants it started
	evStop               // an operator wants it stopped
	evRestart            // an operator wants it restarted
	evNetwork            // the stage network became ready (value 1) or was lost (0)
	evShutdown           // the node shall go down: value is a goal
	evPressure           // memory is short: value is what is available, in KiB
	evSynced             // the worker that writes the file systems has ended
	evArea               // the state area was read, or is not waited for any more
	evKnock              // somebody connects to its port
	eventsKinds
)

var eventNames = [eventsKinds]string{
	evNone: "none", evExec: "exec", evExecFail: "exec-fail", evCloned: "cloned",
	evNoClone: "no-clone", evNoKill: "no-kill", evExit: "exit", evEmpty: "empty", evNotify: "notify",
	evProbe: "probe", evStart: "start", evStop: "stop", evRestart: "restart",
	evNetwork: "network", evShutdown: "shutdown", evPressure: "pressure", evSynced: "synced", evArea: "area", evKnock: "knock",
}

// restFlag in evExit's value: processes are left in the service's cgroup.
const restFlag = int64(1) << 32

// oomFlag in evExit's value: the kernel killed for want of memory in it.
const oomFlag = int64(1) << 33

// event is one happening, a comparable value. service is an index, or −1.
type event struct {
	kind    eventKind
	service int16
	errno   Errno
	value   int64
}

// opKind is what the loop shall do. An op that fails comes back as an event of
// the next round; it never ends the loop.
type opKind uint8

const (
	opNone     opKind = iota
	opStart           // clone the service
	opTerm            // send its stop signal
	opKill            // kill its cgroup
	opProbe           // try its socket
	opUp              // it is ready: mark it
	opTell            // say how it ended
	opShed            // it is stopped as memory is short: value is the wait until it starts again
	opFault           // a cell that can't happen was reached: value is state<<8|trigger
	opReady           // the node is ready
	opHalt            // a shutdown begins: value is the goal
	opKillAll         // kill every process that is left
	opSync            // write and unmount, in a worker
	opEnd             // reboot(2): value is the goal
	opDescribe        // its description is another: resolve it anew
	opSettings        // its limits are others, while it runs
	opLeave           // it is gone: give its place away
	opsKinds
)

var opNames = [opsKinds]string{
	opNone: "none", opStart: "start", opTerm: "term", opKill: "kill",
	opProbe: "probe", opUp: "up", opTell: "tell", opShed: "shed", opFault: "fault",
	opReady: "ready", opHalt: "halt", opKillAll: "kill-all", opSync: "sync",
	opEnd: "end", opDescribe: "describe", opSettings: "settings", opLeave: "leave",
}

// op is one thing to do, a comparable value. service is an index, or −1.
type op struct {
	kind    opKind
	service int16
	value   int64
}

// tellShift parts opTell's value.
const tellShift = 8

// goal is how a shutdown ends.
type goal int64

const (
	goalNone goal = iota
	goalPowerOff
	goalReboot
	goalsCount
)

var goalNames = [goalsCount]string{goalNone: "none", goalPowerOff: "power off", goalReboot: "reboot"}

func (g goal) String() string { return goalNames[g] }

// appendEvent writes e as it stands in logs and transcripts.
func (m *machine) appendEvent(b []byte, e event) []byte {
	b = append(b, eventNames[e.kind]...)
	b = m.appendSubject(b, e.service)
	if e.value != 0 {
		b = wire.AppendInt(append(b, ' '), e.value)
	}
	if e.errno != 0 {
		b = append(append(b, ' '), errnoName(e.errno)...)
	}
	return b
}

// appendOp writes o as it stands in logs and transcripts.
func (m *machine) appendOp(b []byte, o op) []byte {
	b = append(b, opNames[o.kind]...)
	b = m.appendSubject(b, o.service)
	if o.value != 0 {
		b = wire.AppendInt(append(b, ' '), o.value)
	}
	return b
}

//go:noinline
func (m *machine) appendSubject(b []byte, service int16) []byte {
	if service < 0 || int(service) >= m.count {
		return b
	}
	return append(append(b, ' '), m.services[service].spec.Name...)
}
