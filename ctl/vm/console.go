package vm

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Line is one line of the guest's console.
type Line struct {
	// Text has no line end and no escape sequences.
	Text string
	// At is when its end reached the host, with the monotonic clock's reading:
	// the guest printed it earlier, by the serial port's and the pipe's delay.
	At time.Time
}

// console splits the serial port's bytes into lines and lets others wait for
// them. Lines have numbers from 0 on; the first ones may have been dropped.
type console struct {
	now func() time.Time

	mu      sync.Mutex
	partial []byte
	lines   []Line
	dropped int           // number of lines[0]
	cursor  int           // number of the first line that no wait has taken
	changed chan struct{} // closed and replaced with each line
}

func newConsole(now func() time.Time) *console {
	return &console{now: now, changed: make(chan struct{})}
}

// Write takes bytes as they come; a line is stamped when its end comes. It
// never fails.
func (c *console) Write(p []byte) (int, error) {
	at := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	for rest := p; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			c.partial = append(c.partial, rest...)
			c.cut(at)
			break
		}
		c.partial = append(c.partial, rest[:end]...)
		c.cut(at)
		c.keep(at)
		rest = rest[end+1:]
	}
	return len(p), nil
}

// cut ends lines that are longer than lineBytesMax by force.
func (c *console) cut(at time.Time) {
	for len(c.partial) > lineBytesMax {
		rest := bytes.Clone(c.partial[lineBytesMax:])
		c.partial = c.partial[:lineBytesMax]
		c.keep(at)
		c.partial = rest
	}
}

// keep makes a line of what has come.
func (c *console) keep(at time.Time) {
	c.lines = append(c.lines, Line{Text: cleanText(c.partial), At: at})
	c.partial = c.partial[:0]
	if over := len(c.lines) - linesMax; over > 0 {
		c.lines = append(c.lines[:0], c.lines[over:]...)
		c.dropped += over
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

// take gives the first line from the cursor on that matches, and moves the
// cursor behind it. If there is none, changed is closed when more has come.
func (c *console) take(match func(text string) bool) (line Line, found bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.cursor = max(c.cursor, c.dropped); c.cursor < c.dropped+len(c.lines); {
		line := c.lines[c.cursor-c.dropped]
		c.cursor++
		if match(line.Text) {
			return line, true, nil
		}
	}
	return Line{}, false, c.changed
}

// wait is take with patience: until ctx is done, or ended is closed and all
// that came before has been looked at.
func (c *console) wait(ctx context.Context, ended <-chan struct{}, match func(string) bool) (Line, error) {
	for last := false; ; {
		line, found, changed := c.take(match)
		switch {
		case found:
			return line, nil
		case last:
			return Line{}, errEnded
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Line{}, context.Cause(ctx)
		case <-ended:
			last = true
		}
	}
}

// all returns the kept lines.
func (c *console) all() []Line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Line(nil), c.lines...)
}

// last shows the last n lines, indented, and a last one that has no end yet.
func (c *console) last(n int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	from := max(0, len(c.lines)-n)
	if earlier := c.dropped + from; earlier > 0 {
		fmt.Fprintf(&b, "\t(%d earlier lines)\n", earlier)
	}
	for _, line := range c.lines[from:] {
		fmt.Fprintf(&b, "\t%s\n", line.Text)
	}
	if len(c.partial) > 0 {
		fmt.Fprintf(&b, "\t%s (no line end yet)\n", cleanText(c.partial))
	}
	if b.Len() == 0 {
		return "\t(nothing was printed)\n"
	}
	return b.String()
}

// cleanText drops what a terminal would act on, so that a guest's console can't
// play with the screen of the one who reads an error: control bytes, and
// escape sequences as in ECMA-48, 5.4 (CSI, parameters, final byte).
func cleanText(raw []byte) string {
	var b strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == 0x1b && i+1 < len(raw) && raw[i+1] == '[':
			for i += 2; i < len(raw) && (raw[i] < 0x40 || raw[i] > 0x7e); i++ {
			}
		case raw[i] == '\t' || raw[i] >= 0x20 && raw[i] != 0x7f:
			b.WriteByte(raw[i])
		}
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// tail keeps the last stderrBytesMax bytes that were written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - stderrBytesMax; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// String returns what is kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
