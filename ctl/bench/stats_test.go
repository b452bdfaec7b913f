package bench

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// runs makes runs whose marks init and ready are given in ms.
func runs(readyMsec ...int64) []Run {
	var all []Run
	for _, ms := range readyMsec {
		all = append(all, Run{Boot: Boot{InitNsec: 10e6, ReadyNsec: ms * 1e6,
			Marks: []Mark{{"init", 10e6}, {"ready", ms * 1e6}, {"late", 900e6}}}})
	}
	return all
}

func TestDistribution(t *testing.T) {
	var ms []int64
	for i := range int64(20) {
		ms = append(ms, 100+(i*7)%20) // 100 … 119 in another order
	}
	got := Distribution(runs(ms...))
	if len(got) != 2 || got[1] != (Stat{"ready", 20, 100e6, 109.5e6, 118e6, 119e6}) {
		t.Errorf("got %+v", got)
	}
	all := runs(30, 20)
	all[1].Marks = append([]Mark{{"only here", 5}}, all[1].Marks...)
	if text := DistributionText(Distribution(all), 2); !strings.Contains(text, "only here") || !strings.Contains(text, "in 1 runs only") {
		t.Error(text)
	}
	if _, _, err := Spread(all); err == nil {
		t.Error("a mark of one run only, and no error")
	}
	if nsec, name, err := Spread(runs(30, 20)); err != nil || nsec != 10e6 || name != "ready" {
		t.Errorf("got %d, %q, %v", nsec, name, err)
	}
}

// Critical values of the signed ranks at two-sided 5 %, from any table.
func TestSignedRankCut(t *testing.T) {
	for n, want := range map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52, 25: 89, 30: 137} {
		if got := signedRankCut(n); got != want {
			t.Errorf("%d pairs: got %d, want %d", n, got, want)
		}
	}
	if exact, normal := signedRankCut(ranksExactMax), signedRankCut(ranksExactMax+1); normal < exact || normal > exact+40 {
		t.Errorf("%d pairs %d, one more %d", ranksExactMax, exact, normal)
	}
}

// Below 6 pairs nothing is sure; six alike are. For 6 the interval is of all averages.
func TestPaired(t *testing.T) {
	if i := Paired(nil); i != (Interval{}) {
		t.Errorf("of none: %+v", i)
	}
	if i := Paired([]int64{5, 5, 5, 5, 5}); i.Sure() || i.Nsec != 5 {
		t.Errorf("five: %+v", i)
	}
	if i := Paired([]int64{1, 2, 3, 4, 5, 6}); !i.Sure() || i.LowNsec != 1 || i.HighNsec != 6 {
		t.Errorf("six: %+v", i)
	}
	if i := Paired([]int64{-1, 2, 3, 4, 5, 6}); i.Sure() {
		t.Errorf("six, one of them the other way: %+v", i)
	}
	// One disturbed boot of ten moves neither estimate nor verdict.
	if i := Paired([]int64{10, 11, 12, 10, 11, 12, 10, 11, 12, 90000}); !i.Sure() || i.Nsec > 13 {
		t.Errorf("an outlier: %+v", i)
	}
}

// Of pairs without a difference about 5 in 100 may be called sure, and not many
// more: that is what 95 % means. Noise is as on a busy host: many small, few
// large.
func TestPairedCoverage(t *testing.T) {
	const seed, trials = 7, 4000
	random := rand.New(rand.NewPCG(seed, seed))
	for _, pairs := range []int{6, 10, 20} {
		alarms, missed := 0, 0
		for range trials {
			list := make([]int64, pairs)
			for i := range list {
				list[i] = int64(random.NormFloat64() * 1e6)
				if random.IntN(10) == 0 {
					list[i] *= 20
				}
			}
			if Paired(list).Sure() {
				alarms++
			}
			for i := range list {
				list[i] += 20e6
			}
			if !Paired(list).Sure() {
				missed++
			}
		}
		t.Logf("%d pairs: %.1f %% false alarms, %.1f %% of a difference of 20 deviations missed", pairs,
			100*float64(alarms)/trials, 100*float64(missed)/trials)
		if alarms > trials*60/1000 {
			t.Errorf("%d pairs: %d false alarms in %d, seed %d", pairs, alarms, trials, seed)
		}
		if pairs >= 10 && missed > trials/20 {
			t.Errorf("%d pairs: missed %d of %d, seed %d", pairs, missed, trials, seed)
		}
	}
}

func TestClockText(t *testing.T) {
	text, verdict := ClockText(runs(100, 101, 99, 100, 102, 100), runs(104, 106, 105, 104, 107, 105))
	if verdict != "slower" {
		t.Errorf("verdict %q", verdict)
	}
	golden.Check(t, filepath.Join("testdata", "clock-slower.txt"), text)
	if _, verdict := ClockText(runs(104, 106, 105, 104, 107, 105), runs(100, 101, 99, 100, 102, 100)); verdict != "faster" {
		t.Errorf("the other way: %q", verdict)
	}
	if _, verdict := ClockText(runs(100, 101, 99, 100, 102, 100), runs(101, 99, 100, 101, 101, 100)); verdict != "no difference seen" {
		t.Errorf("alike: %q", verdict)
	}
	if _, verdict := ClockText(runs(100), runs(900)); !strings.HasPrefix(verdict, "too few") {
		t.Errorf("one pair: %q", verdict)
	}
}

func TestExportsGolden(t *testing.T) {
	r := Run{Boot: observed(t, "observe-three-services.txt"),
		Initcalls: []Initcall{{"slab_sysfs_init", 100e6, 18.9e6}, {"loop<init>", 200e6, 2.6e6}}}
	all := []Run{r, r, r}
	golden.Check(t, filepath.Join("testdata", "blame.txt"), Blame(r.Boot)+InitcallText(r.Initcalls)+DistributionText(Distribution(all), len(all)))
	golden.Check(t, filepath.Join("testdata", "boot.html"), HTML(r, all))
	golden.Check(t, filepath.Join("testdata", "boot.csv"), CSV(all[:1]))
	trace, err := Trace(r)
	if err != nil {
		t.Fatal(err)
	}
	golden.Check(t, filepath.Join("testdata", "trace.json"), string(trace))
	var read struct {
		TraceEvents []map[string]any `json:"traceEvents"`
	}
	if err := json.Unmarshal(trace, &read); err != nil || len(read.TraceEvents) < len(r.Marks) {
		t.Errorf("%d events, %v", len(read.TraceEvents), err)
	}
}
