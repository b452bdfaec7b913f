package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"mote/size/golden"
	"mote/wire/inventory"
)

// TestTextGolden prints what a node under QEMU once told, with a few troubles
// added.
func TestTextGolden(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "q35.json"))
	if err != nil {
		t.Fatal(err)
	}
	var i inventory.Inventory
	if err := json.Unmarshal(b, &i); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeText(&out, i); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "q35.txt")
	golden.Check(t, path, out.String())
}
