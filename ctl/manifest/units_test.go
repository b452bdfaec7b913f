package manifest

import (
	"strings"
	"testing"
)

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		form *scalar
		text string
		want uint64
		back string // empty: as written
		bad  string // a part of the problem
	}{
		{size(), "64 MiB", 64 << 20, "", ""},
		{size(), "64MiB", 64 << 20, "64 MiB", ""},
		{size(), "1.5 GiB", 3 << 29, "1536 MiB", ""},
		{size(), "1000 kB", 1e6, "1 MB", ""},
		{size(), "1 byte", 1, "1 B", ""},
		{size(), "16777215 TiB", 16777215 << 40, "", ""},
		{size(), "16777216 TiB", 0, "", "past all bounds"},
		{size(), "0.5 B", 0, "", "not a whole number of B"},
		{size(), "64", 0, "", "has no unit"},
		{size(), "64 Mib", 0, "", "did you mean MiB?"},
		{size(), "64 M", 0, "", "did you mean MB?"},
		{size(), "MiB", 0, "", "does not begin with a number"},
		{size(), "-1 MiB", 0, "", "does not begin with a number"},
		{size(), "1.2.3 MiB", 0, "", "is no number"},
		{size(), ".5 MiB", 0, "", "is no number"},
		{size(), "0 MiB", 0, "", "is zero"},
		{size(), strings.Repeat("9", 50) + " B", 0, "", "is no number"},
		{wait("", 3_600_000), "30s", 30_000, "30 s", ""},
		{wait("", 3_600_000), "1 min 30 s", 90_000, "90 s", ""},
		{wait("", 3_600_000), "1h", 3_600_000, "1 h", ""},
		{wait("", 3_600_000), "1.5 s", 1_500, "1500 ms", ""},
		{wait("", 3_600_000), "1 h 1 ms", 0, "", "1 h is the most"},
		{wait("", 3_600_000), "30 s 1 min", 0, "", "out of order"},
		{wait("", 3_600_000), "1 us", 0, "", "not a whole number of ms"},
		{wait("", 3_600_000), "30", 0, "", "no unit"},
		{wait("", 3_600_000), "30 secs", 0, "", "is no unit here"},
		{wait("", 3_600_000), "9999999999999999999999 d 1 s", 0, "", "past all bounds"},
		{sizeRate(), "10 MiB/s", 10 << 20, "", ""},
		{sizeRate(), "10 MiB", 0, "", "not for each second"},
		{countRate(), "100/s", 100, "", ""},
		{countRate(), "100", 0, "", "no number for each second"},
		{cpuShare(), "0.5 cpu", 50_000, "", ""},
		{cpuShare(), "2 cpus", 200_000, "2 cpu", ""},
		{cpuShare(), "0.01 cpu", 1_000, "", ""},
		{cpuShare(), "0.00001 cpu", 0, "", "not between"},
		{cpuShare(), "0.000001 cpu", 0, "", "whole number of µs"},
		{cpuShare(), "5 ms each 20 ms", 5_000, "", ""},
		{cpuShare(), "50%", 0, "", "no share of processors"},
		{count("", "", 1, 9), "9", 9, "", ""},
		{count("", "", 1, 9), "10", 0, "", "not between 1 and 9"},
		{count("", "", 1, 9), "0x9", 0, "", "no whole number"},
		{count("", "", 1, 9), "09", 0, "", "no whole number"},
		{count("", "", 1, 9), "9.0", 0, "", "no whole number"},
	} {
		values, problem := c.form.parse(c.text)
		if c.bad != "" {
			if !strings.Contains(problem, c.bad) {
				t.Errorf("%s: %v, %q; want %q", c.text, values, problem, c.bad)
			}
			continue
		}
		back := c.back
		if back == "" {
			back = c.text
		}
		if problem != "" || values[0] != c.want || c.form.text(values) != back {
			t.Errorf("%s: %v, %q, shown as %q; want %d, %q", c.text, values, problem, c.form.text(values), c.want, back)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"memory-max", "memory-high", "cpu-max", "io"}
	for word, want := range map[string]string{"memroy-max": "memory-max", "memory": "memory-max", "cpumax": "cpu-max",
		"oi": "io", "disk": "", "pids": "", "": "", strings.Repeat("x", 100): ""} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q is near %q, want %q", word, got, want)
		}
	}
}
