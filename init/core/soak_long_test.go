//go:build long

package core

import "testing"

// TestLongMemoryIsFlat: ten million events of all kinds, and PID 1's loop takes no more
// memory than after the first ones.
func TestLongMemoryIsFlat(t *testing.T) { soak(t, 10_000_000) }
