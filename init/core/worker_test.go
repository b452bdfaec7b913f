package core

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// reported lets place's child end with a report, and gives what the console says.
func reported(t *testing.T, l *Loop, place int, report string, status uint32) string {
	t.Helper()
	r, w, errno := l.sys.Pipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	if errno := l.sources.add(rankReport, place, r, unix.EPOLLIN); errno != 0 {
		t.Fatal(errno)
	}
	if _, errno := l.sys.Write(w, []byte(report)); len(report) > 0 && errno != 0 {
		t.Fatal(errno)
	}
	l.sys.Close(w)
	l.console.used = 0
	l.buried(4711, status)
	if l.sources.fd(rankReport, place) >= 0 {
		t.Error("its report is still a source")
	}
	return string(l.console.buf[:l.console.used])
}

// Reports: the step that failed and its errno, as the child writes them.
const (
	reportENODEV = "\x01\x00\x00\x00\x13\x00\x00\x00"
	reportHalf   = "\x01\x00\x00"
	reportNoErr  = "\x01\x00\x00\x00\x00\x00\x00\x00"
	reportNoStep = "\xff\xff\xff\xff\x13\x00\x00\x00"
)

// TestWorkerReportIsWhole: what a worker reports is believed as a whole or not at
// all, and then it has failed.
func TestWorkerReportIsWhole(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a")))
	for _, c := range []struct{ name, report, want string }{
		{"whole", reportENODEV, "ENODEV"},
		{"half", reportHalf, "ECHILD"},
		{"too much", reportENODEV + "\x00", "ECHILD"},
		{"twice", reportENODEV + reportENODEV, "ECHILD"},
		{"no error in it", reportNoErr, "ECHILD"},
		{"no such step", reportNoStep, "ECHILD"},
		{"garbage", "\xff\xfe\xfd\xfc\xfb", "ECHILD"},
	} {
		for _, status := range []uint32{0, exitStepFailed << 8} {
			l.workers[0] = worker{pid: 4711, job: jobLeaf}
			if said := reported(t, l, servicesMax, c.report, status); !strings.Contains(said, ": "+c.want+"\r\n") {
				t.Errorf("%s, status %d: said %q, want %s", c.name, status, said, c.want)
			}
			if l.workers[0].pid != 0 {
				t.Errorf("%s: the worker's place is not free", c.name)
			}
		}
	}
}

// TestWorkerWithoutReport: a worker that ends without a word has done its work
// only if it ended well.
func TestWorkerWithoutReport(t *testing.T) {
	l := hosted(t, manifestOf(daemon("a")))
	for status, want := range map[uint32]string{0: "", 9: "ECHILD", 11 | 0x80: "ECHILD", 1 << 8: "ECHILD"} {
		l.workers[0] = worker{pid: 4711, job: jobLeaf}
		said := reported(t, l, servicesMax, "", status)
		if (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("status %#x: said %q, want %q", status, said, want)
		}
	}
}

// TestServiceReportIsWhole: likewise for a service's start; whatever is wrong
// with the report, the start has failed.
func TestServiceReportIsWhole(t *testing.T) {
	for report, want := range map[string]Errno{reportENODEV: unix.ENODEV, reportHalf: unix.ECHILD,
		reportENODEV + "\x00": unix.ECHILD, reportNoErr: unix.ECHILD} {
		l := hosted(t, manifestOf(daemon("a")))
		l.machine.services[0].state, l.starts[0].pid = starting, 4711
		reported(t, l, 0, report, exitStepFailed<<8)
		if e := l.events[l.eventsHead]; e.kind != evExecFail || e.errno != want {
			t.Errorf("report %q: event %d %v, want %v", report, e.kind, e.errno, want)
		}
	}
}
