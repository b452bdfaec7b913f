package vm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// TPM is a TPM 2.0 that swtpm emulates for a machine, with its state in a folder.
type TPM struct {
	socket string
	cmd    *exec.Cmd
	ended  chan error
}

const (
	// tpmStartLimit bounds the wait for swtpm's socket.
	tpmStartLimit = 10 * time.Second
	// tpmLookPause is how long between two looks for it.
	tpmLookPause = 10 * time.Millisecond
)

// StartTPM starts swtpm with its state in dir, which may be that of an earlier
// one: a TPM outlives its machines. The path of dir must be short, as a socket
// stands in it (unix(7): 107 bytes). It ends with Close or with ctx.
func StartTPM(ctx context.Context, dir string) (*TPM, error) {
	t := &TPM{socket: filepath.Join(dir, "control"), ended: make(chan error, 1)}
	// One of an earlier machine would be taken for the new one.
	if err := os.Remove(t.socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("vm: %w", err)
	}
	var said bytes.Buffer
	// It ends with its machine, also when nobody is left to close it.
	t.cmd = exec.CommandContext(ctx, "swtpm", "socket", "--tpm2", "--terminate", "--tpmstate", "dir="+dir, "--ctrl", "type=unixio,path="+t.socket)
	t.cmd.Stderr = &said
	if err := t.cmd.Start(); err != nil {
		return nil, fmt.Errorf("vm: %w; install swtpm", err)
	}
	go func() { t.ended <- t.cmd.Wait() }()
	ticker := time.NewTicker(tpmLookPause)
	defer ticker.Stop()
	deadline := time.After(tpmStartLimit)
	for {
		if _, err := os.Stat(t.socket); err == nil {
			return t, nil
		}
		select {
		case err := <-t.ended:
			return nil, fmt.Errorf("vm: swtpm ended: %w\n%s", err, said.Bytes())
		case <-deadline:
			return nil, errors.Join(errors.New("vm: swtpm made no socket"), t.Close())
		case <-ticker.C:
		}
	}
}

// Args are QEMU's words for it, with the interface tis or crb; they go into
// Config.Args.
func (t *TPM) Args(face string) []string {
	return []string{"-chardev", "socket,id=tpm,path=" + optionValue(t.socket), "-tpmdev", "emulator,id=tpm,chardev=tpm",
		"-device", "tpm-" + face + ",tpmdev=tpm"}
}

// Close ends it.
func (t *TPM) Close() error {
	if err := t.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-t.ended
	return nil
}
