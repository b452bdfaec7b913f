//go:build amd64

package core

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestChildHasOnlyTheProgram: a step that points at something else of PID 1's (its
// heap, a variable, a constant, its stack) has it refused as no memory.
func TestChildHasOnlyTheProgram(t *testing.T) {
	var sys Linux
	p := room(t) // leaves out what is there by now
	var onStack uint64
	file, err := os.Open("/dev/null")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		name string
		at   func() uintptr
		want Errno
	}{
		{"the program", func() uintptr { return p.words(1) }, 0},
		{"heap", func() uintptr { return pointerOf(file) }, unix.EFAULT},
		{"variable", func() uintptr { return pointerOf(&signalsPending) }, unix.EFAULT},
		{"constant", func() uintptr { return uintptr(unsafe.Pointer(unsafe.StringData("constant"))) }, unix.EFAULT},
		{"stack", func() uintptr { return pointerOf(&onStack) }, unix.EFAULT},
	} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		p.reset(c.name, -1, int32(w.Fd()))
		p.add("look", unix.SYS_RT_SIGPROCMASK, unix.SIG_BLOCK, c.at(), 0, 8, 0) // reads a set of signals
		pid, pidfd, errno := sys.Clone(p)
		w.Close()
		if errno != 0 {
			t.Fatal(errno)
		}
		report := make([]byte, 8)
		n, _ := r.Read(report)
		r.Close()
		unix.Close(int(pidfd))
		var status unix.WaitStatus
		if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil {
			t.Fatal(err)
		}
		if got := Errno(report[4]); got != c.want || (n == 0) != (c.want == 0) {
			t.Errorf("%s: the child said %v of %d bytes, want %v", c.name, got, n, c.want)
		}
	}
}
