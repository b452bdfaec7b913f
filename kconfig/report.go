// What a person sees of a long build. Compilers print a line a file; two thousand
// of them hide the one that matters, so they go to the log.

package kconfig

import (
	"bytes"
	"io"
	"sync"
	"time"
)

const (
	// redrawMsec is how often the line on a terminal changes: calm, yet alive.
	redrawMsec = 1000
	// repeatSec is how often a log that nobody watches gets a line.
	repeatSec = 30
)

// reporter writes Progress for people: one line redrawn on a terminal, a line
// each repeatSec elsewhere. It is the io.Writer that make's output goes to.
type reporter struct {
	out      io.Writer
	terminal bool
	log      io.Writer // gets all that make says
	began    time.Time

	mu       sync.Mutex // the ticker and make's output meet here
	progress Progress
	rest     []byte // the last, unfinished line
}

// Write takes make's output, to the log and line by line to the count.
func (r *reporter) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Writes end anywhere, also in the middle of a name.
	r.rest = append(r.rest, text...)
	for {
		i := bytes.IndexByte(r.rest, '\n')
		if i < 0 {
			break
		}
		r.progress.Take(string(r.rest[:i]))
		r.rest = r.rest[i+1:]
	}
	return r.log.Write(text)
}

// say writes the present state.
func (r *reporter) say(now time.Time) {
	r.mu.Lock()
	line := r.progress.Line(now.Sub(r.began))
	r.mu.Unlock()
	if r.terminal {
		// Back to the margin, new text, erase what the old one had more.
		line = "\r" + line + "\x1b[K"
	} else {
		line += "\n"
	}
	// A closed terminal doesn't end a build of a quarter of an hour.
	_, _ = io.WriteString(r.out, line)
}

// run says where the build is until stop is closed, then ends the line.
func (r *reporter) run(stop <-chan struct{}) {
	// Nothing is said before the first tick: what is done by then needs no line.
	every := repeatSec * time.Second
	if r.terminal {
		every = redrawMsec * time.Millisecond
	}
	// By time and not by object: four compilers at once would make it flicker.
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			r.say(now)
		case <-stop:
			r.say(time.Now())
			if r.terminal {
				_, _ = io.WriteString(r.out, "\n")
			}
			return
		}
	}
}
