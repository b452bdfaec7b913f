package sim

// rand is splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
// Generators, OOPSLA 2014): one word of state, and a new stream from any draw. A
// seed means the same for ever, whatever Go's own generators become.
type rand struct{ state uint64 }

func (r *rand) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fork gives a stream of its own: what one concern draws does not shift what
// another one gets.
func (r *rand) fork() rand { return rand{state: r.next()} }

// below gives 0 to n−1; n is small, so the bias of a remainder does not matter.
func (r *rand) below(n int) int { return int(r.next() % uint64(n)) }

// between gives low to high.
func (r *rand) between(low, high int64) int64 { return low + int64(r.next()%uint64(high-low+1)) }

// chance is true once in n times; never for 0.
func (r *rand) chance(n int) bool { return n > 0 && r.next()%uint64(n) == 0 }

// percent is true in n of 100 cases.
func (r *rand) percent(n int) bool { return r.below(100) < n }

// pick gives one of a list.
func pick[T any](r *rand, list ...T) T { return list[r.below(len(list))] }

// weighted gives an index with the probability of its weight.
func (r *rand) weighted(weights ...int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	n := r.below(sum)
	for i, w := range weights {
		if n -= w; n < 0 {
			return i
		}
	}
	return 0
}
