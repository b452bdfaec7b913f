package main

import (
	"strings"
	"testing"

	"mote/wire"
)

func TestArguments(t *testing.T) {
	o, err := parse(strings.Fields("-release /r -to nvme0n1 -overwrite -auth /a -then poweroff"))
	if want := (options{"/r", "/a", "nvme0n1", true, wire.VerbPowerOff}); err != nil || o != want {
		t.Errorf("%+v, %v; want %+v", o, err, want)
	}
	if o, err := parse(strings.Fields("-release /r -to auto -then stay")); err != nil || o.then != 0 {
		t.Errorf("%+v, %v", o, err)
	}
	for _, words := range []string{"", "-release /r", "-to auto", "-release /r -to auto more", "-release /r -to auto -then status", "-release /r -to auto -x"} {
		if o, err := parse(strings.Fields(words)); err == nil {
			t.Errorf("%q is taken as %+v", words, o)
		}
	}
}
