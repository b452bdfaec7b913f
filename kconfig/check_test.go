package kconfig

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"mote/size/golden"
)

// TestCheckStory compares wishes with a .config in which each kind of loss
// happened once, with advice from a small Kconfig tree.
func TestCheckStory(t *testing.T) {
	wants, problems := Join(readFragments(t, "testdata/check")[:1])
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	text, err := os.ReadFile("testdata/check/got.config")
	if err != nil {
		t.Fatal(err)
	}
	got := ParseConfig(text)
	findings := Compare(wants, got)
	var b strings.Builder
	b.WriteString("without the source tree\n")
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	if err := Advise(findings, os.DirFS("testdata/check/tree"), got); err != nil {
		t.Fatal(err)
	}
	b.WriteString("with it\n")
	for _, f := range findings {
		b.WriteString(f.String() + "\n")
	}
	golden.Check(t, "testdata/check/want.txt", b.String())
}

func TestCompareFindsNothingWhenAllHolds(t *testing.T) {
	wants := []Want{{Symbol: "CONFIG_A", Value: "y"}, {Symbol: "CONFIG_B", Value: Off}}
	if f := Compare(wants, Config{"CONFIG_A": "y"}); len(f) != 0 {
		t.Errorf("got %v", f)
	}
	if f := Compare(wants, Config{"CONFIG_A": "y", "CONFIG_B": "y"}); len(f) != 1 || f[0].Symbol != "CONFIG_B" {
		t.Errorf("got %v, want CONFIG_B", f)
	}
	if f := Compare(wants, Config{}); len(f) != 1 || f[0].Symbol != "CONFIG_A" || f[0].Got != Off {
		t.Errorf("got %v, want CONFIG_A", f)
	}
}

func TestParseConfig(t *testing.T) {
	c := ParseConfig([]byte("# CONFIG_A is not set\nCONFIG_B=y\nCONFIG_C=\"x=y\"\nnot=this\nCONFIG_D=y"))
	if len(c) != 3 || c.Get("CONFIG_C") != `"x=y"` || c.Get("CONFIG_A") != Off || c.Get("CONFIG_D") != "y" {
		t.Errorf("got %v", c)
	}
	if c.On() != 2 {
		t.Errorf("%d options on, want 2", c.On())
	}
}

func TestAdviseReportsAnUnreadableTree(t *testing.T) {
	findings := []Finding{{Want: Want{Symbol: "CONFIG_A", Value: "y"}}}
	if err := Advise(findings, os.DirFS("testdata/none"), Config{}); err == nil {
		t.Error("no error from a folder that isn't there")
	}
	if err := Advise(nil, os.DirFS("testdata/none"), Config{}); err != nil {
		t.Errorf("without findings nothing is read, yet: %v", err)
	}
}

func TestAdviseNamesTheFirstDefinition(t *testing.T) {
	tree := fstest.MapFS{
		"a/Kconfig.x86":  {Data: []byte("config A\n\tbool\n\tdepends on B\n")},
		"b/Kconfig":      {Data: []byte("config A\n\tbool\n")},
		"c/Makefile":     {Data: []byte("config A\n")},
		"d/Kconfig.help": {Data: []byte("comment \"if\"\nif X\nendif\nendif\nconfig C\n\tbool\n")},
	}
	findings := []Finding{{Want: Want{Symbol: "CONFIG_A", Value: "y"}}, {Want: Want{Symbol: "CONFIG_C", Value: "y"}}}
	if err := Advise(findings, tree, Config{}); err != nil {
		t.Fatal(err)
	}
	if want := "a/Kconfig.x86:1 and depends on B, not set"; !strings.Contains(findings[0].Next, want) {
		t.Errorf("got %q, want %q in it", findings[0].Next, want)
	}
	if want := "d/Kconfig.help:5; its dependencies are on"; !strings.Contains(findings[1].Next, want) {
		t.Errorf("got %q, want %q in it", findings[1].Next, want)
	}
}
