package main

import (
	"bytes"
	"hash/fnv"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/bench"
	"mote/size/golden"
)

// hashOf is the plugin's hash of a block.
func hashOf(code []byte) uint64 {
	h := fnv.New64a()
	h.Write(code)
	return h.Sum64()
}

// twoPrograms are a kernel of two functions and a PID 1 of two.
func twoPrograms() (kernel, init program) {
	kernel = program{
		functions: []function{{kernelAddress + 0x100, "copy"}, {kernelAddress + 0x180, "clear"}},
		sections:  []section{{kernelAddress + 0x100, make([]byte, 0x100)}},
	}
	init = program{
		functions: []function{{0x1000, "entry"}, {0x1008, "main"}},
		sections:  []section{{0x1000, []byte("0123456789abcdef")}},
	}
	return kernel, init
}

// someCounts are a boot of two phases of PID 1.
func someCounts() []count {
	ours, foreign := hashOf([]byte("89abcdef")), hashOf([]byte("other"))
	return []count{
		{0, kernelAddress + 0x190, 0, 4, 5_000_000},
		{0, 0x77, 0, 4, 1000}, // before there is paging
		{1, kernelAddress + 0x110, 0, 4, 1_234_567},
		{1, 0x1008, ours, 8, 250_000},
		{2, 0x1008, ours, 8, 50_000},
		{2, 0x1008, foreign, 8, 40_000}, // another program, at the same address
		{2, kernelAddress + 0x190, 0, 4, 700_000},
	}
}

func someMarks() []bench.Mark {
	return []bench.Mark{{Name: "kernel"}, {Name: "init"}, {Name: "main"}, {Name: "ready"}}
}

func TestEachBlockHasOneOwner(t *testing.T) {
	kernel, init := twoPrograms()
	phases := attributed(someCounts(), someMarks(), kernel, init)
	if len(phases) != 3 {
		t.Fatalf("%d phases, want 3", len(phases))
	}
	want := map[row]bool{
		{inKernel, "clear", 700_000}: true,
		{inInit, "main", 50_000}:     true,
		{inOthers, "", 40_000}:       true,
	}
	for _, r := range phases[2].Rows {
		if !want[r] {
			t.Errorf("unexpected row %+v", r)
		}
	}
	if len(phases[2].Rows) != len(want) || phases[2].Instructions != 790_000 {
		t.Errorf("phase %+v", phases[2])
	}
	var counted, told int64
	for _, c := range someCounts() {
		counted += c.instructions
	}
	for _, p := range phases {
		told += p.Instructions
	}
	if counted != told {
		t.Errorf("%d instructions counted, %d told", counted, told)
	}
}

func TestTextGolden(t *testing.T) {
	kernel, init := twoPrograms()
	golden.Check(t, filepath.Join("testdata", "profile.txt"), text(attributed(someCounts(), someMarks(), kernel, init), 2))
}

func TestDiffGolden(t *testing.T) {
	kernel, init := twoPrograms()
	var own, first [2]phase
	for i := range own {
		counts := someCounts()
		if i == 1 {
			counts[0].instructions = 1_000_000
			counts[3].instructions += 777
			counts = append(counts, count{2, 0x1000, hashOf([]byte("0123")), 4, 12})
		}
		var table bytes.Buffer
		if err := writeCSV(&table, attributed(counts, someMarks(), kernel, init)); err != nil {
			t.Fatal(err)
		}
		var err error
		if own[i], first[i], err = readCSV(&table); err != nil {
			t.Fatal(err)
		}
	}
	golden.Check(t, filepath.Join("testdata", "diff.txt"), diffText(first, own, 10))
}

func TestReadCSVRefusesOtherFiles(t *testing.T) {
	for _, bad := range []string{"", "a,b\n1,2\n", csvHeader + "\n", csvHeader + "\nready,kernel,copy,many\n"} {
		if _, _, err := readCSV(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseCountsRefusesWhatIsNotOne(t *testing.T) {
	good := "1 ffffffff81000000 cbf29ce484222325 12 3456\n"
	list, err := parseCounts(strings.NewReader(good))
	if err != nil || len(list) != 1 || list[0] != (count{1, 0xffffffff81000000, 0xcbf29ce484222325, 12, 3456}) {
		t.Fatalf("%+v, %v", list, err)
	}
	for _, bad := range []string{"1 2 3\n", "-1 2 3 4 5\n", "1 x 3 4 5\n", good + "half"} {
		if _, err := parseCounts(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestTriggerNamesAddressAndCode(t *testing.T) {
	_, init := twoPrograms()
	word, err := init.trigger("begin", "main")
	if err != nil || word != "begin=1008:6665646362613938" {
		t.Errorf("%q, %v", word, err)
	}
	if _, err := init.trigger("end", "gone"); err == nil {
		t.Error("a function that is not there was found")
	}
}

func TestBaseForgetsPartsOfFunctions(t *testing.T) {
	for name, want := range map[string]string{
		"prepare_alloc_pages.constprop.0": "prepare_alloc_pages",
		"do_exit.cold":                    "do_exit",
		"mote/init/core.(*Loop).turn":     "mote/init/core.(*Loop).turn",
	} {
		if got := base(name); got != want {
			t.Errorf("base(%q) = %q, want %q", name, got, want)
		}
	}
}
