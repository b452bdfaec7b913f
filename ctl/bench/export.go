package bench

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"
)

// traceEvent is one of the Trace Event Format, which Perfetto and Chrome read:
// "X" a span, "i" an instant, "M" a name. Times are µs.
type traceEvent struct {
	Name  string            `json:"name"`
	Phase string            `json:"ph"`
	TS    float64           `json:"ts"`
	Dur   float64           `json:"dur,omitempty"`
	PID   int               `json:"pid"`
	TID   int               `json:"tid"`
	Scope string            `json:"s,omitempty"`
	Args  map[string]string `json:"args,omitempty"`
}

// The tracks of a trace.
const (
	trackStages    = 1
	trackInitcalls = 2
	trackServices  = 10 // and on, one a service
)

// Trace writes a boot as trace JSON for ui.perfetto.dev or chrome://tracing:
// stages on the first track, each service on its own, initcalls where known.
func Trace(r Run) ([]byte, error) {
	name := func(track int, text string) traceEvent {
		return traceEvent{Name: "thread_name", Phase: "M", PID: 1, TID: track, Args: map[string]string{"name": text}}
	}
	span := func(track int, text string, from, took int64) traceEvent {
		return traceEvent{Name: text, Phase: "X", TS: float64(from) / 1e3, Dur: float64(took) / 1e3, PID: 1, TID: track}
	}
	events := []traceEvent{name(trackStages, "stages")}
	next := trackServices
	for _, s := range Spans(r.Boot) {
		track := trackStages
		if s.Service {
			track = next
			next++
			events = append(events, name(track, s.Name))
		}
		events = append(events, span(track, s.Name, s.FromNsec, s.tookNsec()))
	}
	for i, c := range r.Initcalls {
		if i == 0 {
			events = append(events, name(trackInitcalls, "initcalls"))
		}
		events = append(events, span(trackInitcalls, c.Name, c.FromNsec, c.TookNsec))
	}
	for _, m := range r.Marks {
		events = append(events, traceEvent{Name: m.Name, Phase: "i", TS: float64(m.Nsec) / 1e3, PID: 1, TID: trackStages, Scope: "p"})
	}
	text, err := json.MarshalIndent(struct {
		Unit   string       `json:"displayTimeUnit"`
		Events []traceEvent `json:"traceEvents"`
	}{"ms", events}, "", " ")
	return append(text, '\n'), err
}

// CSV writes every mark of every run: run (from 1), mark, ns.
func CSV(all []Run) string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	// A strings.Builder takes everything: no error can come.
	_ = w.Write([]string{"run", "mark", "ns"})
	for i, r := range all {
		for _, m := range r.Marks {
			_ = w.Write([]string{strconv.Itoa(i + 1), m.Name, strconv.FormatInt(m.Nsec, 10)})
		}
	}
	w.Flush()
	return out.String()
}

// Blame lists the spans up to ready by what they took, the longest first, and
// says which of them ready had to wait for.
func Blame(b Boot) string {
	all := Spans(b)
	Critical(b, all)
	sortByTook(all)
	width := nameColumns(all)
	var out strings.Builder
	out.WriteString("what took longest\n")
	for _, s := range all {
		on := "beside the critical path"
		if s.Critical {
			on = "on the critical path"
		}
		fmt.Fprintf(&out, "  %s %9s ms  %s\n", padded(label(s), width), Msec(s.tookNsec()), on)
	}
	return out.String()
}

// initcallsShown are the slowest ones that a report names.
const initcallsShown = 10

// InitcallText lists the slowest initcalls, and what all of them took; empty
// where the kernel told none.
func InitcallText(all []Initcall) string {
	if len(all) == 0 {
		return ""
	}
	var sum int64
	for _, c := range all {
		sum += c.TookNsec
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%d initcalls took %s ms; the slowest\n", len(all), Msec(sum))
	for _, c := range all[:min(len(all), initcallsShown)] {
		fmt.Fprintf(&out, "  %9s ms  %s\n", Msec(c.TookNsec), c.Name)
	}
	return out.String()
}

// HTML is a page that stands alone: the drawing, and the distribution.
func HTML(chosen Run, all []Run) string {
	var out strings.Builder
	out.WriteString("<!doctype html>\n<meta charset=\"utf-8\"><title>boot</title>\n<style>" + htmlStyle + "</style>\n")
	out.WriteString(SVG(chosen.Boot))
	fmt.Fprintf(&out, "<h2>Each mark in %d runs, ms since the kernel's start</h2>\n<table><tr><th>mark<th>min<th>median<th>p95</tr>\n", len(all))
	for _, s := range Distribution(all) {
		fmt.Fprintf(&out, "<tr><td>%s<td>%s<td>%s<td>%s</tr>\n", html.EscapeString(s.Name), Msec(s.MinNsec), Msec(s.MedianNsec), Msec(s.P95Nsec))
	}
	out.WriteString("</table>\n")
	for i, c := range chosen.Initcalls[:min(len(chosen.Initcalls), initcallsShown)] {
		if i == 0 {
			out.WriteString("<h2>The slowest initcalls, ms</h2>\n<table>\n")
		}
		fmt.Fprintf(&out, "<tr><td>%s<td>%s</tr>\n", html.EscapeString(c.Name), Msec(c.TookNsec))
	}
	return out.String()
}

const htmlStyle = `body{margin:24px auto;max-width:880px;font:14px system-ui,sans-serif;color:#1f2933;background:#fff}
h2{font-size:15px;margin:24px 24px 8px}table{margin:0 24px;border-collapse:collapse}
td,th{padding:3px 18px 3px 0;text-align:right;border-bottom:1px solid #e3e8ec;font-variant-numeric:tabular-nums}
td:first-child,th:first-child{text-align:left}
@media(prefers-color-scheme:dark){body{color:#e4e9ed;background:#14191e}td,th{border-color:#2b3640}}`
