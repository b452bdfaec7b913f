package bench

import (
	"fmt"
	"html"
	"strings"
)

// Measures of the drawing, in CSS pixels.
const (
	svgWidth  = 880
	svgLeft   = 150 // names stand left of it
	svgRight  = 90  // durations stand right of it
	svgTop    = 96
	svgRow    = 26
	svgBar    = 14
	svgBottom = 56
	svgTick   = 60 // two numbers of the scale are at least that far apart
	ticksMax  = 6
)

// svgStyle has the colours of both kinds of screen; the file needs no other.
const svgStyle = `text{font:13px system-ui,sans-serif;fill:#1f2933}
.title{font-size:18px;font-weight:600}.dim{fill:#66737f}.small{font-size:11px}
.took{paint-order:stroke;stroke:#fff;stroke-width:4px}.name{text-anchor:end}.grid{stroke:#e3e8ec}.ready{stroke:#0b7a53;stroke-width:1.5}
.critical{fill:#0b7a53}.beside{fill:#b4c2cd}.paper{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e4e9ed}.took{stroke:#14191e}.dim{fill:#95a3af}.grid{stroke:#2b3640}
.paper{fill:#14191e}.critical{fill:#3ecf97}.beside{fill:#4b5a67}.ready{stroke:#3ecf97}}`

// SVG draws the waterfall as a file that stands alone. Its scale, as in the
// text, begins at PID 1's first instruction.
func SVG(b Boot) string {
	all := Spans(b)
	Critical(b, all)
	height := svgTop + svgRow*len(all) + svgBottom
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		svgWidth, height, svgWidth, height)
	title := fmt.Sprintf("Ready %s ms after %s", Msec(b.ReadyNsec-b.InitNsec), b.origin())
	if b.Counted {
		title += ", counted: 1 instruction is 1 ns"
	}
	fmt.Fprintf(&out, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(title), svgStyle)
	fmt.Fprintf(&out, `<rect class="paper" width="%d" height="%d"/>`+"\n", svgWidth, height)
	fmt.Fprintf(&out, `<text class="title" x="24" y="34">%s</text>`+"\n", html.EscapeString(title))
	fmt.Fprintf(&out, `<text class="dim" x="24" y="56">%s ms after the kernel's start%s</text>`+"\n",
		Msec(b.ReadyNsec), svgMemory(b))
	svgGrid(&out, b, len(all))
	for i, s := range all {
		svgSpan(&out, b, i, s)
	}
	fmt.Fprintf(&out, `<rect class="critical" x="%d" y="%d" width="10" height="10" rx="2"/><text class="dim small" x="%d" y="%d">on the critical path</text>`+"\n",
		svgLeft, height-26, svgLeft+16, height-17)
	fmt.Fprintf(&out, `<rect class="beside" x="%d" y="%d" width="10" height="10" rx="2"/><text class="dim small" x="%d" y="%d">beside it</text>`+"\n",
		svgLeft+140, height-26, svgLeft+156, height-17)
	out.WriteString("</svg>\n")
	return out.String()
}

// svgMemory is what is known of memory; another system's boot tells nothing.
func svgMemory(b Boot) string {
	if b.RSSBytes == 0 {
		return ""
	}
	return fmt.Sprintf(" · PID 1 resident %s kB · memory used %s kB", kilo(b.RSSBytes), kilo(b.MemUsedBytes))
}

// svgX places an instant; those before the scale lie at its beginning.
func svgX(b Boot, nsec int64) float64 {
	span := float64(max(b.ReadyNsec-b.InitNsec, 1))
	return svgLeft + float64(max(nsec-b.InitNsec, 0))/span*(svgWidth-svgLeft-svgRight)
}

// svgGrid draws the scale, in ms since PID 1's first instruction, and ready.
func svgGrid(out *strings.Builder, b Boot, rows int) {
	bottom := svgTop + svgRow*rows
	line := func(class string, at int64) {
		x := svgX(b, at)
		fmt.Fprintf(out, `<line class="%s" x1="%.1f" y1="%d" x2="%.1f" y2="%d"/>`+"\n", class, x, svgTop-8, x, bottom)
		fmt.Fprintf(out, `<text class="dim small" text-anchor="middle" x="%.1f" y="%d">%s ms</text>`+"\n",
			x, svgTop-14, Msec(at-b.InitNsec))
	}
	step := tickNsec(b.ReadyNsec - b.InitNsec)
	for at := b.InitNsec; svgX(b, b.ReadyNsec)-svgX(b, at) >= svgTick; at += step {
		line("grid", at)
	}
	line("ready", b.ReadyNsec)
}

// tickNsec is the smallest of 1, 2, 5, 10, 20, 50 … ms that makes at most
// ticksMax steps.
func tickNsec(span int64) int64 {
	for decade := int64(1_000_000); ; decade *= 10 {
		for _, times := range []int64{1, 2, 5} {
			if step := decade * times; span <= step*ticksMax {
				return step
			}
		}
	}
}

// svgSpan draws a row: name, bar, duration. What ended before the scale has
// only its duration, beside the scale's beginning.
func svgSpan(out *strings.Builder, b Boot, row int, s Span) {
	y := svgTop + svgRow*row
	baseline := y + svgRow/2 + 5
	fmt.Fprintf(out, `<text class="name" x="%d" y="%d">%s</text>`+"\n", svgLeft-12, baseline, html.EscapeString(s.Name))
	if s.ToNsec <= b.InitNsec {
		fmt.Fprintf(out, `<text class="dim small" x="%d" y="%d">%s ms, before the scale</text>`+"\n", svgLeft+8, baseline, Msec(s.tookNsec()))
		return
	}
	class := "beside"
	if s.Critical {
		class = "critical"
	}
	from, to := svgX(b, s.FromNsec), svgX(b, s.ToNsec)
	fmt.Fprintf(out, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d" rx="2"/>`+"\n",
		class, from, y+(svgRow-svgBar)/2, max(to-from, 2), svgBar)
	fmt.Fprintf(out, `<text class="dim small took" x="%.1f" y="%d">%s ms</text>`+"\n", max(to, from+2)+6, baseline-1, Msec(s.tookNsec()))
}
