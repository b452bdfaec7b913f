package vm

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEscapeSequences(t *testing.T) {
	cases := []struct {
		typed []string // as the reads return it
		send  string
		asked action
	}{
		{[]string{"ls\r"}, "ls\r", actNone},
		{[]string{"\x03"}, "\x03", actNone}, // Ctrl-C is the guest's
		{[]string{"\x01x"}, "", actEnd},
		{[]string{"ab\x01", "Xcd"}, "ab", actEnd}, // split between two reads
		{[]string{"\x01p"}, "", actPower},
		{[]string{"\x01a\x01\x01"}, "\x01\x01", actNone},
		{[]string{"a\x01zb"}, "ab", actNone}, // unknown: swallowed
	}
	for _, tc := range cases {
		var keys escape
		var send []byte
		asked := actNone
		for _, typed := range tc.typed {
			var part []byte
			part, asked = keys.take([]byte(typed))
			send = append(send, part...)
		}
		if string(send) != tc.send || asked != tc.asked {
			t.Errorf("%q: got %q and %d, want %q and %d", tc.typed, send, asked, tc.send, tc.asked)
		}
	}
}

// terminal makes a pseudo terminal: what is written to the first is typed.
func terminal(t *testing.T) (keys, screen *os.File) {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { keys.Close() })
	fd := int(keys.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	peer, err := unix.IoctlRetInt(fd, unix.TIOCGPTPEER)
	if err != nil {
		t.Skipf("no TIOCGPTPEER here: %v", err)
	}
	screen = os.NewFile(uintptr(peer), "screen")
	t.Cleanup(func() { screen.Close() })
	return keys, screen
}

func settings(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	s, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

func TestRawModeAndBack(t *testing.T) {
	_, screen := terminal(t)
	before := settings(t, screen)
	restore, err := rawMode(int(screen.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	raw := settings(t, screen)
	if raw.Lflag&(unix.ISIG|unix.ICANON|unix.ECHO) != 0 || raw.Oflag != before.Oflag {
		t.Errorf("raw: local flags %#o, output flags %#o", raw.Lflag, raw.Oflag)
	}
	restore()
	if settings(t, screen) != before {
		t.Error("the terminal's settings did not come back")
	}
}

func TestAttachedKeysReachTheGuest(t *testing.T) {
	keys, screen := terminal(t)
	v := startFake(t, fakeConfig(t, "serve"))
	done := make(chan error, 1)
	go func() { done <- v.Attach(t.Context(), screen) }()
	if _, err := keys.WriteString("hello\n\x01p"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := v.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	if tail := v.Tail(); !strings.Contains(tail, " away") {
		t.Errorf("the power button was not pressed:\n%s", tail)
	}
}

func TestAttachEndsWithCtrlAX(t *testing.T) {
	keys, screen := terminal(t)
	v := startFake(t, fakeConfig(t, "serve"))
	if _, err := keys.WriteString("\x01x"); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.WriteString("\n"); err != nil { // before raw mode keys wait for a line
		t.Fatal(err)
	}
	if err := v.Attach(t.Context(), screen); err != nil {
		t.Error(err)
	}
	select {
	case <-v.Ended():
		t.Error("Attach ended the machine; that is Close's")
	default:
	}
}

func TestAttachWithoutATerminal(t *testing.T) {
	empty, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	c := fakeConfig(t, "serve")
	var console bytes.Buffer
	c.Console = &console
	v := startFake(t, c)
	done := make(chan error, 1)
	go func() { done <- v.Attach(t.Context(), empty) }()
	if err := v.Monitor.Quit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// fakeGroups has the terminal at its standard input: the leader's foreground
// process group is its own, one behind it has a group of its own.
func fakeGroups(play string) int {
	fmt.Println(play, inBackground(0))
	if play == "behind" {
		return 0
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.Stdin, cmd.Stdout = []string{fakeEnv + "=behind"}, os.Stdin, os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Run(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func TestBehindTheForegroundNothingIsTouched(t *testing.T) {
	_, screen := terminal(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env, cmd.Stdin = []string{fakeEnv + "=leader"}, screen
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	said, err := cmd.CombinedOutput()
	if want := "leader false\nbehind true\n"; err != nil || string(said) != want {
		t.Errorf("%q, %v; want %q", said, err, want)
	}
}
