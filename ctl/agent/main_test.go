package main

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	o, err := parse([]string{"job", "scrub", "-rate", "1000000", "-o", "/dev/console"})
	if err != nil || !reflect.DeepEqual(o, options{job: "scrub", out: "/dev/console", bytesPerSec: 1_000_000}) {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = parse(strings.Fields("job quote -nonce a5 -pcrs 7,11"))
	if err != nil || !reflect.DeepEqual(o, options{job: "quote", nonce: []byte{0xa5}, pcrs: 1<<7 | 1<<11}) {
		t.Errorf("%+v, %v", o, err)
	}
	for _, words := range []string{"", "job", "gate", "job scrub -rate", "job scrub -rate 0", "job scrub -rate x", "job inventory -rate 5", "job scrub -x y",
		"job seal -pcrs 7", "job format -disk nvme0n1 -how crypto", "job sanitize -disk nvme0 -serial S", "job scrub -serial S", "job seal -pcrs 24 -in x", "job seal -pcrs 7,, -in x", "job unseal", "job unseal -in x -pcrs 7", "job counter -index -1 -do read",
		"job quote -pcrs 7 -nonce 0", "job quote -pcrs 7 -nonce " + strings.Repeat("00", 33)} {
		if o, err := parse(strings.Fields(words)); err == nil {
			t.Errorf("%q is taken as %+v", words, o)
		}
	}
	var b bytes.Buffer
	if err := run([]string{"job", "nothing"}, &b); err == nil || b.Len() > 0 {
		t.Errorf("an unknown job: %v, %q", err, b.String())
	}
}
