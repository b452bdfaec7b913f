package bench

import (
	"errors"
	"testing"
)

func TestSmallestFindsTheEdge(t *testing.T) {
	for edge := 20; edge <= 84; edge++ {
		tries := 0
		got, err := Smallest(20, 84, func(mib int) (bool, error) { tries++; return mib >= edge, nil })
		if err != nil || got != edge || tries > 8 {
			t.Errorf("edge %d: got %d, %v, %d tries", edge, got, err, tries)
		}
	}
	if _, err := Smallest(20, 84, func(int) (bool, error) { return false, nil }); err == nil {
		t.Error("a machine that never gets ready has a smallest size")
	}
	broken := errors.New("no QEMU")
	if _, err := Smallest(20, 84, func(int) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
