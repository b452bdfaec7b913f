package sim

import "hash/fnv"

// trace is the text of a run, a line each:
//
//	time in ms  event        what the loop took
//	time in ms  → op         what it decided
//	time in ms  = call       what a system call of it did to the world
//	time in ms  ! call errno a call that was made to fail
//	time in ms  ~ what       what a program, the kernel or an operator did
//	time in ms  * what       a phase of the run
//
// Two runs of one seed have the same text, byte for byte.
type trace struct {
	hash  hash64
	lines uint64
	// last are the newest lines, as a ring; all has every one if keep is set.
	last [traceTail]string
	keep bool
	all  []string
}

// traceTail lines are printed of a run that failed.
const traceTail = 40

// hash64 is FNV-1a.
type hash64 interface {
	Write([]byte) (int, error)
	Sum64() uint64
}

func newTrace(keep bool) *trace { return &trace{hash: fnv.New64a(), keep: keep} }

// line appends a line with its time.
func (t *trace) line(now int64, text string) {
	var b [32]byte
	at := len(b)
	at--
	b[at] = ' '
	n := now / 1000
	for digit := 0; digit < 5 || n > 0; digit++ {
		if digit == 3 {
			at--
			b[at] = '.'
		}
		at--
		b[at] = byte('0' + n%10)
		n /= 10
	}
	for at > len(b)-13 {
		at--
		b[at] = ' '
	}
	line := string(b[at:]) + text + "\n" // its end is a part of the hash
	t.hash.Write([]byte(line))
	t.last[t.lines%traceTail] = line
	t.lines++
	if t.keep {
		t.all = append(t.all, line)
	}
}

// tail gives the newest lines, oldest first.
func (t *trace) tail() (text string) {
	for n := range uint64(traceTail) {
		text += t.last[(t.lines+n)%traceTail]
	}
	return text
}
