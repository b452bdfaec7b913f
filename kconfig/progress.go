package kconfig

import (
	"fmt"
	"strings"
	"time"
)

// Progress counts what make says it compiles. It reads no clock and writes
// nothing, so that its words can be tested.
type Progress struct {
	// ObjectsMax is how many are expected, from the last whole build or from
	// objectsGuess; 0 is unknown.
	ObjectsMax int
	// Done counts the objects so far.
	Done int
}

// objectsGuess is what a first build compiles: the product's kernel, 6.12, rounded.
const objectsGuess = 2000

// estimateMin is the part of the work, as a divisor, after which the time left
// can be told: before, it would jump about.
const estimateMin = 20

// Take looks at one line of make's output and says whether it was an object.
// Kbuild's short form is two blanks, a word, a path.
func (p *Progress) Take(line string) bool {
	f := strings.Fields(line)
	if !strings.HasPrefix(line, "  ") || len(f) != 2 || !strings.HasSuffix(f[1], ".o") {
		return false
	}
	p.Done++
	return true
}

// Line tells how far the build is after elapsed time. When more was compiled
// than expected the total isn't named any more.
func (p *Progress) Line(elapsed time.Duration) string {
	if p.ObjectsMax == 0 || p.Done > p.ObjectsMax {
		return fmt.Sprintf("kernel: %d objects, %s so far", p.Done, short(elapsed))
	}
	line := fmt.Sprintf("kernel: %d of about %d objects, %s so far", p.Done, p.ObjectsMax, short(elapsed))
	if p.Done == 0 || p.Done < p.ObjectsMax/estimateMin {
		return line
	}
	left := time.Duration(float64(elapsed) / float64(p.Done) * float64(p.ObjectsMax-p.Done))
	return line + ", about " + short(left) + " left"
}

// short words a duration as a person would say it.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", int(d.Round(time.Second).Seconds()))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}
