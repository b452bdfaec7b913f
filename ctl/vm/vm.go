package vm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// greetLimit bounds QEMU's own start, on a host as busy as it may be.
	greetLimit = 30 * time.Second
	// drainLimit bounds the wait for a dead QEMU's last bytes, should somebody
	// else hold its pipes open.
	drainLimit = 5 * time.Second
)

// errEnded is the cause when QEMU ended while somebody waited for a line.
var errEnded = errors.New("QEMU has ended")

// VM is a started machine. Its methods may be used by several goroutines,
// except that two which wait for lines share one place in the console.
type VM struct {
	// Monitor is QEMU's own control connection.
	Monitor *Monitor
	// Began is when QEMU was started.
	Began time.Time
	// Accel is what runs the guest: KVM or TCG.
	Accel Accel

	binary  string
	args    []string
	console *console
	stderr  tail
	stdin   io.WriteCloser
	kill    context.CancelFunc
	process *os.Process
	wires   []io.Closer
	copying sync.WaitGroup // the second port's reader

	ended   chan struct{} // closed when QEMU was reaped and its console read
	exitErr error         // valid once ended is closed
}

// Start starts a machine and returns as soon as QEMU runs; the guest has hardly
// begun then. When ctx is done the machine is killed. The caller calls Close.
func Start(ctx context.Context, c Config) (*VM, error) {
	c, err := c.filled()
	if err != nil {
		return nil, err
	}
	if c, err = c.decided(); err != nil {
		return nil, err
	}
	args, err := c.wiredArgs()
	if err != nil {
		return nil, err
	}
	v := &VM{
		Accel: c.Accel, binary: c.Binary, args: args,
		console: newConsole(time.Now), ended: make(chan struct{}),
	}
	if err := v.launch(ctx, c); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// launch wires QEMU up and starts it. On an error, Close cleans up.
func (v *VM) launch(ctx context.Context, c Config) error {
	ctx, v.kill = context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, v.binary, v.args...)
	cmd.WaitDelay = drainLimit
	cmd.Stderr = &v.stderr
	cmd.Stdout = v.console
	if c.Console != nil {
		cmd.Stdout = io.MultiWriter(v.console, c.Console)
	}
	var started bool
	defer func() {
		if !started {
			closeFiles(cmd.ExtraFiles)
			close(v.ended)
		}
	}()
	var err error
	if v.stdin, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("vm: %w", err)
	}
	monitor, err := v.wire(cmd)
	if err != nil {
		return err
	}
	if c.Second != nil {
		second, err := v.wire(cmd)
		if err != nil {
			return err
		}
		v.copying.Go(func() { _, _ = io.Copy(c.Second, second) }) // ends with the wire
	}
	v.Began = time.Now()
	begin, end := goLocked(cmd)
	if err = <-begin; err != nil {
		return fmt.Errorf("vm: start %s: %w; is the package qemu-system-x86 installed?", v.binary, err)
	}
	started, v.process = true, cmd.Process
	go v.reap(end)
	closeFiles(cmd.ExtraFiles)
	return v.greet(ctx, monitor)
}

// closeFiles closes our copies of what QEMU inherited: they would keep a wire
// open whose other end has gone.
func closeFiles(files []*os.File) {
	for _, file := range files {
		file.Close()
	}
}

// wire makes a socket pair: QEMU inherits one end as the next descriptor.
func (v *VM) wire(cmd *exec.Cmd) (net.Conn, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("vm: socketpair: %w", err)
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, os.NewFile(uintptr(fds[1]), "qemu"))
	ours := os.NewFile(uintptr(fds[0]), "wire")
	defer ours.Close() // FileConn has a copy
	conn, err := net.FileConn(ours)
	if err != nil {
		return nil, fmt.Errorf("vm: socketpair: %w", err)
	}
	v.wires = append(v.wires, conn)
	return conn, nil
}

// reap sees QEMU's end and tells all who wait.
func (v *VM) reap(end <-chan error) {
	v.exitErr = <-end
	close(v.ended)
}

// greet opens the monitor; if QEMU refused its command line, it says so.
func (v *VM) greet(ctx context.Context, wire net.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, greetLimit)
	defer cancel()
	var err error
	if v.Monitor, err = newMonitor(ctx, wire); err == nil {
		return nil
	}
	select {
	case <-v.ended:
	case <-ctx.Done():
	}
	return fmt.Errorf("%w%s\ncommand line: %s", err, v.said(), v)
}

// String is the command line, quoted for a shell. Descriptors 3 and 4 in it
// are inherited; CommandLine gives one to run by hand.
func (v *VM) String() string {
	return quote(append([]string{v.binary}, v.args...))
}

// said is QEMU's standard error as part of an error's text.
func (v *VM) said() string {
	if text := strings.TrimSpace(v.stderr.String()); text != "" {
		return "\nQEMU said: " + text
	}
	return ""
}

// WaitLine waits for the next console line that contains text, from behind the
// line that the last wait returned. The error shows the console's last lines.
func (v *VM) WaitLine(ctx context.Context, text string) (Line, error) {
	return v.WaitMatch(ctx, fmt.Sprintf("a line with %q", text), func(line string) bool {
		return strings.Contains(line, text)
	})
}

// WaitMatch waits for the next console line that match accepts; what names it
// in errors.
func (v *VM) WaitMatch(ctx context.Context, what string, match func(line string) bool) (Line, error) {
	since := time.Now()
	line, err := v.console.wait(ctx, v.ended, match)
	if err == nil {
		return line, nil
	}
	if errors.Is(err, errEnded) {
		err = fmt.Errorf("%w (%s)", err, v.exitText())
	}
	return Line{}, fmt.Errorf("vm: waited %.1f s for %s: %w%s\nconsole, last lines:\n%s",
		time.Since(since).Seconds(), what, err, v.said(), v.console.last(linesShown))
}

// exitText says how QEMU ended; only after that.
func (v *VM) exitText() string {
	if v.exitErr != nil {
		return v.exitErr.Error()
	}
	return "as the guest asked"
}

// Lines are the console's lines so far, the last 32768 at most.
func (v *VM) Lines() []Line { return v.console.all() }

// Tail shows the console's last lines, for a failed test.
func (v *VM) Tail() string { return v.console.last(linesShown) }

// Type sends text to the guest's first serial port.
func (v *VM) Type(text string) error {
	if _, err := io.WriteString(v.stdin, text); err != nil {
		return fmt.Errorf("vm: type on the console: %w", err)
	}
	return nil
}

// Port is the port of 127.0.0.1 that leads to guestPort: see Forward.
func (v *VM) Port(ctx context.Context, guestPort int) (int, error) {
	usernet, err := v.Monitor.Human(ctx, "info usernet")
	if err != nil {
		return 0, err
	}
	return hostPort(usernet, guestPort)
}

// Ended is closed when QEMU has ended and all of its console has been read.
func (v *VM) Ended() <-chan struct{} { return v.ended }

// Wait waits until QEMU has ended by itself. It returns an error that shows the
// console if ctx is done first, or if QEMU failed or was killed.
func (v *VM) Wait(ctx context.Context) error {
	since := time.Now()
	select {
	case <-v.ended:
	case <-ctx.Done():
		return fmt.Errorf("vm: waited %.1f s for the machine's end: %w\nconsole, last lines:\n%s",
			time.Since(since).Seconds(), context.Cause(ctx), v.Tail())
	}
	if v.exitErr != nil {
		return fmt.Errorf("vm: QEMU: %w%s\nconsole, last lines:\n%s", v.exitErr, v.said(), v.Tail())
	}
	return nil
}

// Stall holds the machine still for a while, processors and clocks, as a host does
// that has no time for it: the time-stamp counter of a guest under TCG goes on, and
// the guest sees that it got nowhere.
func (v *VM) Stall(span time.Duration) error {
	if err := v.process.Signal(unix.SIGSTOP); err != nil {
		return fmt.Errorf("vm: stop QEMU: %w", err)
	}
	time.Sleep(span)
	if err := v.process.Signal(unix.SIGCONT); err != nil {
		return fmt.Errorf("vm: let QEMU run on: %w", err)
	}
	return nil
}

// Close kills the machine if it still runs and waits until nothing of it is
// left. It may be called again; the error is nil unless a wire can't be closed.
func (v *VM) Close() error {
	v.kill()
	<-v.ended
	v.copying.Wait() // up to the last byte: QEMU's end is closed
	var all error
	for _, wire := range v.wires {
		if err := wire.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = errors.Join(all, err)
		}
	}
	return all
}
