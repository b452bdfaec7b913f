package core

import (
	"testing"
)

func TestParseNotify(t *testing.T) {
	for _, c := range []struct {
		in     string
		bits   int64
		status string
	}{
		{"READY=1", notifyReady, ""},
		{"READY=1\n", notifyReady, ""},
		{"STATUS=warming up\nREADY=1\nMAINPID=7", notifyReady, "warming up"},
		{"STOPPING=1", notifyStopping, ""},
		{"EXTEND_TIMEOUT_USEC=250000", notifyExtend | 250000<<notifyShift, ""},
		{"EXTEND_TIMEOUT_USEC=99999999999999999999999", notifyExtend | 3600_000_000<<notifyShift, ""},
		{"EXTEND_TIMEOUT_USEC=5x", notifyExtend, ""},
		{"READY=10", 0, ""},
		{"READY", 0, ""},
		{"XREADY=1", 0, ""},
		{"", 0, ""},
		{"\n\n=\n", 0, ""},
		{"WATCHDOG=1\nFDSTORE=1", 0, ""},
	} {
		bits, status := parseNotify([]byte(c.in))
		if bits != c.bits || string(status) != c.status {
			t.Errorf("%q: got %#x %q, want %#x %q", c.in, bits, status, c.bits, c.status)
		}
	}
}

func FuzzParseNotify(f *testing.F) {
	f.Add([]byte("READY=1\nSTATUS=x\nEXTEND_TIMEOUT_USEC=1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		bits, status := parseNotify(b)
		if bits < 0 || len(status) > len(b) {
			t.Errorf("%q: %#x, %d bytes of status", b, bits, len(status))
		}
	})
}

func TestKernelRecord(t *testing.T) {
	for _, c := range []struct {
		in   string
		nsec int64
		text string
		ok   bool
	}{
		{"6,339,5140900,-;NET: Registered PF_INET6\n", 5140900_000, "NET: Registered PF_INET6", true},
		{"30,340,5690716,-;udevd[80]: starting\n SUBSYSTEM=net\n", 5690716_000, "udevd[80]: starting", true},
		{"4,1,0,c,caller=T1;x", 0, "x", true},
		{"no semicolon", 0, "", false},
		{";", 0, "", false},
		{"", 0, "", false},
	} {
		nsec, text, ok := kernelRecord([]byte(c.in))
		if nsec != c.nsec || string(text) != c.text || ok != c.ok {
			t.Errorf("%q: got %d %q %v", c.in, nsec, text, ok)
		}
	}
}
