package attribute

import (
	"strings"
	"testing"

	"mote/size/goobj"
)

// emptyTaskBytes is a package's start without a function to run.
const emptyTaskBytes = 8

// TestAliveIsWhatTheLinkerKept does the linker's search again, and compares with
// what is in the file and with the linker's own account.
func TestAliveIsWhatTheLinkerKept(t *testing.T) {
	for _, target := range []Target{Init("../.."), Program("../..", "./size/mksize")} {
		g, err := target.Graph(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		a := g.search(without{})
		tree, err := target.linkerAccount(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		alive, wrong := 0, 0
		for i, is := range a.reached {
			id := goobj.ID(i)
			symbol, _ := g.set.Symbol(id)
			if !symbol.Kind.Loaded() || symbol.Size == 0 {
				continue
			}
			if strings.HasSuffix(symbol.Name, "..inittask") && symbol.Size == emptyTaskBytes {
				continue // it leads to others, and the linker drops it itself
			}
			if is {
				alive++
			}
			_, account := tree[symbol.Name]
			// One of several with the same content has another's name there.
			account = account || symbol.Hash != "" || symbol.Name == "runtime.mapinitnoop"
			if g.placed[id] && !is || is && !account {
				wrong++
				t.Logf("%s: alive %v, in the file %v, in the linker's account %v", symbol.Name, is, g.placed[id], account)
			}
		}
		t.Logf("%s: %d alive, %d not as the linker says", target.Package, alive, wrong)
		if alive < 5000 || wrong > 0 {
			t.Error("that is another search")
		}
	}
}
