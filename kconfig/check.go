// The comparison that the kernel's own tools don't make: merge_config warns and
// goes on, allnoconfig says nothing.

package kconfig

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
)

// Config is a finished .config: symbol (with CONFIG_) → value. Options that are
// not set are not in it.
type Config map[string]string

// ParseConfig reads a .config. Comments say nothing that absence doesn't.
func ParseConfig(text []byte) Config {
	c := Config{}
	// The longest line is LSM's or a command line, far below a Scanner's 64 KiB.
	s := bufio.NewScanner(bytes.NewReader(text))
	for s.Scan() {
		if name, value, ok := strings.Cut(s.Text(), "="); ok && strings.HasPrefix(name, "CONFIG_") {
			c[name] = value
		}
	}
	return c
}

// Get is a symbol's value, Off when it isn't set.
func (c Config) Get(symbol string) string {
	if v, ok := c[symbol]; ok {
		return v
	}
	return Off
}

// On counts the options that are y.
func (c Config) On() int {
	n := 0
	for _, v := range c {
		if v == "y" {
			n++
		}
	}
	return n
}

// Finding is a wish that the solver dropped or changed.
type Finding struct {
	Want
	// Got is the value in the finished .config.
	Got string
	// Next says what to look at; empty if the Kconfig files weren't read.
	Next string
}

// String is file, line, wish, result, next step.
func (f Finding) String() string {
	next := f.Next
	if next == "" {
		next = "read its \"depends on\" and who selects it (make menuconfig, /)"
	}
	return fmt.Sprintf("%s:%d: %s: wanted %s, got %s; %s", f.File, f.Line, f.Symbol, f.Value, f.Got, next)
}

// Compare lists every wish that the finished .config doesn't hold, in the
// fragments' order. An empty list is the only good one.
func Compare(wants []Want, got Config) []Finding {
	var out []Finding
	for _, w := range wants {
		if g := got.Get(w.Symbol); g != w.Value {
			out = append(out, Finding{Want: w, Got: g})
		}
	}
	return out
}
