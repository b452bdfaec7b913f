package kconfig

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestLockWaits takes a lock twice: the second says that it waits, and gets it
// when the first is given back.
func TestLockWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := lock(path, func() { t.Error("a free lock waited") })
	if err != nil {
		t.Fatal(err)
	}
	waiting, got := make(chan struct{}), make(chan error)
	go func() {
		second, err := lock(path, func() { close(waiting) })
		if err == nil {
			err = second()
		}
		got <- err
	}()
	<-waiting
	select {
	case err := <-got:
		t.Fatalf("two have the lock at once (%v)", err)
	default:
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func TestLockSaysWhereItFailed(t *testing.T) {
	_, err := lock(filepath.Join(t.TempDir(), "none", "lock"), func() {})
	if err == nil || !strings.Contains(err.Error(), "is the cache folder writable?") {
		t.Errorf("got %v", err)
	}
}
