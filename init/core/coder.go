package core

// coder writes or reads the table that PID 1 leaves to itself across a crash,
// by the same calls in the same order: what was forgotten on one side can't be
// read on the other. Every number takes eight bytes, little-endian.
//
// Always true: a read past the end, or of a number out of its bounds, sets bad
// and gives zero; nothing of a table may be believed before bad was looked at.
type coder struct {
	b       []byte
	at      int
	reading bool
	bad     bool
}

// number passes v through: it writes v and gives it back, or reads another. Not
// inlined: in some 60 places that would take 8 KB.
//
//go:noinline
func (c *coder) number(v int64) int64 {
	if c.at+8 > len(c.b) {
		c.bad = true
		return 0
	}
	place := c.b[c.at : c.at+8]
	c.at += 8
	if !c.reading {
		for i := range place {
			place[i] = byte(uint64(v) >> (8 * i))
		}
		return v
	}
	n := uint64(0)
	for i := range place {
		n |= uint64(place[i]) << (8 * i)
	}
	return int64(n)
}

// within is a number from 0 up to, and without, end.
//
//go:noinline
func (c *coder) within(v, end int) int {
	n := c.number(int64(v))
	if n < 0 || n >= int64(end) {
		c.bad = true
		return 0
	}
	return int(n)
}

//go:noinline
func (c *coder) flag(v bool) bool {
	n := 0
	if v {
		n = 1
	}
	return c.within(n, 2) == 1
}

// bytes passes as many bytes through as b has.
//
//go:noinline
func (c *coder) bytes(b []byte) {
	if c.at+len(b) > len(c.b) {
		c.bad = true
		return
	}
	if c.reading {
		copy(b, c.b[c.at:])
	} else {
		copy(c.b[c.at:], b)
	}
	c.at += len(b)
}

// sum is FNV-1a, which finds damage; nobody but the kernel and PID 1 can reach
// what it stands over. It goes on from the sum of what came before.
func sum(from uint64, b []byte) uint64 {
	for _, c := range b {
		from = (from ^ uint64(c)) * 1099511628211
	}
	return from
}

// sumSeed is FNV-1a's offset basis.
const sumSeed = 14695981039346656037
