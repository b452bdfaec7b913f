package bench

import (
	"slices"
	"strconv"
	"strings"

	"mote/ctl/vm"
)

// Initcall is one of the kernel's, as the word initcall_debug makes it tell.
type Initcall struct {
	Name string `json:"name"`
	// FromNsec is when it began, TookNsec how long it took, in whole µs.
	FromNsec int64 `json:"from_ns"`
	TookNsec int64 `json:"took_ns"`
}

// initcalls reads lines like
//
//	[    0.123456] initcall slab_sysfs_init+0x0/0x100 returned 0 after 18900 usecs
//
// (init/main.c, trace_initcall_finish_cb), the slowest first.
func initcalls(lines []vm.Line) []Initcall {
	var all []Initcall
	for _, line := range lines {
		nsec, text, is := kernelStamp(line.Text)
		word := strings.Fields(text)
		if !is || len(word) != 7 || word[0] != "initcall" || word[2] != "returned" || word[6] != "usecs" {
			continue
		}
		usec, err := strconv.ParseInt(word[5], 10, 40)
		if err != nil || usec < 0 {
			continue
		}
		name, _, _ := strings.Cut(word[1], "+")
		if !goodName(name) || usec*1e3 > nsec {
			continue
		}
		all = append(all, Initcall{Name: name, FromNsec: nsec - usec*1e3, TookNsec: usec * 1e3})
	}
	slices.SortStableFunc(all, func(a, b Initcall) int { return int(b.TookNsec - a.TookNsec) })
	return all
}
