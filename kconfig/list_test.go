package kconfig

import (
	"strings"
	"testing"
	"testing/fstest"
)

// rooms is a fragments folder with two architectures and optional parts.
func rooms() fstest.MapFS {
	fs := fstest.MapFS{}
	for _, name := range []string{
		"network.config", "base.config", "x86_64/base.config", "arm64/base.config",
		"with/screen.config", "with/x86_64/screen.config", "with/x86_64/pc.config", "README",
	} {
		fs[name] = &fstest.MapFile{Data: []byte("# " + name + "\n")}
	}
	return fs
}

func TestListOrder(t *testing.T) {
	for _, c := range []struct {
		arch string
		with []string
		want string
	}{
		{"x86_64", nil, "base.config network.config x86_64/base.config"},
		{"arm64", nil, "base.config network.config arm64/base.config"},
		{"x86_64", []string{"screen"}, "base.config network.config x86_64/base.config with/screen.config with/x86_64/screen.config"},
		{"arm64", []string{"screen"}, "base.config network.config arm64/base.config with/screen.config"},
		{"x86_64", []string{"pc", "screen"}, "base.config network.config x86_64/base.config with/x86_64/pc.config with/screen.config with/x86_64/screen.config"},
	} {
		list, err := List(rooms(), c.arch, c.with)
		if err != nil {
			t.Errorf("%s %v: %v", c.arch, c.with, err)
			continue
		}
		var names []string
		for _, f := range list {
			names = append(names, f.Name)
			if string(f.Text) != "# "+f.Name+"\n" {
				t.Errorf("%s holds %q", f.Name, f.Text)
			}
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s %v:\ngot  %s\nwant %s", c.arch, c.with, got, c.want)
		}
	}
}

func TestListRefusals(t *testing.T) {
	for _, c := range []struct {
		arch string
		with []string
		want string
	}{
		{"riscv", nil, `is the architecture "riscv" laid out?`},
		{"x86_64", []string{"nosuch"}, `no optional fragment "nosuch"; known are: pc, screen`},
		{"arm64", []string{"pc"}, `no optional fragment "pc"; known are: screen`},
		{"x86_64", []string{"../base"}, `no optional fragment "../base"`},
		{"x86_64", []string{""}, `no optional fragment ""`},
	} {
		_, err := List(rooms(), c.arch, c.with)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: error %v, want one with %q", c.arch, c.with, err, c.want)
		}
	}
}
