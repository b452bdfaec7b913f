package size

import (
	"fmt"
	"html"
	"strings"
)

// The picture's measures, in pixels.
const (
	curveWidth  = 860
	panelHeight = 150
	panelLeft   = 110
	panelRight  = 20
	panelTop    = 34
	panelFoot   = 22
)

// series is a curve: the figure of each commit that has one.
type series struct {
	name, unit string
	// budget is where the line is drawn; 0 is none.
	budget int64
	figure func(Recorded) (int64, bool)
}

// Curve draws each artifact and each mark over the recorded commits, with its
// budget where it has one, as a self-contained SVG. Each panel has its own
// scale, from 0.9 of the least to the budget, so that a percent can be seen.
func Curve(history []Recorded, budgets []Budget, marks []MarkBudget) string {
	var all []series
	for _, b := range budgets {
		all = append(all, series{b.Name, "bytes", b.Bytes, func(r Recorded) (int64, bool) { n, is := r.Bytes[b.Name]; return n, is }})
	}
	limits := map[string]int64{}
	for _, m := range marks {
		limits[m.Name] = m.Usec
	}
	for _, name := range lastMarks(history) {
		all = append(all, series{"boot: " + name, "µs", limits[name], func(r Recorded) (int64, bool) { n, is := r.Usec[name]; return n, is }})
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		curveWidth, panelHeight*len(all))
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, s := range all {
		panel(&b, i*panelHeight, history, s)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// lastMarks are the names of the marks of the newest commit that has any.
func lastMarks(history []Recorded) []string {
	for i := len(history) - 1; i >= 0; i-- {
		if len(history[i].Usec) > 0 {
			return marksInOrder(history[i].Usec)
		}
	}
	return nil
}

// panel draws one series; commits without it leave a gap in the line's dots.
func panel(b *strings.Builder, top int, history []Recorded, s series) {
	least, most := s.budget, s.budget
	for _, one := range history {
		if n, is := s.figure(one); is {
			if least == 0 {
				least = n
			}
			least, most = min(least, n), max(most, n)
		}
	}
	least = least * 9 / 10
	y := func(n int64) float64 {
		height := float64(panelHeight - panelTop - panelFoot)
		return float64(top+panelTop) + height*(1-float64(n-least)/float64(max(most-least, 1)))
	}
	x := func(i int) float64 {
		return panelLeft + float64(curveWidth-panelLeft-panelRight)*(float64(i)+0.5)/float64(len(history))
	}
	fmt.Fprintf(b, `<text x="10" y="%d" font-weight="bold">%s, %s</text>`+"\n", top+20, html.EscapeString(s.name), s.unit)
	if s.budget > 0 {
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#c0392b" stroke-dasharray="5 4"/>`+"\n",
			panelLeft, curveWidth-panelRight, y(s.budget), y(s.budget))
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end" fill="#c0392b">%s</text>`+"\n", panelLeft-6, y(s.budget)+4, Grouped(s.budget))
	}
	var line []string
	var last string
	for i, one := range history {
		n, is := s.figure(one)
		if !is {
			continue
		}
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(i), y(n)))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="#2471a3"><title>%s %s: %s %s</title></circle>`+"\n",
			x(i), y(n), one.Commit, one.Date, Grouped(n), s.unit)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle" font-size="9" fill="#777">%s</text>`+"\n",
			x(i), top+panelHeight-6, one.Commit[:7])
		last = fmt.Sprintf(`<text x="%.1f" y="%.1f" text-anchor="end" fill="#2471a3">%s</text>`+"\n", x(i), y(n)-7, Grouped(n))
	}
	if len(line) > 0 {
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="#2471a3" stroke-width="1.5"/>`+"\n", strings.Join(line, " "))
		b.WriteString(last)
	}
}
