package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Names of marks that this program knows; any other one without a service in
// it is a stage of PID 1.
const (
	markKernel = "kernel" // the kernel ran init, from its own log
	markInit   = "init"   // PID 1's first instruction
	markReady  = "ready"
	startWord  = "start " // a service's process exists
	upWord     = "up "    // a service is ready

	// stageDevice ends when the first device that boot waits for is there, a
	// link of the manifest; stageNetwork when the network is as wanted.
	stageDevice  = "first device"
	stageNetwork = "network"
)

// Mark is a named instant, in ns since the kernel's clock began.
type Mark struct {
	Name string `json:"name"`
	Nsec int64  `json:"ns"`
}

// Service tells what a service waits for.
type Service struct {
	Name  string   `json:"name"`
	Needs []string `json:"needs"`
}

// Boot is one boot's figures, and the layout of boot.json. All instants are ns
// on CLOCK_BOOTTIME, which the kernel starts within its first milliseconds.
type Boot struct {
	Marks []Mark `json:"marks"`
	// ReadyNsec is when the node was ready, InitNsec PID 1's first instruction.
	ReadyNsec int64 `json:"ready_ns"`
	InitNsec  int64 `json:"init_ns"`
	// KernelNsec is when the kernel started init as its own log has it; where
	// no mark tells that, it is InitNsec.
	KernelNsec int64 `json:"kernel_ns"`
	// Counted says that the instants count instructions, 1 ns each, and are no
	// stopwatch's.
	Counted bool `json:"counted,omitempty"`
	// RSSBytes is PID 1's resident set, read by another process after ready;
	// MemUsedBytes is the guest's memory less what is available.
	// Both are 0 where nobody in the guest tells them.
	RSSBytes     int64 `json:"pid1_rss_bytes"`
	MemUsedBytes int64 `json:"mem_used_bytes"`
	// Security is what the node says of itself to be protected and not to be; empty
	// where it says nothing.
	Security []string `json:"security,omitempty"`
	// Services may name who waits for whom; without them it is inferred.
	Services []Service `json:"services,omitempty"`
}

// ParseObserve reads the JSON of the bench image's observe line. The instants are
// taken from the marks, so that they can't contradict them.
func ParseObserve(text string) (Boot, error) {
	var b Boot
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return Boot{}, fmt.Errorf("bench: the observe line: %w", err)
	}
	// The kernel's log has a clock of its own, which runs through while interrupts
	// are off; CLOCK_BOOTTIME may lose ticks then, as a chatty serial console
	// makes it, and be some ms behind.
	if len(b.Marks) > 1 && b.Marks[0].Name == markKernel {
		b.Marks[0].Nsec = min(b.Marks[0].Nsec, b.Marks[1].Nsec)
	}
	found := map[string]int64{}
	var before int64
	for _, m := range b.Marks {
		if m.Nsec < before {
			return Boot{}, fmt.Errorf("bench: mark %q is earlier than the mark before it", m.Name)
		}
		if m.Nsec > clockNsecMax || !goodName(m.Name) {
			return Boot{}, fmt.Errorf("bench: mark %q at %d ns: the name has 1 to %d printable bytes, the time is below 104 days", m.Name, m.Nsec, nameBytesMax)
		}
		before = m.Nsec
		if _, again := found[m.Name]; !again {
			found[m.Name] = m.Nsec
		}
	}
	for _, name := range []string{markInit, markReady} {
		if _, is := found[name]; !is {
			return Boot{}, fmt.Errorf("bench: no mark %q among %d; did the node get ready?", name, len(b.Marks))
		}
	}
	b.InitNsec, b.ReadyNsec, b.KernelNsec = found[markInit], found[markReady], found[markInit]
	if kernel, is := found[markKernel]; is {
		b.KernelNsec = kernel
	}
	if b.RSSBytes <= 0 || b.MemUsedBytes <= 0 {
		return Boot{}, errors.New("bench: the observe line has no memory figures")
	}
	return b, nil
}

// Usec gives each mark up to ready, the first of its name, in µs after PID 1's
// first instruction, and that one, "init", after the kernel's start.
func (b Boot) Usec() map[string]int64 {
	usec := map[string]int64{}
	for _, m := range b.Marks {
		if _, again := usec[m.Name]; m.Nsec > b.InitNsec && !again {
			usec[m.Name] = (m.Nsec - b.InitNsec) / 1e3
		}
		if m.Name == markReady {
			break
		}
	}
	usec[markInit] = b.InitNsec / 1e3
	return usec
}

// Span is a bar of the waterfall: a stage, or a service from start to up.
type Span struct {
	Name     string
	FromNsec int64
	ToNsec   int64
	// Service says which kind it is.
	Service bool
	// Critical: ready would have come earlier, had this been shorter.
	Critical bool
}

func (s Span) tookNsec() int64 { return s.ToNsec - s.FromNsec }

// stageWords say what the time up to a stage's mark went into.
var stageWords = map[string]string{
	markKernel: "kernel", markInit: "kernel", "main": "go runtime", "mounts": "mounts",
	"loop": "sources", "device": stageDevice, "network": stageNetwork,
}

// Spans makes bars of the marks up to ready, in the order of their beginnings.
// A stage begins where the stage before it ended; what begins after ready, or
// is not up by then, is no part of the boot.
func Spans(b Boot) []Span {
	var all []Span
	var stageEnd int64
	for i, m := range b.Marks {
		if m.Name == markReady {
			break
		}
		name, isStart := strings.CutPrefix(m.Name, startWord)
		switch {
		case isStart:
			if up := upAfter(b.Marks[i:], name); up > 0 {
				all = append(all, Span{Name: name, FromNsec: m.Nsec, ToNsec: up, Service: true})
			}
		case !strings.HasPrefix(m.Name, upWord):
			word, known := stageWords[m.Name]
			if !known {
				word = m.Name
			}
			if m.Name == markInit && b.KernelNsec != b.InitNsec {
				word = "exec"
			}
			all = append(all, Span{Name: word, FromNsec: stageEnd, ToNsec: m.Nsec})
			stageEnd = m.Nsec
		}
	}
	return all
}

// upAfter finds when a service that starts with the first of marks is up: 0 if
// it starts again before that, or ready comes first.
func upAfter(marks []Mark, name string) int64 {
	for _, m := range marks[1:] {
		switch m.Name {
		case upWord + name:
			return m.Nsec
		case startWord + name, markReady:
			return 0
		}
	}
	return 0
}
