package kconfig

import (
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"

	"mote/size/golden"
)

// TestJoinStories plays each folder of testdata/join: fragments in, list and
// problems out, compared with want.txt.
func TestJoinStories(t *testing.T) {
	stories, err := os.ReadDir("testdata/join")
	if err != nil {
		t.Fatal(err)
	}
	if len(stories) < 5 {
		t.Fatalf("only %d stories; were they moved?", len(stories))
	}
	for _, s := range stories {
		t.Run(s.Name(), func(t *testing.T) {
			dir := "testdata/join/" + s.Name()
			wants, problems := Join(readFragments(t, dir))
			var b strings.Builder
			for _, w := range wants {
				fmt.Fprintf(&b, "%s:%d %s=%s\n", w.File, w.Line, w.Symbol, w.Value)
			}
			for _, p := range problems {
				fmt.Fprintf(&b, "problem %s\n", p)
			}
			golden.Check(t, dir+"/want.txt", b.String())
		})
	}
}

func TestAllConfigSaysOffAsKconfigDoes(t *testing.T) {
	got := string(AllConfig([]Want{{Symbol: "CONFIG_A", Value: "y"}, {Symbol: "CONFIG_B", Value: Off}, {Symbol: "CONFIG_C", Value: `"x y"`}}))
	want := "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"x y\"\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestJoinThenAllConfigIsStable joins random fragments and joins the result
// again: the same list must come out, in the same order.
func TestJoinThenAllConfigIsStable(t *testing.T) {
	const seed = 20260101
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewSource(seed))
	for range 200 {
		var b strings.Builder
		for _, n := range r.Perm(1 + r.Intn(30)) {
			switch r.Intn(3) {
			case 0:
				fmt.Fprintf(&b, "CONFIG_S%d=y\n", n)
			case 1:
				fmt.Fprintf(&b, "# CONFIG_S%d is not set\n", n)
			default:
				fmt.Fprintf(&b, "# Why: %d.\nCONFIG_S%d=%d\n", n, n, r.Intn(100))
			}
		}
		first, problems := Join([]Fragment{{"a.config", []byte(b.String())}})
		if len(problems) > 0 {
			t.Fatalf("problems in a good fragment: %v\n%s", problems, b.String())
		}
		text := AllConfig(first)
		second, problems := Join([]Fragment{{"a.config", text}})
		if len(problems) > 0 || string(AllConfig(second)) != string(text) {
			t.Fatalf("not stable: %v\n%s", problems, text)
		}
	}
}

func FuzzJoin(f *testing.F) {
	f.Add([]byte("CONFIG_A=y\n# CONFIG_B is not set\n"))
	f.Add([]byte("# replaces: CONFIG_A of a.config\nCONFIG_A=\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		wants, _ := Join([]Fragment{{"a.config", text}, {"b.config", text}})
		seen := map[string]bool{}
		for _, w := range wants {
			if seen[w.Symbol] {
				t.Fatalf("%s is in the list twice", w.Symbol)
			}
			seen[w.Symbol] = true
		}
	})
}

func TestLineNumbersCountFromOne(t *testing.T) {
	wants, _ := Join([]Fragment{{"a.config", []byte("\n\nCONFIG_A=y")}})
	if len(wants) != 1 || wants[0].Line != 3 {
		t.Errorf("got %v, want line 3", wants)
	}
}
