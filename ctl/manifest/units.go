package manifest

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Amounts as people write them, converted exactly: "1.5 GiB" is 1,610,612,736
// bytes, and "0.3 B" is refused instead of rounded.

// unit is a word behind a number.
type unit struct {
	// names has the one that is written first.
	names []string
	times int64
}

// The units. A table is in the order of size; nothing writes to it.
var (
	sizeUnits = []unit{
		{[]string{"B", "byte", "bytes"}, 1},
		{[]string{"kB"}, 1e3}, {[]string{"KiB"}, 1 << 10},
		{[]string{"MB"}, 1e6}, {[]string{"MiB"}, 1 << 20},
		{[]string{"GB"}, 1e9}, {[]string{"GiB"}, 1 << 30},
		{[]string{"TB"}, 1e12}, {[]string{"TiB"}, 1 << 40},
	}
	// In µs, the smallest that any field counts.
	timeUnits = []unit{
		{[]string{"us", "µs"}, 1},
		{[]string{"ms"}, 1e3},
		{[]string{"s", "sec", "second", "seconds"}, 1e6},
		{[]string{"min", "m", "minute", "minutes"}, 60e6},
		{[]string{"h", "hour", "hours"}, 3600e6},
		{[]string{"d", "day", "days"}, 86400e6},
	}
	cpuUnits = []unit{{[]string{"cpu", "cpus"}, 1}}
)

// split cuts "1.5 GiB" into number and word.
func split(s string) (amount, word string) {
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	return s[:end], strings.TrimSpace(s[end:])
}

// decimalRat reads digits with at most one point between them; 40 are enough.
func decimalRat(s string) (*big.Rat, bool) {
	if s == "" || len(s) > 40 || !number(s) || s[0] == '.' || s[len(s)-1] == '.' {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// findUnit returns the unit that word names.
func findUnit(units []unit, word string) (unit, bool) {
	for _, u := range units {
		for _, name := range u.names {
			if name == word {
				return u, true
			}
		}
	}
	return unit{}, false
}

// words lists the names that units are written by.
func words(units []unit) []string {
	var list []string
	for _, u := range units {
		list = append(list, u.names[0])
	}
	return list
}

// amount reads a number with a unit; the problem, if any, says what is wrong
// with it. Results are counted in smallest; as "ms" where units begin with µs.
func amount(s string, units []unit, smallest int64) (n uint64, problem string) {
	digits, word := split(s)
	if digits == "" {
		return 0, quote(s) + " does not begin with a number"
	}
	if word == "" {
		return 0, quote(s) + " has no unit"
	}
	u, ok := findUnit(units, word)
	if !ok {
		problem = quote(word) + " is no unit here"
		if near := nearUnit(units, word); near != "" {
			problem += "; did you mean " + near + "?"
		}
		return 0, problem
	}
	value, ok := decimalRat(digits)
	if !ok {
		return 0, quote(digits) + " is no number"
	}
	value.Mul(value, big.NewRat(u.times, smallest))
	if !value.IsInt() {
		return 0, quote(s) + " is not a whole number of " + wholeName(units, smallest)
	}
	if !value.Num().IsUint64() {
		return 0, quote(s) + " is past all bounds"
	}
	return value.Num().Uint64(), ""
}

// wholeName is the name of the unit that is counted.
func wholeName(units []unit, smallest int64) string {
	for _, u := range units {
		if u.times == smallest {
			return u.names[0]
		}
	}
	return "units"
}

// nearUnit finds what "Mb", "mib" or "M" may mean.
func nearUnit(units []unit, word string) string {
	for _, u := range units {
		for _, name := range u.names {
			if strings.EqualFold(name, word) || strings.EqualFold(name, word+"B") || strings.EqualFold(name, word+"iB") {
				return u.names[0]
			}
		}
	}
	return nearest(word, words(units))
}

// times reads a time, which may have parts: "1 min 30 s".
func times(s string, smallest int64) (n uint64, problem string) {
	rest, last := s, int64(math.MaxInt64)
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if end < 0 {
			end = len(rest)
		}
		next := strings.IndexAny(rest[end:], "0123456789")
		part := rest
		if next >= 0 {
			part = rest[:end+next]
		}
		rest = rest[len(part):]
		part = strings.TrimSpace(part)
		value, problem := amount(part, timeUnits, smallest)
		if problem != "" {
			return 0, problem
		}
		_, word := split(part)
		u, _ := findUnit(timeUnits, word)
		if u.times >= last {
			return 0, quote(s) + " has its units out of order"
		}
		last = u.times
		if n+value < n {
			return 0, quote(s) + " is past all bounds"
		}
		n += value
	}
	if s == "" {
		return 0, "\"\" is no time"
	}
	return n, ""
}

// showAmount writes n with the largest unit that leaves a whole number; binary
// and decimal units are equally good, the larger wins.
func showAmount(n uint64, units []unit, smallest int64) string {
	best := uint64(1)
	name := wholeName(units, smallest)
	for _, u := range units {
		each := uint64(u.times / smallest)
		if u.times >= smallest && each > best && n%each == 0 && n != 0 {
			best, name = each, u.names[0]
		}
	}
	return strconv.FormatUint(n/best, 10) + " " + name
}

// cpuPeriodUsecDefault is what a share of processors is counted in where the
// manifest says no period; a test holds it to PID 1's.
const cpuPeriodUsecDefault = 100_000

// readCPU reads "0.5 cpu", or "5 ms each 20 ms", into cpu.max of cgroup v2.
func readCPU(s string) (maxUsec, periodUsec uint64, problem string) {
	if share, each, ok := strings.Cut(s, " each "); ok {
		if maxUsec, problem = times(strings.TrimSpace(share), 1); problem != "" {
			return 0, 0, problem
		}
		periodUsec, problem = times(strings.TrimSpace(each), 1)
		return maxUsec, periodUsec, problem
	}
	digits, word := split(s)
	if _, ok := findUnit(cpuUnits, word); !ok {
		return 0, 0, quote(s) + " is no share of processors"
	}
	value, ok := decimalRat(digits)
	if !ok {
		return 0, 0, quote(digits) + " is no number"
	}
	value.Mul(value, big.NewRat(cpuPeriodUsecDefault, 1))
	if !value.IsInt() || !value.Num().IsUint64() {
		return 0, 0, quote(s) + " is not a whole number of µs in each 100 ms"
	}
	return value.Num().Uint64(), 0, ""
}

// showCPU is readCPU's other way.
func showCPU(maxUsec, periodUsec uint64) string {
	if periodUsec != 0 {
		return showAmount(maxUsec, timeUnits, 1) + " each " + showAmount(periodUsec, timeUnits, 1)
	}
	share := new(big.Rat).SetFrac64(int64(maxUsec), cpuPeriodUsecDefault)
	digits := strings.TrimRight(strings.TrimRight(share.FloatString(5), "0"), ".")
	return digits + " cpu"
}
