package vm

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// EscapeText tells people how to use an attached console.
const EscapeText = "Ctrl-A X ends the machine, Ctrl-A P presses its power button, Ctrl-A A sends Ctrl-A"

// escapeKey is Ctrl-A, as in QEMU and screen.
const escapeKey = 0x01

// action is what a key sequence asks for.
type action uint8

const (
	actNone action = iota
	actEnd
	actPower
)

// escape finds key sequences in what is typed. The zero value is ready.
type escape struct{ pending bool }

// take returns what of typed goes to the guest, up to a sequence that asks for
// something, and what that is. An unknown sequence is swallowed.
func (e *escape) take(typed []byte) (send []byte, asked action) {
	for _, key := range typed {
		switch {
		case !e.pending && key == escapeKey:
			e.pending = true
			continue
		case !e.pending:
			send = append(send, key)
			continue
		}
		e.pending = false
		switch key {
		case 'x', 'X':
			return send, actEnd
		case 'p', 'P':
			return send, actPower
		case 'a', 'A', escapeKey:
			send = append(send, escapeKey)
		}
	}
	return send, actNone
}

// Attach gives the guest's console to the person at terminal until the machine
// or the person ends it, or ctx is done: all keys go to the guest, Ctrl-C too,
// except the sequences of EscapeText. What the guest prints is Config.Console's.
// Without a terminal, behind its foreground, or when its input ends, only the
// machine's end counts.
func (v *VM) Attach(ctx context.Context, terminal *os.File) error {
	fd := int(terminal.Fd())
	if inBackground(fd) {
		select {
		case <-v.ended:
		case <-ctx.Done():
		}
		return nil
	}
	restore, err := rawMode(fd)
	if err != nil {
		return err
	}
	defer restore()

	wake, wakeUp, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("vm: attach: %w", err)
	}
	typed := make(chan error, 1)
	go func() { typed <- v.typeKeys(ctx, fd, int(wake.Fd())) }()
	select {
	case <-v.ended:
	case <-ctx.Done():
	case err = <-typed:
		typed <- nil
	}
	// The reader must be gone before the descriptors are.
	err = errors.Join(err, wakeUp.Close())
	<-typed
	return errors.Join(err, wake.Close())
}

// typeKeys carries keys from fd to the guest until wake is readable or the
// person asks for the end. After the end of input it waits for the machine's.
func (v *VM) typeKeys(ctx context.Context, fd, wake int) error {
	var keys escape
	buffer := make([]byte, 256)
	fds := []unix.PollFd{{Fd: int32(wake), Events: unix.POLLIN}, {Fd: int32(fd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); errors.Is(err, unix.EINTR) {
			continue
		} else if err != nil {
			return fmt.Errorf("vm: attach: poll: %w", err)
		}
		if fds[0].Revents != 0 {
			return nil
		}
		n, err := unix.Read(fd, buffer)
		if err != nil {
			return fmt.Errorf("vm: attach: read: %w", err)
		}
		if n == 0 {
			fds = fds[:1]
			continue
		}
		send, asked := keys.take(buffer[:n])
		if err := v.Type(string(send)); err != nil {
			return err
		}
		switch asked {
		case actEnd:
			return nil
		case actPower:
			if err := v.Monitor.PowerDown(ctx); err != nil {
				return err
			}
		}
	}
}

// inBackground tells whether somebody else has the terminal now, as behind a
// shell's "&": to touch its settings or to read from it would stop this process
// (SIGTTOU and SIGTTIN, see termios(3)).
func inBackground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err == nil && group != unix.Getpgrp()
}

// rawMode lets single keys through unseen, as cfmakeraw(3) does, but leaves the
// terminal's output rules on, so that lines of ours and the guest's both begin
// at the left. restore undoes it. What is no terminal is left alone.
func rawMode(fd int) (restore func(), err error) {
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
		return func() {}, nil
	} else if err != nil {
		return nil, fmt.Errorf("vm: attach: the terminal's settings: %w", err)
	}
	raw := *before
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &raw); err != nil {
		return nil, fmt.Errorf("vm: attach: raw mode: %w", err)
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }, nil
}
