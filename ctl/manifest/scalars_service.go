package manifest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"mote/wire"
)

// The kinds of scalar that only services have.

// oneShot is wire's number of that kind.
const oneShot = uint64(wire.KindOneShot)

// readiness sets Ready and ReadyAddress: "exec", or "tcp 127.0.0.1:1883".
func readiness() *scalar {
	ways := []string{"exec", "notify", "tcp", "unix", "exit"}
	return &scalar{what: "exec, notify, exit, tcp with an address, or unix with a path", like: "tcp 127.0.0.1:1883",
		parse: func(s string) ([]any, string) {
			way, address, with := strings.Cut(s, " ")
			for i, name := range ways {
				ready := wire.Ready(i + 1)
				switch asks := ready == wire.ReadyTCP || ready == wire.ReadyUnix; {
				case name != way:
				case asks && !with:
					return nil, quote(s) + " does not say where"
				case !asks && with:
					return nil, way + " takes nothing behind it"
				case len(address) > wire.PathSizeMax:
					return nil, "a path of " + decimal(len(address)) + " bytes"
				default:
					return []any{uint64(ready), address}, ""
				}
			}
			return nil, quote(way) + " is no way to be ready"
		},
		text: func(v []any) string {
			way, address := ways[v[0].(uint64)-1], v[1].(string)
			if address != "" {
				way += " " + address
			}
			return way
		},
		json: object{{"type", "string"}, {"pattern", "^(exec|notify|exit|tcp .+:[0-9]+|unix /.+)$"}}}
}

// mode is that of a file or folder, in octal.
func mode(most uint64) *scalar {
	return &scalar{what: "a mode in octal", like: "0750", plain: plainNumber,
		parse: func(s string) ([]any, string) {
			n, err := strconv.ParseUint(s, 8, 16)
			switch {
			case err != nil || len(s) < 3 || len(s) > 4 || n == 0:
				return nil, quote(s) + " is no mode of three or four octal digits"
			case n > most:
				return nil, s + " has bits that it can't have"
			}
			return []any{n}, ""
		},
		text: func(v []any) string { return fmt.Sprintf("%04o", v[0]) },
		json: object{{"type", []string{"string", "integer"}}, {"pattern", "^[0-7]{3,4}$"}}}
}

// signal is a name or a number of signal(7).
func signal() *scalar {
	return &scalar{what: "a signal's name or number", like: "SIGTERM", plain: plainNumber,
		parse: func(s string) ([]any, string) {
			for n := uint8(1); n <= wire.SignalsMax; n++ {
				if s == wire.SignalName(n) || s == decimal(int(n)) || s == strings.TrimPrefix(wire.SignalName(n), "SIG") {
					return []any{uint64(n)}, ""
				}
			}
			return nil, quote(s) + " is no signal"
		},
		text: func(v []any) string {
			n := uint8(v[0].(uint64))
			if name := wire.SignalName(n); strings.HasPrefix(name, "SIG") {
				return name
			}
			return decimal(int(n))
		},
		json: object{{"type", []string{"string", "integer"}}}}
}

// cpuShare sets CPUMaxUsec and CPUPeriodUsec.
func cpuShare() *scalar {
	return &scalar{what: "a share of processors, or a time in each period", like: "0.5 cpu, or 5 ms each 20 ms",
		plain: plainNumber,
		parse: func(s string) ([]any, string) {
			most, period, problem := readCPU(s)
			switch {
			case problem != "":
				return nil, problem
			case most < wire.CPUQuotaUsecMin || most > math.MaxUint32:
				return nil, quote(s) + " is not between 1 ms of a period and 42,949 processors"
			}
			return []any{most, period}, ""
		},
		text: func(v []any) string { return showCPU(v[0].(uint64), v[1].(uint64)) },
		json: object{{"type", "string"}, {"pattern", `^([0-9]+(\.[0-9]+)? ?cpus?|.+ each .+)$`}}}
}

// unlimited is setrlimit(2)'s RLIM_INFINITY.
const unlimited = "unlimited"

// rlimit sets Soft and Hard: "1024", or "1024 to 4096".
func rlimit() *scalar {
	one := func(s string) (uint64, bool) {
		if s == unlimited {
			return math.MaxUint64, true
		}
		n, err := strconv.ParseUint(s, 10, 64)
		return n, err == nil
	}
	show := func(n uint64) string {
		if n == math.MaxUint64 {
			return unlimited
		}
		return strconv.FormatUint(n, 10)
	}
	return &scalar{what: "a number, unlimited, or soft to hard", like: "1024, or 1024 to 4096", plain: plainNumber,
		parse: func(s string) ([]any, string) {
			soft, hard, both := strings.Cut(s, " to ")
			if !both {
				hard = soft
			}
			a, ok := one(soft)
			b, hardOK := one(hard)
			if !ok || !hardOK {
				return nil, quote(s) + " is no limit"
			}
			return []any{a, b}, ""
		},
		text: func(v []any) string {
			soft, hard := show(v[0].(uint64)), show(v[1].(uint64))
			if soft == hard {
				return soft
			}
			return soft + " to " + hard
		},
		json: object{{"type", []string{"string", "integer"}}, {"pattern", "^([0-9]+|unlimited)( to ([0-9]+|unlimited))?$"}}}
}
