package attribute

import (
	"fmt"
	"html"
	"strings"
)

// The picture's measures, in pixels.
const (
	mapWidth, mapHeight = 1200.0, 800.0
	// labelWidthMin and labelHeightMin are the smallest box that gets its name.
	labelWidthMin, labelHeightMin = 46.0, 13.0
	// charWidth is about what a letter takes.
	charWidth = 6.2
	// moduleStrip holds a module's name above its packages.
	moduleStrip = 16.0
)

// colours tell modules apart; the order is that of their size.
var colours = []string{"#aed6f1", "#a9dfbf", "#f9e79f", "#f5cba7", "#d7bde2", "#e5e7e9"}

// box is a place in the picture.
type box struct{ x, y, w, h float64 }

// Treemap draws modules and in them packages as boxes whose areas are their
// bytes: one self-contained SVG, in which pointing at a box tells its figure.
func Treemap(pieces []Piece) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" font-family="sans-serif" font-size="11">`+"\n", mapWidth, mapHeight)
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	sums := Sum(pieces, ByModule)
	names := Largest(sums)
	for i, place := range layout(box{0, 0, mapWidth, mapHeight}, weights(sums, names)) {
		colour := colours[min(i, len(colours)-1)]
		module := names[i]
		draw(&b, place, colour, module, sums[module])
		inner := box{place.x + 2, place.y + moduleStrip, place.w - 4, place.h - moduleStrip - 2}
		if inner.w <= 0 || inner.h <= 0 {
			continue
		}
		// What belongs to no package is told by what it is.
		by := ByPackage
		if module == Shared {
			by = BySymbol
		}
		var own []Piece
		for _, p := range pieces {
			if p.Module == module {
				own = append(own, p)
			}
		}
		parts := Sum(own, by)
		partNames := Largest(parts)
		for k, part := range layout(inner, weights(parts, partNames)) {
			draw(&b, part, colour, strings.TrimPrefix(partNames[k], module+"/"), parts[partNames[k]])
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// draw is one box, with its name and bytes where they fit.
func draw(b *strings.Builder, place box, colour, name string, bytes int64) {
	name = html.EscapeString(name)
	fmt.Fprintf(b, `<g><title>%s: %d bytes</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s" stroke="white"/>`,
		name, bytes, place.x, place.y, place.w, place.h, colour)
	label := fmt.Sprintf("%s %d", name, bytes)
	if room := int(place.w / charWidth); len(label) > room && room > 0 {
		label = name
		if len(label) > room {
			label = ""
		}
	}
	if label != "" && place.w > labelWidthMin && place.h > labelHeightMin {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f">%s</text>`, place.x+3, place.y+12, label)
	}
	b.WriteString("</g>\n")
}

// weights are the sums in the order of names.
func weights(sums map[string]int64, names []string) []float64 {
	out := make([]float64, len(names))
	for i, name := range names {
		out[i] = float64(sums[name])
	}
	return out
}

// layout cuts a box into boxes with the areas of falling weights: it halves the
// list where both halves weigh the most alike and cuts the longer side so.
func layout(place box, weights []float64) []box {
	if len(weights) == 0 {
		return nil
	}
	if len(weights) == 1 {
		return []box{place}
	}
	total := 0.0
	for _, w := range weights {
		total += w
	}
	cut, first := 1, weights[0]
	for cut < len(weights)-1 && first+weights[cut]/2 < total/2 {
		first += weights[cut]
		cut++
	}
	a, b := place, place
	if place.w >= place.h {
		a.w = place.w * first / total
		b.x, b.w = place.x+a.w, place.w-a.w
	} else {
		a.h = place.h * first / total
		b.y, b.h = place.y+a.h, place.h-a.h
	}
	return append(layout(a, weights[:cut]), layout(b, weights[cut:])...)
}
