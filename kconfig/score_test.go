package kconfig

import (
	"strings"
	"testing"
)

func TestMet(t *testing.T) {
	got := Config{
		"CONFIG_ON": "y", "CONFIG_NUM": "100", "CONFIG_LSM": `"landlock,yama"`,
		"CONFIG_BITS": "32", "CONFIG_BITS_MAX": "32", "CONFIG_LOW": "28", "CONFIG_LOW_MAX": "32",
	}
	for _, c := range []struct {
		line string
		want bool
	}{
		{"ON y", true},
		{"ON n", false},
		{"NONE n", true},
		{"NONE y", false},
		{"NUM 100", true},
		{"NUM 10", false},
		{"LSM *yama*", true},
		{"LSM *selinux*", false},
		{"NONE *y*", false},
		{"BITS MAX", true},
		{"LOW MAX", false},
		{"NONE MAX", false},
		{"NONE y always", true},
		{"NONE y ON=y", true},
		{"NONE y ON=n", false},
		{"NONE y ON=n OTHER=n", true},
		{"NONE y LSM=*yama*", true},
	} {
		checks, err := ParseChecks("test", []byte(c.line))
		if err != nil || len(checks) != 1 {
			t.Fatalf("%q: %v, %v", c.line, checks, err)
		}
		if met := checks[0].Met(got); met != c.want {
			t.Errorf("%q: met %v, want %v", c.line, met, c.want)
		}
	}
}

func TestRateCountsPlainAndOther(t *testing.T) {
	checks, err := ParseChecks("test", []byte("# list\n\nA y\nB y always\nC y A=y\nD y\n"))
	if err != nil {
		t.Fatal(err)
	}
	s := Rate(checks, Config{"CONFIG_A": "y"})
	if s.Plain != 1 || s.Met != 3 || s.Total != 4 || len(s.Missed) != 1 || s.Missed[0].Symbol != "CONFIG_D" {
		t.Errorf("got %+v", s)
	}
}

func TestParseChecksRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"A y\nB":          "test:2: \"B\" has no wanted value",
		"# c\n\nA y sure": "test:3: \"sure\" is no other way",
	} {
		if _, err := ParseChecks("test", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
