package bench

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/size/golden"
)

func TestExactRunsAreHeldAgainstEachOther(t *testing.T) {
	one, other := Run{Boot: observed(t, "observe-three-services.txt")}, Run{Boot: observed(t, "observe-three-services.txt")}
	r := Report{Title: "a root on microvm", Exact: true, Runs: []Run{one, other}, Clock: runs(100, 90, 120)}
	if err := r.Exactly(); err != nil {
		t.Error(err)
	}
	golden.Check(t, filepath.Join("testdata", "report-exact.txt"), r.Text())
	other.Marks[5].Nsec += 1000
	if err := r.Exactly(); err == nil || !strings.Contains(err.Error(), "1000 ns apart") || !strings.Contains(r.Text(), "they are not exact") {
		t.Errorf("runs that differ: %v", err)
	}
	r.Exact = false
	if err := r.Exactly(); err != nil {
		t.Errorf("by the clock: %v", err)
	}
}

func TestReportFormats(t *testing.T) {
	r := Report{Title: "x", Runs: runs(100, 90)}
	for _, format := range Formats() {
		if text, err := r.As(format); err != nil || len(text) == 0 {
			t.Errorf("%s: %d bytes, %v", format, len(text), err)
		}
	}
	if _, err := r.As("yaml"); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf("got %v", err)
	}
	text, err := r.JSON()
	if err != nil || !json.Valid(text) {
		t.Errorf("%v in %s", err, text)
	}
	r.Runs[0].HostTimed, r.Runs[0].BeforeNsec = []string{"mounts"}, 812e6
	if text := r.Text(); !strings.Contains(text, "had no time of the guest's: mounts") || !strings.Contains(text, "began: 812.0 ms") {
		t.Error(text)
	}
}

func TestGuestZero(t *testing.T) {
	began := time.Unix(1000, 0)
	zero, is := guestZero([]vm.Line{at(100, "x"), at(400, "[    0.100000] a"), at(700, "[  500.000 ms] mounts"), at(1, "[   99.000000] not a stamp")}, began)
	if !is || zero.Sub(began) != 200*time.Millisecond {
		t.Errorf("%v, %v", zero.Sub(began), is)
	}
	if zero, is := guestZero([]vm.Line{at(100, "x")}, began); is || zero != began {
		t.Errorf("without stamps: %v, %v", zero, is)
	}
}
