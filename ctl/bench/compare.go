package bench

import (
	"fmt"
	"slices"
	"strings"
)

// Phase is a part of the boot on two sides, in ns.
type Phase struct {
	Name     string
	BaseNsec int64
	HeadNsec int64
}

func (p Phase) changeNsec() int64 { return p.HeadNsec - p.BaseNsec }

// Phases parts two boots by their marks up to ready: a phase is the time from
// one mark to the next, and has the later one's name, so that the phases' changes
// sum up to the change of ready. Where the marks come in another order (two
// services overtook each other), same is false, and the phases are the spans of
// both, which may overlap.
func Phases(base, head Boot) (all []Phase, same bool) {
	b, h := upToReady(base), upToReady(head)
	same = slices.EqualFunc(b, h, func(x, y Mark) bool { return x.Name == y.Name })
	if same {
		var bAt, hAt int64
		for i := range b {
			all = append(all, Phase{phaseName(base, b[i].Name), b[i].Nsec - bAt, h[i].Nsec - hAt})
			bAt, hAt = b[i].Nsec, h[i].Nsec
		}
		return all, true
	}
	took := map[string]int64{}
	for _, s := range Spans(head) {
		took[label(s)] = s.tookNsec()
	}
	for _, s := range Spans(base) {
		name := label(s)
		all = append(all, Phase{name, s.tookNsec(), took[name]})
		delete(took, name)
	}
	for _, s := range Spans(head) {
		if nsec, is := took[label(s)]; is {
			all = append(all, Phase{label(s), 0, nsec})
		}
	}
	return all, false
}

func upToReady(b Boot) []Mark {
	at := slices.IndexFunc(b.Marks, func(m Mark) bool { return m.Name == markReady })
	return b.Marks[:at+1]
}

// phaseName is what the time up to a mark went into.
func phaseName(b Boot, mark string) string {
	if mark == markInit && b.KernelNsec != b.InitNsec {
		return "exec"
	}
	if word, is := stageWords[mark]; is {
		return word
	}
	if mark == markReady {
		return "ready"
	}
	return "until " + mark
}

// ClockText puts pairs of boots by the clock side by side: base[i] and head[i]
// were booted one right after the other. verdict is "slower", "faster" or "no
// difference seen".
func ClockText(base, head []Run) (text, verdict string) {
	var out strings.Builder
	differences := make([]int64, len(base))
	for i := range base {
		differences[i] = (head[i].ReadyNsec - head[i].InitNsec) - (base[i].ReadyNsec - base[i].InitNsec)
	}
	own := Median(base).ReadyNsec - Median(base).InitNsec
	i := Paired(differences)
	fmt.Fprintf(&out, "by the clock, %d pairs: from the beginning (%s) to ready, base %s ms, head %s ms (medians)\n", i.Pairs, Median(base).origin(),
		Msec(own), Msec(Median(head).ReadyNsec-Median(head).InitNsec))
	fmt.Fprintf(&out, "difference %s ms (%+.1f %%), with 95 %% confidence between %s and %s\n",
		signed(i.Nsec), percent(i.Nsec, own), signed(i.LowNsec), signed(i.HighNsec))
	verdict = "no difference seen"
	switch {
	case i.Pairs < pairsMin:
		verdict = fmt.Sprintf("too few pairs to say, at least %d", pairsMin)
	case i.Sure() && i.Nsec > 0:
		verdict = "slower"
	case i.Sure():
		verdict = "faster"
	}
	fmt.Fprintf(&out, "verdict: %s\n", verdict)
	return out.String(), verdict
}

func percent(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) }

// usec writes ns as milliseconds with three digits, to the microsecond.
func usec(nsec int64) string {
	sign := ""
	if nsec < 0 {
		nsec = -nsec
		if nsec >= 1000 { // what rounds to 0 has no sign
			sign = "-"
		}
	}
	return fmt.Sprintf("%s%d.%03d", sign, nsec/1_000_000, nsec/1_000%1_000)
}

// signed is usec with a plus.
func signed(nsec int64) string {
	if nsec >= 1000 {
		return "+" + usec(nsec)
	}
	return usec(nsec)
}
