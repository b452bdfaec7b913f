package main

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestVerbsThatEnd(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("content\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		line   string
		status int // 128 and more is a signal, as sh says it
		out    string
		errs   string
	}{
		{"exit 7", 7, "", ""},
		{"exit 0", 0, "", ""},
		{"crash", 1, "", ""},
		{"crash 1 9", 9, "", ""},
		{"die 15", 128 + 15, "", ""},
		{"die 9", 128 + 9, "", ""},
		{"die 11", 128 + 11, "", ""},
		{"log 3 20", 0, "0000000001 xxxxxxxx\n0000000002 xxxxxxxx\n0000000003 xxxxxxxx\n", ""},
		{"log 1 1", 0, "0000000001 \n", ""},
		{"cat " + file, 0, "content\n", ""},
		{"orphans 50", 0, "orphans: left 50\n", ""},
		{"printenv", 0, "KEY=value\n", ""},
		{"help", 0, "testprog report ", ""},
		{"", exitUsage, "", "no behaviour is given"},
		{"nope", exitUsage, "", `no behaviour "nope"`},
		{"log x", exitUsage, "", `"x" is no decimal number`},
		{"unix", exitUsage, "", "argument 1 is missing"},
		{"listen here", exitUsage, "", "the port"},
		{"listen a.b.c.d:1", exitUsage, "", "no IPv4 address"},
		{"unix /nonexistent/socket", exitCall, "", "bind: "},
	} {
		t.Run(c.line, func(t *testing.T) {
			out, errs, status := sh(t, p, "ulimit -c 0; $P "+c.line+"; exit $?")
			if status != c.status {
				t.Errorf("status %d, want %d", status, c.status)
			}
			if c.out != "" && !strings.Contains(out, c.out) {
				t.Errorf("out is %q, want %q", out, c.out)
			}
			if c.errs != "" && !strings.Contains(errs, c.errs) {
				t.Errorf("errors are %q, want %q", errs, c.errs)
			}
		})
	}
	// abort leaves a line of the shell's on stderr, which differs by shell.
	if _, _, status := sh(t, p, "ulimit -c 0; $P abort; exit $?"); status != 128+6 {
		t.Errorf("abort ended with %d", status)
	}
}

// running starts a verb that doesn't end by itself, and returns it with its
// first line of output where it prints one.
func running(t *testing.T, env []string, line bool, args ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = env
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // with its children
		_ = cmd.Wait()
	})
	if !line {
		return cmd, ""
	}
	text, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return cmd, text
}

// notified listens where sd_notify(3) sends.
func notified(t *testing.T) (*net.UnixConn, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c, []string{"NOTIFY_SOCKET=" + path}
}

// message returns the next one.
func message(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 256)
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestVerbsThatTell(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	socket, env := notified(t)
	running(t, env, false, append(p, "notify")...)
	if got := message(t, socket); got != "READY=1" {
		t.Errorf("told %q", got)
	}
	running(t, env, false, append(p, "notify", "5", "STATUS=warm", "MAINPID=1")...)
	if got := message(t, socket); got != "STATUS=warm\nMAINPID=1\nREADY=1" {
		t.Errorf("told %q", got)
	}
	stubborn, _ := running(t, env, false, append(p, "ignore-term")...)
	if got := message(t, socket); got != "READY=1" {
		t.Errorf("told %q", got)
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(stubborn.Process.Pid) + "/status")
	_, ignored, _ := strings.Cut(string(status), "SigIgn:\t")
	if err != nil || standardSignals(t, ignored[:min(len(ignored), 16)]) != "0000000000004000" {
		t.Errorf("it doesn't ignore SIGTERM: %v\n%s", err, status)
	}
}

func TestVerbsThatListen(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	path := filepath.Join(t.TempDir(), "socket")
	for _, c := range []struct{ network, address, verb string }{
		{"tcp4", address, "listen"}, {"unix", path, "unix"}, {"unix", path, "unix"},
	} {
		cmd, _ := running(t, nil, false, append(p, c.verb, c.address)...)
		accepted := false
		for end := time.Now().Add(time.Minute); !accepted && time.Now().Before(end); {
			conn, err := net.Dial(c.network, c.address)
			if err != nil {
				runtime.Gosched() // not yet: ask again
				continue
			}
			_, err = conn.Read(make([]byte, 1))
			accepted = err != nil // it closes what it accepts
			conn.Close()
		}
		if !accepted {
			t.Errorf("%s %s: nobody accepts", c.verb, c.address)
		}
		// The next one has to take the path over from one that was killed.
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

func TestVerbsThatUseMuch(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	cmd, line := running(t, nil, true, append(p, "eat", "20000000")...)
	if line != "eat: touched 20000000\n" {
		t.Errorf("it says %q", line)
	}
	statm, err := os.ReadFile("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil || pages*os.Getpagesize() < 20_000_000 {
		t.Errorf("%d pages are resident, %v", pages, err)
	}

	cmd, line = running(t, nil, true, append(p, "forks", "5")...)
	if line != "forks: made 5, error none\n" {
		t.Errorf("it says %q", line)
	}
	// A child belongs to the thread that forked it, and Go chooses which.
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/task/*/children")
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	count := 0
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		if err != nil {
			t.Fatal(err)
		}
		count += len(strings.Fields(string(children)))
	}
	if count != 5 {
		t.Errorf("it has %d children", count)
	}

	_, line = running(t, nil, true, append(p, "flood")...)
	if line != strings.Repeat("flood ", 20)+"\n" {
		t.Errorf("it floods with %q", line)
	}
}

func TestDaemoniseLeavesAGrandchild(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	// The grandchild keeps the pipe open: that is how it is seen to live on, and
	// /proc tells which it is.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command(p[0], "daemonise")
	cmd.Stdout = w
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	line := make([]byte, 64)
	n, err := r.Read(line)
	if err != nil || string(line[:n]) != "daemonise: left a grandchild\n" {
		t.Fatalf("it says %q, %v", line[:n], err)
	}
	left := 0
	entries, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, exe := range entries {
		if target, err := os.Readlink(exe); err == nil && target == p[0] {
			left++
			pid, err := strconv.Atoi(strings.Split(exe, "/")[2])
			if err != nil {
				t.Fatal(err)
			}
			stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
			if fields := strings.Fields(string(stat)); err != nil || fields[5] == strconv.Itoa(cmd.Process.Pid) {
				t.Errorf("it is in the session of its parent: %v, %q", err, fields)
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Error(err)
			}
		}
	}
	if left != 1 {
		t.Errorf("%d grandchildren are left, want 1", left)
	}
}
