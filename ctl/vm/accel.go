package vm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// probeLimit bounds the attempt. A processor needs 20 ms for it, TCG 100;
	// a KVM that emulates each instruction needs a minute.
	probeLimit = time.Second
	// probeDone is isa-debug-exit's status for the byte 0x10: twice it, plus 1.
	probeDone = 0x10<<1 | 1
)

// kvmTrouble remembers one attempt for the life of the process: it costs up to
// a second, and the answer doesn't change meanwhile.
var kvmTrouble = sync.OnceValue(func() error {
	if f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0); err != nil {
		return fmt.Errorf("vm: KVM: %w", err)
	} else if err := f.Close(); err != nil {
		return fmt.Errorf("vm: KVM: %w", err)
	}
	return probe("qemu-system-x86_64", KVM, probeLimit)
})

// KVMTrouble says why KVM can't be used on this host, nil if it can. It lets a
// real processor run a real piece of code, as there are hosts whose /dev/kvm
// opens, creates a machine and even runs it, one emulated instruction after
// the other.
func KVMTrouble() error { return kvmTrouble() }

// decided replaces Auto by what this host can do, and looks at its clock if the
// guest will see it.
func (c Config) decided() (Config, error) {
	switch c.Accel {
	case Auto:
		c.Accel = TCG
		if KVMTrouble() == nil {
			c.Accel = KVM
		}
	case KVM:
		if err := KVMTrouble(); err != nil {
			return c, fmt.Errorf("%w; take Accel TCG", err)
		}
	}
	if c.Accel == TCG && !c.Exact {
		c.tscKHz = hostTSCkHz()
	}
	return c, nil
}

// probe starts QEMU with a firmware that counts probeTurns down and ends the
// machine, and says what kept it from ending within limit.
func probe(binary string, accel Accel, limit time.Duration) error {
	dir, err := os.MkdirTemp("", "mote-probe-")
	if err != nil {
		return fmt.Errorf("vm: probe: %w", err)
	}
	defer os.RemoveAll(dir)
	rom := filepath.Join(dir, "rom")
	if err := os.WriteFile(rom, probeROM(), 0o600); err != nil {
		return fmt.Errorf("vm: probe: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-no-user-config", "-nodefaults", "-display", "none",
		"-M", "isapc", "-m", "2M", "-accel", string(accel), "-bios", rom,
		"-device", "isa-debug-exit,iobase=0xf4,iosize=1")
	cmd.WaitDelay = limit
	var said tail
	cmd.Stderr = &said
	err = startLocked(cmd)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("vm: %s took more than %v for %d instructions; it is no use for a guest", accel, limit, 2*probeTurns)
	case errors.As(err, &exit) && exit.ExitCode() == probeDone:
		return nil
	}
	return fmt.Errorf("vm: %s: QEMU ended with %v: %s", accel, err, strings.TrimSpace(said.String()))
}

// startLocked runs cmd to its end, and sees to it that the kernel kills it when
// this process dies. Pdeathsig is sent when the starting thread ends, not the
// process: hence a thread of its own, which stays until the end.
func startLocked(cmd *exec.Cmd) error {
	started, ended := goLocked(cmd)
	if err := <-started; err != nil {
		return err
	}
	return <-ended
}

// goLocked is startLocked in two steps: each channel gives one value.
func goLocked(cmd *exec.Cmd) (started, ended <-chan error) {
	begin, end := make(chan error, 1), make(chan error, 1)
	// A group of its own keeps the terminal's Ctrl-C from QEMU.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		begin <- err
		if err == nil {
			end <- cmd.Wait()
		}
	}()
	return begin, end
}
