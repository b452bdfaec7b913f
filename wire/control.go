package wire

// What is asked of PID 1 over its control socket, and what it answers.
//
// Strings and slices that a decoder sets are parts of the input and end with it
// where they are []byte; a string is a copy.

// Verb is what a request asks for. Zero is none.
type Verb uint8

// The verbs. Start, stop, restart and logs need a service's name; the others
// refuse one. Previous asks for the log of the boot before, if that ended in a
// panic of the kernel; it is answered as logs. Apply brings a signed manifest,
// confirm lets the one that is tried stand.
const (
	VerbStatus Verb = iota + 1
	VerbTimeline
	VerbLogs
	VerbLoop
	VerbStart
	VerbStop
	VerbRestart
	VerbReboot
	VerbPowerOff
	VerbPrevious
	VerbApply
	VerbConfirm
	VerbNetwork
	verbsEnd
)

// verbNames are the words of the command line; nothing writes to it.
var verbNames = [verbsEnd]string{
	VerbStatus: "status", VerbTimeline: "timeline", VerbLogs: "logs",
	VerbLoop: "loop", VerbStart: "start", VerbStop: "stop",
	VerbRestart: "restart", VerbReboot: "reboot", VerbPowerOff: "poweroff",
	VerbPrevious: "previous", VerbApply: "apply", VerbConfirm: "confirm",
	VerbNetwork: "network",
}

// String is the verb's word, or "unknown verb".
func (v Verb) String() string {
	if v == 0 || v >= verbsEnd {
		return "unknown verb"
	}
	return verbNames[v]
}

// VerbOf finds a verb by its word.
func VerbOf(word string) (v Verb, ok bool) {
	n, ok := indexName(verbNames[:], word)
	return Verb(n), ok
}

// Named tells whether the verb is about one service.
func (v Verb) Named() bool {
	return v == VerbLogs || v == VerbStart || v == VerbStop || v == VerbRestart
}

// Changes tells whether the verb does something to the node; what this release does
// not know may.
func (v Verb) Changes() bool {
	return v != VerbStatus && v != VerbTimeline && v != VerbLogs && v != VerbLoop && v != VerbPrevious &&
		v != VerbNetwork
}

// Request is one question.
type Request struct {
	// ID is the caller's; the replies carry it. Not zero.
	ID   uint32
	Verb Verb
	// Name is a service's, where Verb.Named says so.
	Name []byte
	Args Args
	// Caller is who asks, through a relay; its zero value: no relay.
	Caller Caller
}

// Args narrow a request; zero values ask for everything.
type Args struct {
	// TailRecords asks VerbLogs and VerbPrevious for the newest ones only.
	TailRecords uint32
	// SinceNsec asks VerbLogs, VerbPrevious and VerbTimeline for what came after this time,
	// in ns of CLOCK_BOOTTIME.
	SinceNsec uint64
	// Apply is VerbApply's and VerbConfirm's part.
	Apply ApplyArgs
}

// Code numbers what can be wrong with a request that was understood.
type Code uint16

// The codes of a reply's error. Zero is no error.
const (
	// CodeMalformed: the request is not as SPEC.md says.
	CodeMalformed Code = 1
	// CodeUnknownVerb: this release has no such verb.
	CodeUnknownVerb Code = 2
	// CodeUnknownService: the manifest has no such service.
	CodeUnknownService Code = 3
	// CodeUnusable: the service has a problem in the manifest.
	CodeUnusable Code = 4
	// CodeBusy: something that excludes it is under way; ask again later.
	CodeBusy Code = 5
	// CodeStopping: the node is going down.
	CodeStopping Code = 6
	// CodeTooLarge: the answer does not fit; ask for less.
	CodeTooLarge Code = 7
	// CodeForbidden: the caller may not.
	CodeForbidden Code = 8
	// CodeUntrusted: the manifest's key is not trusted here, or its signature is not good.
	CodeUntrusted Code = 9
	// CodeOld: the node had a manifest of that generation, or a later one.
	CodeOld Code = 10
	// CodeOtherMachine: the manifest is signed for another machine.
	CodeOtherMachine Code = 11
	// CodeInvalid: the manifest can't be read, or asks for something that can't be.
	CodeInvalid Code = 12
	// CodeNotKept: the state area could not keep the manifest, so nothing has changed.
	CodeNotKept Code = 13
	// CodeNotTried: no manifest of that generation is being tried.
	CodeNotTried Code = 14
)

// ReplyError is a refusal for people and programs.
type ReplyError struct {
	Code Code
	// What is wrong, and what to do Next; at most TextSizeMax bytes each.
	What string
	Next string
	// Where is the path of a manifest's field, "services.web.user", or empty.
	Where string
}

// Error is "where: what; next".
func (e ReplyError) Error() string {
	if e.Where != "" {
		return e.Where + ": " + e.What + "; " + e.Next
	}
	return e.What + "; " + e.Next
}

// Reply is one frame of an answer.
type Reply struct {
	ID uint32
	// More tells that another frame of the same answer follows.
	More bool
	// Error is set where Error.Code is not zero; there is no body then.
	Error ReplyError
	// Body is the answer's CBOR item, a part of the input; see the Decode
	// function of the verb. nil where the verb answers with nothing.
	Body []byte
}

// WaitingForConnection is what a service with a port waits for that has left, or was
// not called yet: it is as it should be.
const WaitingForConnection = "a connection"

// Status answers VerbStatus.
type Status struct {
	Node    string
	Version string
	// State is the node's, in one word: "booting", "ready", "stopping".
	State string
	// NowNsec is CLOCK_BOOTTIME as of the answer; the other times compare to it.
	NowNsec  uint64
	Services []ServiceStatus
	// Area is the state area; its zero value: the node keeps nothing.
	Area AreaStatus
	// Manifest tells which one is in force.
	Manifest ManifestStatus
	// Time is whom the clock follows; its zero value: nobody is asked.
	Time TimeStatus
}

// ServiceStatus is one service.
type ServiceStatus struct {
	_    [0]func() // never compared: the compiler would write how
	Name string
	// State is one word of the service table, as "up".
	State string
	// PID is of its main program; zero while it has none.
	PID      uint32
	Restarts uint32
	// SinceNsec is when State began, ReadyNsec when it became ready last (zero:
	// not yet); ns of CLOCK_BOOTTIME.
	SinceNsec uint64
	ReadyNsec uint64
	LastEnd   End
	// WaitingFor says what it waits for, in words: "ready of mqtt".
	WaitingFor string
}

// End is how a program ended. The zero value is "it has not, yet", or that it
// ended well: Reason tells them apart.
type End struct {
	// Code is the exit status, Signal the number that killed it, or zero.
	Code   uint8
	Signal uint8
	// Reason is one word: "exited", "killed", "oom", "start-timeout".
	Reason string
}

// Timeline answers VerbTimeline.
type Timeline struct{ Marks []MarkRecord }

// MarkRecord is a named instant of the boot.
type MarkRecord struct {
	Name string
	// TimeNsec is ns of CLOCK_BOOTTIME.
	TimeNsec uint64
}

// Logs answers VerbLogs and VerbPrevious, in as many frames as it takes.
type Logs struct {
	// Dropped counts the records that were overwritten before the first one here.
	Dropped uint64
	Records []LogRecord
}

// Stream is where a record came from.
type Stream uint8

// The streams of a service, and PID 1's own notes about it.
const (
	StreamOut  Stream = 1
	StreamErr  Stream = 2
	StreamNote Stream = 3
)

// LogRecord is one line of a service's output, without its newline.
type LogRecord struct {
	TimeNsec uint64
	Stream   Stream
	// Text is as the service wrote it: any bytes, at most LogTextSizeMax.
	Text []byte
}

// LoopStatus answers VerbLoop.
type LoopStatus struct {
	Turns  uint64
	Events uint64
	// Stale counts events for a source that was closed before they were served.
	Stale uint64
	// TurnsByTime[i] counts the turns that lasted less than 2^i µs and not less
	// than half of that; the last one has all longer ones too.
	TurnsByTime []uint64
	Sources     []SourceStatus
}

// SourceStatus is one event source of the loop.
type SourceStatus struct {
	_      [0]func() // never compared: the compiler would write how
	Name   string
	Events uint64
	// Dropped counts what was refused or overran: malformed, forged, too much.
	Dropped uint64
	// LongestNsec is its longest take.
	LongestNsec uint64
}
