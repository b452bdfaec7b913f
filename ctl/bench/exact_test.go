package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// changed is base with some time added to one mark and all after it.
func changed(base Boot, from string, nsec int64) Boot {
	head := base
	head.Marks = append([]Mark(nil), base.Marks...)
	after := false
	for i := range head.Marks {
		if after = after || head.Marks[i].Name == from; after {
			head.Marks[i].Nsec += nsec
		}
	}
	head.ReadyNsec += nsec
	return head
}

func TestPhasesSumUp(t *testing.T) {
	base := observed(t, "observe-three-services.txt")
	all, same := Phases(base, changed(base, "network", 30_000))
	if !same {
		t.Fatal("the order is the same")
	}
	var baseSum, change int64
	for _, p := range all {
		baseSum += p.BaseNsec
		change += p.changeNsec()
		if p.changeNsec() != 0 && p.Name != "network" {
			t.Errorf("%s changed by %d", p.Name, p.changeNsec())
		}
	}
	if baseSum != base.ReadyNsec || change != 30_000 {
		t.Errorf("sums %d of %d, %d", baseSum, base.ReadyNsec, change)
	}
}

func TestPhasesOfAnotherOrder(t *testing.T) {
	base := Boot{Marks: marks("init@1, start a@2, start b@3, up a@4, up b@5, ready@6"), InitNsec: 1e6, ReadyNsec: 6e6}
	head := Boot{Marks: marks("init@1, start a@2, start c@3, up c@4, up a@5, ready@6"), InitNsec: 1e6, ReadyNsec: 6e6}
	all, same := Phases(base, head)
	if same || len(all) != 4 {
		t.Fatalf("%v, %+v", same, all)
	}
	if all[1] != (Phase{"▸ a", 2e6, 3e6}) || all[2] != (Phase{"▸ b", 2e6, 0}) || all[3] != (Phase{"▸ c", 0, 1e6}) {
		t.Errorf("got %+v", all)
	}
}

func TestExactTextGolden(t *testing.T) {
	base := observed(t, "observe-three-services.txt")
	e := Exact{Origin: "PID 1's first instruction", OwnNsec: base.ReadyNsec - base.InitNsec, Bytes: [2]int64{4_554_752, 4_554_800}, First: -1}
	e.Phases, e.Same = Phases(base, base)
	golden.Check(t, filepath.Join("testdata", "exact-same.txt"), e.Text())
	e.Phases, _ = Phases(base, changed(base, "loop", 31_250))
	e.First = 3
	e.Later = map[string]Interval{}
	for _, p := range e.Phases {
		c := p.changeNsec()
		e.Later[p.Name] = Interval{c, c - 400, c + 900, 8}
	}
	e.Total = Interval{31_250, 30_100, 32_000, 8}
	if e.Verdict() != "slower" || !strings.Contains(e.Text(), "sources") {
		t.Error(e.Verdict())
	}
	golden.Check(t, filepath.Join("testdata", "exact-slower.txt"), e.Text())
	// What the offsets can't decide is decided by the first difference.
	e.Total = Interval{-100_000, -400_000, 300_000, 8}
	if e.Verdict() != "slower" || !strings.Contains(e.Text(), "less than the scheduler's turns hide") {
		t.Error(e.Text())
	}
	e.Total = Interval{-100_000, -400_000, -90_000, 8}
	if e.Verdict() != "faster" {
		t.Error(e.Verdict())
	}
}

func TestPad(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(from, []byte("hsqs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := pad(to, from, 8); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(to); err != nil || string(text) != "hsqs\x00\x00\x00\x00" {
		t.Errorf("%q, %v", text, err)
	}
	if err := pad(to, from+"none", 8); err == nil {
		t.Error("no file, no error")
	}
}
