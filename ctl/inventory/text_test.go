package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"mote/wire/inventory"
)

var update = flag.Bool("update", false, "write the golden file anew")

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
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", out.Bytes(), want)
	}
}
