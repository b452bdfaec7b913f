package fs

import (
	"strings"
	"testing"
)

// variable is a path as efivarfs gives the loader's variables.
func variable(path string) []byte {
	b := []byte{6, 0, 0, 0}
	for _, c := range path {
		b = append(b, byte(c), byte(c>>8))
	}
	return append(b, 0, 0)
}

func TestEntryGetsItsTriesBack(t *testing.T) {
	for path, want := range map[string]string{
		`\EFI\Linux\mote-a-1.0-edge+2-1.efi`:       "/EFI/Linux/mote-a-1.0-edge+3-0.efi",
		`\EFI\Linux\mote-b-1.10.3-control+0-3.efi`: "/EFI/Linux/mote-b-1.10.3-control+3-0.efi",
		`\EFI\Linux\mote-a-1.0-edge+8-1.efi`:       "/EFI/Linux/mote-a-1.0-edge+9-0.efi",
		`\EFI\Linux\mote-a-1.0+build-edge+1-2.efi`: "/EFI/Linux/mote-a-1.0+build-edge+3-0.efi",
	} {
		e, ok := DecodeEntry(append(variable(path), make([]byte, 40)...))
		if r := e.Restored(); !ok || r.Path() != want {
			t.Errorf("%s: %v, %q; want %q", path, ok, r.Path(), want)
		}
		if got := e.Path(); got != strings.ReplaceAll(path, `\`, "/") {
			t.Errorf("%s reads as %s", path, got)
		}
	}
	e, _ := DecodeEntry(variable(`\EFI\Linux\mote-a-1.0-edge+2-1.efi`))
	if e.Name() != "mote-a-1.0-edge" || e.Tries() != 3 {
		t.Errorf("%s with %d tries", e.Name(), e.Tries())
	}
}

func TestStrangeEntriesAreLeftAlone(t *testing.T) {
	for name, b := range map[string][]byte{
		"nothing":           nil,
		"attributes only":   {6, 0, 0, 0},
		"no NUL":            variable(`\EFI\Linux\mote-a-1.0-edge+2-1.efi`)[:40],
		"half a character":  variable(`\EFI\Linux\mote-a-1.0-edge+2-1.efi`)[:41],
		"not counted":       variable(`\EFI\Linux\mote-a-1.0-edge.efi`),
		"one number":        variable(`\EFI\Linux\mote-a-1.0-edge+2.efi`),
		"two digits":        variable(`\EFI\Linux\mote-a-1.0-edge+12-1.efi`),
		"no tries":          variable(`\EFI\Linux\mote-a-1.0-edge+0-0.efi`),
		"more than nine":    variable(`\EFI\Linux\mote-a-1.0-edge+9-1.efi`),
		"no name":           variable(`\EFI\Linux\+2-1.efi`),
		"another folder":    variable(`\loader\entries\mote+2-1.efi`),
		"a deeper folder":   variable(`\EFI\Linux\x\mote+2-1.efi`),
		"up and away":       variable(`\EFI\Linux\..\mote+2-1.efi`),
		"not ASCII":         variable(`\EFI\Linux\mote-ä+2-1.efi`),
		"not Latin":         variable(`\EFI\Linux\mote-\u2603+2-1.efi`),
		"a space":           variable(`\EFI\Linux\mote a+2-1.efi`),
		"a path too long":   variable(`\EFI\Linux\` + strings.Repeat("m", EntryPathMax) + `+2-1.efi`),
		"another extension": variable(`\EFI\Linux\mote-a-1.0-edge+2-1.bin`),
	} {
		if e, ok := DecodeEntry(b); ok {
			t.Errorf("%s is taken for %s", name, e.Path())
		}
	}
}

// FuzzEntry holds every variable to what a rename relies on.
func FuzzEntry(f *testing.F) {
	f.Add(variable(`\EFI\Linux\mote-a-1.0-edge+2-1.efi`))
	f.Add(variable(`\EFI\Linux\+2-1.efi`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, ok := DecodeEntry(b)
		if !ok {
			return
		}
		r := e.Restored()
		again, ok := DecodeEntry(variable(strings.ReplaceAll(r.Path(), "/", `\`)))
		switch {
		case !ok || again.Path() != r.Path():
			t.Errorf("%q becomes %q, which is no entry", e.Path(), r.Path())
		case len(r.Path()) != len(e.Path()) || r.Tries() != e.Tries() || r.Name() != e.Name():
			t.Errorf("%q becomes %q", e.Path(), r.Path())
		case strings.Count(r.Path(), "/") != 3:
			t.Errorf("%q leaves its folder", r.Path())
		}
	})
}
