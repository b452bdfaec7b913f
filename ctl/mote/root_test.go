package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"mote/ctl/mote/exit"
)

// Every command says what it does, and those that only hold others do nothing.
func TestCommandsAreDescribed(t *testing.T) {
	var look func(c *cobra.Command)
	count := 0
	look = func(c *cobra.Command) {
		count++
		if c.Short == "" || c.HasSubCommands() == c.Runnable() {
			t.Errorf("%s: short %q, runnable %v", c.CommandPath(), c.Short, c.Runnable())
		}
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look(root())
	if count < 3 {
		t.Errorf("%d commands", count)
	}
	if c, _, err := root().Find([]string{"bench", "boot"}); err != nil || c.Name() != "boot" {
		t.Errorf("mote bench boot: %v, %v", c, err)
	}
}

// A wrong command line has a status of its own, wherever it is wrong, and says
// what would be right.
func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct {
		line, want string
		code       exit.Code
	}{
		{"manifset validate x", `mote: no command "manifset"; did you mean manifest?`, exit.Usage},
		{"image bild", `mote image: no command "bild"; did you mean build?`, exit.Usage},
		{"image frobnicate", "mote image --help lists them", exit.Usage},
		{"manifest validate", "it is used as: mote manifest validate FILE", exit.Usage},
		{"manifest render --colour x", "unknown flag: --colour", exit.Usage},
		{"manifest schema x", "mote manifest schema", exit.Usage},
		{"manifest validate none.yaml", "no file none.yaml", exit.NotFound},
		{"manifest --help", "", exit.OK},
		{"help image", "", exit.OK},
		{"explain node", "", exit.OK},
	} {
		r := root()
		var out bytes.Buffer
		r.SetOut(&out)
		r.SetErr(&out)
		err := run(t.Context(), r, strings.Fields(c.line))
		if code, _ := exit.Of(err); code != c.code || c.want != "" && !strings.Contains(err.Error(), c.want) {
			t.Errorf("mote %s: status %d, %v; want %d, %q", c.line, code, err, c.code, c.want)
		}
	}
}
