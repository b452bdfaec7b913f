package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"mote/fs/image"
	"mote/size/installed"
)

// init takes SIGHUP, so that children begin with its default: under nohup(1) they
// would inherit that it is ignored, and these tests ask what is inherited.
func init() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) }

// testprog builds the program as the image has it, for an architecture, and
// returns the words that run it: another machine's needs QEMU's user mode.
func testprog(t *testing.T, goarch string) []string {
	t.Helper()
	var words []string
	if goarch != runtime.GOARCH {
		words = append(words, installed.Program(t, map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}[goarch]))
	}
	noteSources(t)
	out := filepath.Join(t.TempDir(), "testprog")
	args := append([]string{"build"}, image.TestProgram("").Flags.Args()...)
	cmd := exec.Command("go", append(args, "-o", out, ".")...)
	cmd.Env = append(os.Environ(), image.BuildEnv(goarch)...)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	return append(words, out)
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

// sh runs a line of shell with the program as $P, and returns its output, its
// errors and its status. The shell is this machine's: it sets what is passed on.
func sh(t *testing.T, program []string, line string) (out, errs string, status int) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.Env = []string{"P=" + strings.Join(program, " "), "PATH=" + os.Getenv("PATH"), "KEY=value"}
	var outs, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &outs, &said
	_ = cmd.Run() // a status that isn't 0 is what some tests are about
	return outs.String(), said.String(), cmd.ProcessState.ExitCode()
}

// reported returns what a report says under a key, line by line.
func reported(text, key string) []string {
	var values []string
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), key+": "); found {
			values = append(values, value)
		}
	}
	return values
}

// standardSignals leaves signals 1 to 31 of a set in hexadecimal digits: those
// above are a C library's own, and what started the tests may ignore some.
func standardSignals(t *testing.T, set string) string {
	t.Helper()
	bits, err := strconv.ParseUint(set, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%016x", bits&(1<<31-1))
}

func TestReportTellsWhatWasPassedOn(t *testing.T) {
	for _, goarch := range []string{"amd64", "arm64"} {
		t.Run(goarch, func(t *testing.T) {
			p := testprog(t, goarch)
			out, errs, status := sh(t, p, `cd /usr; umask 027; trap '' USR1 TERM; ulimit -S -n 77; exec $P report a b 7</dev/zero`)
			if status != 0 || errs != "" {
				t.Fatalf("status %d, %s", status, errs)
			}
			for key, want := range map[string]string{
				// SIGUSR1 is 10, SIGTERM 15: bits 9 and 14.
				"SigIgn": "0000000000004200",
				"SigBlk": "0000000000000000",
				"cwd":    "/usr",
				"report": "end",
			} {
				got := reported(out, key)
				if key == "SigIgn" && len(got) == 1 {
					got[0] = standardSignals(t, got[0])
				}
				if len(got) != 1 || got[0] != want {
					t.Errorf("%s is %q, want %q", key, got, want)
				}
			}
			if got := reported(out, "env"); len(got) < 3 || got[0] != "KEY=value" {
				t.Errorf("env is %q", got)
			}
			if got := reported(out, "rlimit.nofile"); len(got) != 1 || !strings.HasPrefix(got[0], "77 ") {
				t.Errorf("rlimit.nofile is %q: the soft limit was changed", got)
			}
			if got := reported(out, "argv"); len(got) != 1 || !strings.HasSuffix(got[0], "report a b") {
				t.Errorf("argv is %q", got)
			}
			for _, key := range []string{"Uid", "Gid", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "cgroup", "pid", "ppid", "sid"} {
				if got := reported(out, key); len(got) != 1 {
					t.Errorf("%s is %q", key, got)
				}
			}
			if goarch != runtime.GOARCH {
				return // QEMU's own descriptors and umask are in the way
			}
			if got := reported(out, "Umask"); len(got) != 1 || got[0] != "0027" {
				t.Errorf("Umask is %q", got)
			}
			checkFiles(t, reported(out, "fd"))
		})
	}
}

// checkFiles fails unless 0, 1, 2 and 7 are open and nothing else is, but for
// what whoever started this test left open in it.
func checkFiles(t *testing.T, fds []string) {
	t.Helper()
	open := map[string]string{}
	for _, fd := range fds {
		number, target, _ := strings.Cut(fd, " ")
		open[number] = target
	}
	if open["7"] != "/dev/zero" {
		t.Errorf("7 is %q, want /dev/zero", open["7"])
	}
	for _, number := range []string{"0", "1", "2", "7"} {
		if open[number] == "" {
			t.Errorf("%s is not open: %q", number, fds)
		}
		delete(open, number)
	}
	for number, target := range open {
		if !passedOn(number, target) {
			t.Errorf("%s is open on %s, and nobody passed it on", number, target)
		}
	}
}

// passedOn reports whether this test has the descriptor open on target and
// without O_CLOEXEC, the octal 02000000 of fdinfo (proc_pid_fdinfo(5)).
func passedOn(number, target string) bool {
	own, err := os.Readlink("/proc/self/fd/" + number)
	if err != nil || own != target {
		return false
	}
	info, err := os.ReadFile("/proc/self/fdinfo/" + number)
	if err != nil {
		return false
	}
	_, flags, _ := strings.Cut(string(info), "flags:")
	bits, err := strconv.ParseUint(strings.Fields(flags)[0], 8, 32)
	return err == nil && bits&syscall.O_CLOEXEC == 0
}

func TestSignalMaskIsSeenBeforeGoChangesIt(t *testing.T) {
	p := testprog(t, runtime.GOARCH)
	python := installed.Program(t, "python3")
	// A shell can't block signals. SIGUSR1 is 10, SIGTERM 15, SIGCHLD 17.
	const block = `import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [10, 15, 17])
os.execv(sys.argv[1], sys.argv[1:])`
	out, err := exec.Command(python, "-c", block, p[0], "report").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := reported(string(out), "SigBlk"); len(got) != 1 || got[0] != "0000000000014200" {
		t.Errorf("SigBlk is %q", got)
	}
}

func TestWithoutItsEntryItSaysSo(t *testing.T) {
	out := filepath.Join(t.TempDir(), "testprog")
	if said, err := exec.Command("go", "build", "-o", out, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	text, err := exec.Command(out, "report").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := reported(string(text), "SigIgn"); len(got) != 1 || got[0] != "unknown" {
		t.Errorf("SigIgn is %q", got)
	}
}

func TestNothingThatChangesWhatIsReportedIsLinked(t *testing.T) {
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, banned := range []string{"os", "os/signal", "net", "fmt"} {
		if strings.Contains("\n"+string(deps), "\n"+banned+"\n") {
			t.Errorf("package %s is linked", banned)
		}
	}
}
