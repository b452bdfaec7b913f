package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	o, err := parse([]string{"job", "scrub", "-rate", "1000000", "-o", "/dev/console"})
	if err != nil || o != (options{job: "scrub", out: "/dev/console", bytesPerSec: 1_000_000}) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, words := range []string{"", "job", "gate", "job scrub -rate", "job scrub -rate 0", "job scrub -rate x", "job inventory -rate 5", "job scrub -x y"} {
		if o, err := parse(strings.Fields(words)); err == nil {
			t.Errorf("%q is taken as %+v", words, o)
		}
	}
	var b bytes.Buffer
	if err := run([]string{"job", "nothing"}, &b); err == nil || b.Len() > 0 {
		t.Errorf("an unknown job: %v, %q", err, b.String())
	}
}
