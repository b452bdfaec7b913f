package wire

import "testing"

func TestKernelWord(t *testing.T) {
	for line, want := range map[string]string{
		"": "-", "quiet": "-", "ip=": "-", "ip=off": "off", "zip=1 ip=a": "a", "ip=a ro ip=b\n": "b", "skip=x": "-", " ip=a": "a",
	} {
		got, ok := KernelWord(line, "ip=")
		if !ok {
			got = "-"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
