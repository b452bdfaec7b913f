package size

import (
	"fmt"
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

// Curve draws each artifact over the recorded commits, with its budget, as a
// self-contained SVG. Each panel has its own scale, from 0.9 of the least to
// the budget, so that a percent can be seen.
func Curve(history []Recorded, budgets []Budget) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		curveWidth, panelHeight*len(budgets))
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	for i, budget := range budgets {
		panel(&b, i*panelHeight, history, budget)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// panel draws one artifact; commits without it leave a gap in the line's dots.
func panel(b *strings.Builder, top int, history []Recorded, budget Budget) {
	least, most := budget.Bytes, budget.Bytes
	for _, one := range history {
		if n, is := one.Bytes[budget.Name]; is {
			least, most = min(least, n), max(most, n)
		}
	}
	least = least * 9 / 10
	y := func(n int64) float64 {
		height := float64(panelHeight - panelTop - panelFoot)
		return float64(top+panelTop) + height*(1-float64(n-least)/float64(most-least))
	}
	x := func(i int) float64 {
		return panelLeft + float64(curveWidth-panelLeft-panelRight)*(float64(i)+0.5)/float64(len(history))
	}
	fmt.Fprintf(b, `<text x="10" y="%d" font-weight="bold">%s</text>`+"\n", top+20, budget.Name)
	fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#c0392b" stroke-dasharray="5 4"/>`+"\n",
		panelLeft, curveWidth-panelRight, y(budget.Bytes), y(budget.Bytes))
	fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end" fill="#c0392b">%s</text>`+"\n", panelLeft-6, y(budget.Bytes)+4, grouped(budget.Bytes))
	var line []string
	last := -1
	for i, one := range history {
		n, is := one.Bytes[budget.Name]
		if !is {
			continue
		}
		last = i
		line = append(line, fmt.Sprintf("%.1f,%.1f", x(i), y(n)))
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="#2471a3"><title>%s %s: %s bytes</title></circle>`+"\n",
			x(i), y(n), one.Commit, one.Date, grouped(n))
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle" font-size="9" fill="#777">%s</text>`+"\n",
			x(i), top+panelHeight-6, one.Commit[:7])
	}
	if last < 0 {
		return
	}
	fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="#2471a3" stroke-width="1.5"/>`+"\n", strings.Join(line, " "))
	n := history[last].Bytes[budget.Name]
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="end" fill="#2471a3">%s</text>`+"\n", x(last), y(n)-7, grouped(n))
}
