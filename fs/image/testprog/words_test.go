package main

import (
	"slices"
	"strings"
	"testing"
)

func TestVerbsAreSortedAndTold(t *testing.T) {
	var names []string
	text := usage()
	for _, v := range verbs() {
		names = append(names, v.name)
		if v.run == nil || v.what == "" {
			t.Errorf("%s does nothing, or nobody says what", v.name)
		}
		if !strings.Contains(text, "testprog "+v.name+" "+v.args+"\n\t"+v.what+"\n") {
			t.Errorf("usage says nothing of %s", v.name)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the verbs are %v", names)
	}
}

func TestMaskHasSixteenDigits(t *testing.T) {
	for bits, want := range map[uint64]string{
		0: "0000000000000000", 1: "0000000000000001", 1 << 63: "8000000000000000", 0x4200: "0000000000004200",
	} {
		if got := mask(bits); got != want {
			t.Errorf("mask of %#x is %s", bits, got)
		}
	}
}

func TestLimit(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 1024: "1024", 1<<64 - 1: "unlimited", 1<<64 - 2: "18446744073709551614"} {
		if got := limit(n); got != want {
			t.Errorf("limit %d is %s", n, got)
		}
	}
}

func TestNothingIsKnownWithoutTheEntry(t *testing.T) {
	blocked, ignored := inheritedSignals()
	if blocked != "unknown" || ignored != "unknown" || inheritedFiles() != "unknown" {
		t.Errorf("%s, %s and %s, though a test is not started at entry", blocked, ignored, inheritedFiles())
	}
}

func TestArguments(t *testing.T) {
	a := arguments{"7", "text"}
	if a.number(0, 3) != 7 || a.number(2, 3) != 3 || a.text(1) != "text" {
		t.Errorf("arguments are %d, %d, %q", a.number(0, 3), a.number(2, 3), a.text(1))
	}
}

func TestReadFile(t *testing.T) {
	if got := readFile("/proc/self/comm"); !strings.HasSuffix(got, "\n") {
		t.Errorf("comm is %q", got)
	}
	// A missing file and a folder are both empty: report goes on without.
	for _, path := range []string{"/proc/self/nothing", "/proc"} {
		if got := readFile(path); got != "" {
			t.Errorf("%s is %q", path, got)
		}
	}
}
