package main

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mote/fs/image"
)

// build makes the program as the image has it.
func build(t *testing.T, out string) {
	t.Helper()
	noteSources(t)
	args := append([]string{"build"}, image.ProgramFlags().Args()...)
	cmd := exec.Command("go", append(args, "-o", out, ".")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}

// noteSources opens the sources, so that go test knows that its result depends
// on them: what the build of the program reads, it doesn't see.
func noteSources(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("*.[gs]*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources here: %v", err)
	}
	for _, file := range files {
		if _, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
}

// notified listens where sd_notify(3) sends.
func notified(t *testing.T, path string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs the program in a root of its own, where dev/console is a file.
// Without root rights a user namespace gives the right to do so.
func start(t *testing.T, root, way string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/bench")
	cmd.Dir = "/"
	cmd.Env = []string{"BENCH=" + way, "NOTIFY_SOCKET=/notify"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return cmd
}

// rootWith returns a folder with the program and an empty dev/console.
func rootWith(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	build(t, filepath.Join(root, "bench"))
	if err := os.Mkdir(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "dev/console"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestWays(t *testing.T) {
	root := rootWith(t)
	console := filepath.Join(root, "dev/console")
	socket := notified(t, filepath.Join(root, "notify"))
	for _, c := range []struct{ way, line string }{{"notify", ""}, {"last", handshake}} {
		t.Run(c.way, func(t *testing.T) {
			cmd := start(t, root, c.way)
			message := make([]byte, 64)
			n, err := socket.Read(message)
			if err != nil || string(message[:n]) != "READY=1" {
				t.Fatalf("told %q, %v", message[:n], err)
			}
			// The line stands before the message: it has to be there by now.
			line, err := os.ReadFile(console)
			if err != nil || string(line) != c.line {
				t.Errorf("the console has %q, want %q, %v", line, c.line, err)
			}
			// And it waits on until it is asked to end.
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			err = cmd.Wait()
			status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
				t.Errorf("it ended by %v, want SIGTERM", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	root := rootWith(t)
	for _, way := range []string{"notify", "last"} {
		cmd := start(t, root, way)
		_ = cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != exitNotify {
			t.Errorf("%s without a socket ended with %d, want %d", way, got, exitNotify)
		}
	}
	if err := os.Remove(filepath.Join(root, "dev/console")); err != nil {
		t.Fatal(err)
	}
	cmd := start(t, root, "last")
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != exitConsole {
		t.Errorf("without a console it ended with %d, want %d", got, exitConsole)
	}
}

func TestIsSmall(t *testing.T) {
	out := filepath.Join(t.TempDir(), "bench")
	build(t, out)
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	// What package os or fmt would add is 140 KB and more.
	const bytesMax = 1_400_000
	if info.Size() > bytesMax {
		t.Errorf("%d bytes, want at most %d: see what is imported", info.Size(), bytesMax)
	}
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"os", "fmt", "net"} {
		if strings.Contains("\n"+string(deps), "\n"+banned+"\n") {
			t.Errorf("package %s is linked", banned)
		}
	}
}
