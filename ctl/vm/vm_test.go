package vm

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fakeConfig starts the fake QEMU of that play.
func fakeConfig(t *testing.T, play string) Config {
	t.Helper()
	t.Setenv(fakeEnv, play)
	return Config{Binary: os.Args[0], Kernel: rootFile, Accel: TCG}
}

// startFake starts it, to be closed with the test.
func startFake(t *testing.T, c Config) *VM {
	t.Helper()
	v, err := Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// gone waits until the process has ended, through a pidfd.
func gone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10_000)
	if n != 1 {
		t.Errorf("process %d still lives: %v", pid, err)
	}
}

func fakePid(t *testing.T, text string) int {
	t.Helper()
	_, digits, _ := strings.Cut(text, "process ")
	pid, err := strconv.Atoi(strings.Fields(digits + " ?")[0])
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return pid
}

func TestMachineLives(t *testing.T) {
	c := fakeConfig(t, "serve")
	var console, second bytes.Buffer
	c.Console, c.Second = &console, &second
	v := startFake(t, c)
	line, err := v.WaitLine(t.Context(), "guest: up")
	if err != nil {
		t.Fatal(err)
	}
	if !line.At.After(v.Began) {
		t.Errorf("the line is stamped %v before the start", v.Began.Sub(line.At))
	}
	if err := v.Type("hello\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.WaitLine(t.Context(), "typed: hello"); err != nil {
		t.Fatal(err)
	}
	if port, err := v.Port(t.Context(), 1883); err != nil || port != 36511 {
		t.Errorf("port %d, %v", port, err)
	}
	if err := v.Monitor.PowerDown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	if got := second.String(); got != "from the second port" {
		t.Errorf("second port: %q", got)
	}
	if !strings.Contains(console.String(), "typed: hello\r\n") {
		t.Errorf("raw console: %q", console.String())
	}
	gone(t, fakePid(t, line.Text))
}

func TestWaitLineTellsTheEnd(t *testing.T) {
	v := startFake(t, fakeConfig(t, "serve"))
	if err := v.Monitor.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := v.WaitLine(t.Context(), "never")
	for _, want := range []string{`"never"`, "QEMU has ended", "guest: up", "pass (no line end yet)"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestWaitTellsABadEnd(t *testing.T) {
	v := startFake(t, fakeConfig(t, "serve"))
	_ = v.Monitor.Do(t.Context(), "inject-nmi", nil, nil) // the answer may be lost
	err := v.Wait(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 9") || !strings.Contains(err.Error(), "guest: up") {
		t.Errorf("got %v", err)
	}
}

func TestWaitEndsWithItsOwnContext(t *testing.T) {
	v := startFake(t, fakeConfig(t, "serve"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := v.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := v.WaitLine(ctx, "never"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStartTellsWhatQEMUSaid(t *testing.T) {
	_, err := Start(t.Context(), fakeConfig(t, "refuse"))
	for _, want := range []string{"unsupported machine type", "command line:", "-M microvm"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}

func TestStartGivesUpOnASilentQEMU(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Start(ctx, fakeConfig(t, "mute")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestStartWithoutQEMU(t *testing.T) {
	_, err := Start(t.Context(), Config{Binary: "testdata/no-qemu", Kernel: rootFile, Accel: TCG, Second: &bytes.Buffer{}})
	if err == nil || !strings.Contains(err.Error(), "qemu-system-x86") {
		t.Errorf("got %v", err)
	}
}

func TestContextKillsTheMachine(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	v, err := Start(ctx, fakeConfig(t, "serve"))
	if err != nil {
		t.Fatal(err)
	}
	line, err := v.WaitLine(t.Context(), "process")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	gone(t, fakePid(t, line.Text))
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := v.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

// A test binary that is killed can't clean up: the kernel must.
func TestMachineDiesWithItsStarter(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fakeEnv+"=starter")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid := fakePid(t, text)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed, as asked
	gone(t, pid)
}

func TestNothingIsLeftOpen(t *testing.T) {
	count := func() string {
		fds, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, fd := range fds {
			to, _ := os.Readlink("/proc/self/fd/" + fd.Name())
			// The runtime's own, and the one that reads this folder.
			if !strings.HasPrefix(to, "anon_inode:") && !strings.HasPrefix(to, "/proc/") {
				names = append(names, fd.Name()+" "+to)
			}
		}
		return strings.Join(names, "\n")
	}
	c := fakeConfig(t, "serve")
	before := count()
	for _, play := range []string{"serve", "refuse"} {
		t.Setenv(fakeEnv, play)
		c.Second = &bytes.Buffer{}
		if v, err := Start(t.Context(), c); err == nil {
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	runtime.GC()
	if after := count(); after != before {
		t.Errorf("descriptors before:\n%s\nafter:\n%s", before, after)
	}
}

func TestProbe(t *testing.T) {
	cases := []struct {
		play, want string
		limit      time.Duration
	}{
		{"probed", "", time.Minute},
		{"refuse", "unsupported machine", time.Minute},
		{"asleep", "took more than", 100 * time.Millisecond},
	}
	for _, tc := range cases {
		t.Setenv(fakeEnv, tc.play)
		err := probe(os.Args[0], KVM, tc.limit)
		if got := fmt.Sprint(err); tc.want == "" && err != nil || tc.want != "" && !strings.Contains(got, tc.want) {
			t.Errorf("%s: got %v", tc.play, err)
		}
	}
}

func TestTSCRate(t *testing.T) {
	for _, tc := range []struct {
		ticks uint64
		span  time.Duration
		want  uint64
	}{
		{52_000_000, 20 * time.Millisecond, 2_600_000},
		{1_499, time.Millisecond, 1_499},
		{20_000_000, 20 * time.Millisecond, 1_000_000},
		{5, 0, 0},
	} {
		if got := tscRate(tc.ticks, tc.span); got != tc.want {
			t.Errorf("%d ticks in %v: got %d kHz, want %d", tc.ticks, tc.span, got, tc.want)
		}
	}
	if first := readTSC(); runtime.GOARCH == "amd64" && readTSC() <= first {
		t.Error("the time-stamp counter doesn't rise")
	}
}

func TestStallEndsAndTellsOfADeadMachine(t *testing.T) {
	v, err := Start(t.Context(), fakeConfig(t, "serve"))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Stall(0); err != nil {
		t.Error(err)
	}
	if _, err := v.Monitor.Status(t.Context()); err != nil {
		t.Errorf("after a stall: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if err := v.Stall(0); err == nil {
		t.Error("a machine that has ended was stopped")
	}
}
