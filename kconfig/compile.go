// The calls of the kernel's makefiles. All that could make two builds of the
// same inputs differ is fixed here, and only here.

package kconfig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tree is a folder of objects. One serves all configurations of an architecture:
// the kernel's makefiles see what a changed option touches, so that a change in
// one fragment costs a minute, and an interrupted build goes on where it was.
type tree struct {
	source, objects, arch string
}

// stopWaitSec is how long an interrupted make may tidy up before it is killed:
// it removes the targets it was writing.
const stopWaitSec = 10

// logTailLines is how much of a failed make's output is shown; all is in the log.
const logTailLines = 25

// command is a call of make in the tree, with all that would make two builds of
// one source differ set to constants. Source: Documentation/kbuild/reproducible-builds.rst.
func (t tree) command(ctx context.Context, args ...string) *exec.Cmd {
	words := []string{"-C", t.source, "O=" + t.objects, "ARCH=" + t.arch}
	if flags := compilerFlags(t.arch); flags != "" {
		words = append(words, "KCFLAGS="+flags)
	}
	cmd := exec.CommandContext(ctx, "make", append(words, args...)...)
	cmd.Env = append(withoutMake(os.Environ()),
		// Sorting and dates of the tools that the makefiles call.
		"LC_ALL=C", "TZ=UTC",
		// These four end up in /proc/version and in the image's header.
		"KBUILD_BUILD_TIMESTAMP=1970-01-01 00:00:00 UTC",
		"KBUILD_BUILD_USER=mote", "KBUILD_BUILD_HOST=mote", "KBUILD_BUILD_VERSION=1")
	// A group of its own, so that an interrupt reaches the compilers once and by us.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = stopWaitSec * time.Second
	return cmd
}

// compilerFlags are what the kernel's makefiles shall add to their own flags.
//
// For size, gcc makes "rep movsb" of every copy whose length it doesn't know:
// a byte a step on processors without fast short copies, and under TCG on all.
// The kernel's own memcpy and memset know what the processor is good at, and a
// call takes no more bytes.
func compilerFlags(arch string) string {
	if arch == "x86_64" {
		return "-mstringop-strategy=libcall"
	}
	return ""
}

// withoutMake drops what an outer make or a user's shell would change the
// kernel's makefiles with.
func withoutMake(env []string) []string {
	var out []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		switch name {
		case "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "CFLAGS", "LDFLAGS", "KCFLAGS", "LOCALVERSION", "CROSS_COMPILE":
		default:
			out = append(out, e)
		}
	}
	return out
}

// configure makes .config of the wishes: everything off but them and what they
// select, as in "make tinyconfig", which is allnoconfig with a list of its own.
func (t tree) configure(ctx context.Context, wants []Want) (Config, error) {
	if err := os.MkdirAll(t.objects, 0o755); err != nil {
		return nil, err
	}
	// The list stays beside .config, so that both can be compared by hand.
	list := filepath.Join(t.objects, "wanted.config")
	if err := os.WriteFile(list, AllConfig(wants), 0o644); err != nil {
		return nil, err
	}
	cmd := t.command(ctx, "KCONFIG_ALLCONFIG="+list, "allnoconfig")
	if text, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("kconfig: make allnoconfig: %w\n%s\ninstall flex, bison and make if they are missing", err, tail(text))
	}
	text, err := os.ReadFile(filepath.Join(t.objects, ".config"))
	if err != nil {
		return nil, err
	}
	return ParseConfig(text), nil
}

// compile runs make with progress on out. What make said is in the tree's
// build.log. It counts the objects of a whole build for the next estimate.
func (t tree) compile(ctx context.Context, out io.Writer, terminal bool) error {
	logPath := filepath.Join(t.objects, "build.log")
	log, err := os.Create(logPath)
	if err != nil {
		return err
	}
	defer log.Close()
	// What an interrupted build left is there already and isn't compiled again;
	// an estimate that counted it would be far too long.
	before := t.compiled()
	r := &reporter{out: out, terminal: terminal, log: log, began: time.Now()}
	if total := t.expected(); total > before {
		r.progress.ObjectsMax = total - before
	}
	cmd := t.command(ctx, "-j"+strconv.Itoa(runtime.NumCPU()), "bzImage")
	cmd.Stdout, cmd.Stderr = r, r

	// The reporter's goroutine has ended before anything else is printed.
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		r.run(stop)
		close(ended)
	}()
	err = cmd.Run()
	close(stop)
	<-ended
	switch {
	// Asked first: a make that was stopped fails too, with an error that tells
	// less.
	case ctx.Err() != nil:
		return errors.New("kconfig: interrupted; the next build goes on from here")
	case err != nil:
		text, readErr := os.ReadFile(logPath)
		return errors.Join(fmt.Errorf("kconfig: make: %w\n%s\nall of it is in %s", err, tail(text), logPath), readErr)
	}
	return os.WriteFile(t.countPath(), []byte(strconv.Itoa(t.compiled())), 0o644)
}

// countPath keeps the number of objects of the last whole build.
func (t tree) countPath() string { return filepath.Join(t.objects, "objects.count") }

// expected is how many objects the tree has when it is whole.
func (t tree) expected() int {
	text, err := os.ReadFile(t.countPath())
	if err != nil {
		return objectsGuess // there was none yet
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return objectsGuess
	}
	return n
}

// compiled counts the objects in the tree: kbuild leaves a .NAME.o.cmd beside
// each. Folders that vanish meanwhile don't count.
func (t tree) compiled() int {
	n := 0
	_ = filepath.WalkDir(t.objects, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".o.cmd") {
			n++
		}
		return nil
	})
	return n
}

// tail is the end of make's output, where its errors are.
func tail(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) > logTailLines {
		lines = lines[len(lines)-logTailLines:]
	}
	return strings.Join(lines, "\n")
}
