package vm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// eventsMax events are kept for those who wait for one; the oldest are dropped.
const eventsMax = 256

// Monitor speaks QMP to a running QEMU (its docs/interop/qmp-spec.txt): JSON
// commands with an id, answered in any order, and events in between.
type Monitor struct {
	conn io.ReadWriteCloser

	mu      sync.Mutex // guards what follows and the order of writes
	lastID  uint64
	waiting map[uint64]chan qmpReply
	events  []Event
	changed chan struct{} // closed and replaced with each event
	err     error         // why the stream ended, nil while it runs
}

// Event is something that QEMU told unasked, such as SHUTDOWN.
type Event struct {
	Name string          `json:"event"`
	Data json.RawMessage `json:"data"`
}

// CommandError is QEMU's refusal of a command.
type CommandError struct {
	// Command is the one that was refused.
	Command string
	// Class is QEMU's kind of error, mostly "GenericError" or
	// "DeviceNotFound"; Text is for people.
	Class, Text string
}

// Error says what was refused and why.
func (e *CommandError) Error() string {
	return fmt.Sprintf("vm: QEMU refused %s: %s (%s)", e.Command, e.Text, e.Class)
}

type qmpReply struct {
	Greeting json.RawMessage `json:"QMP"`
	ID       uint64          `json:"id"`
	Return   json.RawMessage `json:"return"`
	Error    *struct {
		Class string `json:"class"`
		Desc  string `json:"desc"`
	} `json:"error"`
	Event
}

// newMonitor reads the greeting and leaves the stream ready for commands. It
// owns conn, which ends with the first error.
func newMonitor(ctx context.Context, conn io.ReadWriteCloser) (*Monitor, error) {
	m := &Monitor{conn: conn, waiting: map[uint64]chan qmpReply{}, changed: make(chan struct{})}
	greeting := make(chan qmpReply, 1)
	m.waiting[0] = greeting // ids begin at 1, the greeting has none
	go m.read()
	select {
	case reply, open := <-greeting:
		if !open {
			return nil, m.failure()
		}
		if reply.Greeting == nil {
			return nil, errors.Join(errors.New("vm: QEMU's monitor did not begin with its greeting"), conn.Close())
		}
	case <-ctx.Done():
		return nil, errors.Join(fmt.Errorf("vm: waiting for QEMU's monitor: %w", context.Cause(ctx)), conn.Close())
	}
	return m, m.Do(ctx, "qmp_capabilities", nil, nil)
}

// read sorts what QEMU says until the stream ends, then fails all who wait.
func (m *Monitor) read() {
	decoder := json.NewDecoder(m.conn)
	for {
		var reply qmpReply
		err := decoder.Decode(&reply)
		m.mu.Lock()
		if err != nil {
			m.err = fmt.Errorf("vm: QEMU's monitor ended: %w", err)
			for id, waiting := range m.waiting {
				close(waiting)
				delete(m.waiting, id)
			}
			close(m.changed)
			m.mu.Unlock()
			return
		}
		m.sort(reply)
		m.mu.Unlock()
	}
}

// sort hands a reply to the one who waits, or keeps an event. A reply that
// nobody waits for any more is dropped: its context ended.
func (m *Monitor) sort(reply qmpReply) {
	if reply.Name != "" {
		m.events = append(m.events, reply.Event)
		if len(m.events) > eventsMax {
			m.events = m.events[1:]
		}
		close(m.changed)
		m.changed = make(chan struct{})
		return
	}
	if waiting, found := m.waiting[reply.ID]; found {
		delete(m.waiting, reply.ID)
		waiting <- reply
	}
}

func (m *Monitor) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// Do sends a command and decodes its answer into result, unless that is nil.
// A refusal is a *CommandError; any other error means that the stream is gone
// or ctx was done first.
func (m *Monitor) Do(ctx context.Context, command string, arguments, result any) error {
	reply, err := m.send(command, arguments)
	if err != nil {
		return fmt.Errorf("vm: %s: %w", command, err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("vm: waiting for QEMU's answer to %s: %w", command, context.Cause(ctx))
	case got, open := <-reply:
		switch {
		case !open:
			return fmt.Errorf("%w, before it answered %s", m.failure(), command)
		case got.Error != nil:
			return &CommandError{Command: command, Class: got.Error.Class, Text: got.Error.Desc}
		case result == nil:
			return nil
		}
		if err := json.Unmarshal(got.Return, result); err != nil {
			return fmt.Errorf("vm: QEMU's answer to %s: %w", command, err)
		}
		return nil
	}
}

// send writes the command and returns where its answer will come.
func (m *Monitor) send(command string, arguments any) (<-chan qmpReply, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, m.err
	}
	m.lastID++
	line, err := json.Marshal(struct {
		Execute   string `json:"execute"`
		Arguments any    `json:"arguments,omitempty"`
		ID        uint64 `json:"id"`
	}{command, arguments, m.lastID})
	if err != nil {
		return nil, err
	}
	reply := make(chan qmpReply, 1)
	m.waiting[m.lastID] = reply
	if _, err := m.conn.Write(append(line, '\n')); err != nil {
		delete(m.waiting, m.lastID)
		return nil, err
	}
	return reply, nil
}

// WaitEvent waits for the next event of that name and takes it, with all that
// came before it.
func (m *Monitor) WaitEvent(ctx context.Context, name string) (Event, error) {
	for {
		event, found, changed, err := m.takeEvent(name)
		if found || err != nil {
			return event, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, fmt.Errorf("vm: waiting for QEMU's event %s: %w", name, context.Cause(ctx))
		}
	}
}

func (m *Monitor) takeEvent(name string) (event Event, found bool, changed <-chan struct{}, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, event := range m.events {
		if event.Name == name {
			m.events = m.events[i+1:]
			return event, true, nil, nil
		}
	}
	return Event{}, false, m.changed, m.err
}
