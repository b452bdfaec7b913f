package netcfg

// random gives transaction ids and spreads retries: splitmix64 (Steele, Lea,
// Flood, OOPSLA 2014) from a seed of the kernel's. None of it guards a secret.
type random struct{ state uint64 }

//go:noinline
func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives 0 to n-1, and 0 for an n of 0 or less.
func (r *random) below(n int64) int64 {
	if n <= 0 {
		return 0
	}
	return int64(r.next() % uint64(n))
}
