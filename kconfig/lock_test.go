package kconfig

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestLockWaits takes a lock twice: the second says that it waits, and gets it
// when the first is given back.
func TestLockWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := lock(t.Context(), path, func() error { return errors.New("a free lock waited") })
	if err != nil {
		t.Fatal(err)
	}
	waiting, got := make(chan struct{}), make(chan error)
	go func() {
		second, err := lock(t.Context(), path, func() error { close(waiting); return nil })
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
	_, err := lock(t.Context(), filepath.Join(t.TempDir(), "none", "lock"), func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "is the cache folder writable?") {
		t.Errorf("got %v", err)
	}
}

// TestLockGivesUp ends the wait for a lock that is held: by the context, and by
// who doesn't want to wait.
func TestLockGivesUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	release, err := lock(t.Context(), path, func() error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	_, err = lock(ctx, path, func() error { stop(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("ended: got %v", err)
	}
	if _, err := lock(t.Context(), path, func() error { return errHeld }); !errors.Is(err, errHeld) {
		t.Errorf("not waiting: got %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
}
