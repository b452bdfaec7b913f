package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Stat is one mark over several runs, in ns since the kernel's clock began.
type Stat struct {
	Name string `json:"name"`
	// Count is in how many runs the mark was.
	Count      int   `json:"count"`
	MinNsec    int64 `json:"min_ns"`
	MedianNsec int64 `json:"median_ns"`
	// P95Nsec is the smallest time that at least 95 % of the runs are not later
	// than; of fewer than 20 runs that is the latest.
	P95Nsec int64 `json:"p95_ns"`
	MaxNsec int64 `json:"max_ns"`
}

// Distribution tells each mark up to ready, in the order of the medians.
func Distribution(all []Run) []Stat {
	times := map[string][]int64{}
	var names []string
	for _, r := range all {
		seen := map[string]bool{}
		for _, m := range r.Marks {
			if seen[m.Name] {
				continue // a restart: the first one is the boot's
			}
			seen[m.Name] = true
			if len(times[m.Name]) == 0 {
				names = append(names, m.Name)
			}
			times[m.Name] = append(times[m.Name], m.Nsec)
			if m.Name == markReady {
				break
			}
		}
	}
	stats := make([]Stat, 0, len(names))
	for _, name := range names {
		t := times[name]
		slices.Sort(t)
		stats = append(stats, Stat{Name: name, Count: len(t), MinNsec: t[0],
			MedianNsec: middle(t), P95Nsec: t[(len(t)*95+99)/100-1], MaxNsec: t[len(t)-1]})
	}
	slices.SortStableFunc(stats, func(a, b Stat) int { return int(a.MedianNsec - b.MedianNsec) })
	return stats
}

// middle is the median of sorted times, at least one.
func middle(sorted []int64) int64 {
	low, high := sorted[(len(sorted)-1)/2], sorted[len(sorted)/2]
	return low + (high-low)/2
}

// DistributionText is the table for people, in ms.
func DistributionText(stats []Stat, runs int) string {
	var out strings.Builder
	width := len("mark")
	for _, s := range stats {
		width = max(width, len(s.Name))
	}
	fmt.Fprintf(&out, "each mark in %d runs, ms\n  %-*s %9s %9s %9s\n", runs, width, "mark", "min", "median", "p95")
	for _, s := range stats {
		fmt.Fprintf(&out, "  %-*s %9s %9s %9s", width, s.Name, Msec(s.MinNsec), Msec(s.MedianNsec), Msec(s.P95Nsec))
		if s.Count != runs {
			fmt.Fprintf(&out, "  in %d runs only", s.Count)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// Spread says how far an exact boot's marks are apart over its runs: the
// largest distance, in ns, and the mark that has it. Marks that are not in each
// run make it an error.
func Spread(all []Run) (nsec int64, name string, err error) {
	for _, s := range Distribution(all) {
		if s.Count != len(all) {
			return 0, "", fmt.Errorf("bench: the mark %q is in %d of %d exact runs", s.Name, s.Count, len(all))
		}
		if apart := s.MaxNsec - s.MinNsec; apart > nsec {
			nsec, name = apart, s.Name
		}
	}
	return nsec, name, nil
}

// Interval is what paired differences say, in ns.
type Interval struct {
	// Nsec is the Hodges-Lehmann estimate: the median of all averages of two
	// differences. It stands still when a few boots were disturbed.
	Nsec int64
	// LowNsec and HighNsec hold the true difference with 95 % confidence, by
	// Wilcoxon's signed ranks.
	LowNsec, HighNsec int64
	Pairs             int
}

// Paired estimates the difference behind pairs of measurements, of which only
// symmetry is assumed. Below 6 pairs no 95 % can be reached: Low and High are
// the extremes then, and Sure says no.
func Paired(differences []int64) Interval {
	n := len(differences)
	walsh := make([]int64, 0, n*(n+1)/2)
	for i := range n {
		for j := i; j < n; j++ {
			walsh = append(walsh, (differences[i]+differences[j])/2)
		}
	}
	if n == 0 {
		return Interval{}
	}
	slices.Sort(walsh)
	cut := min(signedRankCut(n), (len(walsh)-1)/2)
	return Interval{Nsec: median(walsh), LowNsec: walsh[cut], HighNsec: walsh[len(walsh)-1-cut], Pairs: n}
}

// ranksExactMax is up to how many pairs the signed ranks' sum is counted out;
// above it is as good as normal.
const ranksExactMax = 60

// signedRankCut is how many averages lie below a 95 % interval of n pairs: the
// largest k for which a sum of signed ranks of k or less comes by chance in at
// most 2.5 of 100 cases; 0 where even a sum of 0 is likelier.
func signedRankCut(n int) int {
	count := float64(n)
	if n > ranksExactMax {
		// Mean n(n+1)/4, variance n(n+1)(2n+1)/24.
		return int(math.Floor(count*(count+1)/4 - 1.96*math.Sqrt(count*(count+1)*(2*count+1)/24)))
	}
	// share[s] is the chance that the sum is s: each rank counts or does not.
	share := make([]float64, n*(n+1)/2+1)
	share[0] = 1
	for rank := 1; rank <= n; rank++ {
		for s := len(share) - 1; s >= 0; s-- {
			share[s] /= 2
			if s >= rank {
				share[s] += share[s-rank] / 2
			}
		}
	}
	below := 0.0
	for s := range share {
		if below += share[s]; below > 0.025 {
			return max(s-1, 0)
		}
	}
	return 0
}

// pairsMin is the least number of pairs for which 95 % can be said.
const pairsMin = 6

// Sure says that the difference is not 0, with 95 % confidence.
func (i Interval) Sure() bool {
	return i.Pairs >= pairsMin && (i.LowNsec > 0 || i.HighNsec < 0)
}

func median(sorted []int64) int64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
