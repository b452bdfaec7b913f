package tidy

import (
	"path/filepath"
	"testing"
)

func TestHouseIsTidy(t *testing.T) {
	found, err := Check(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	ratchets, err := Ratchets()
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range Judge(found, ratchets) {
		t.Error(wrong)
	}
}
