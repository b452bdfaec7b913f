package main

import (
	"testing"

	"github.com/spf13/cobra"
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
