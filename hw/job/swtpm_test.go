package job

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/hw/tpm"
	"mote/size/installed"
)

// softTPM is swtpm without a machine. It serves one client at a time: ours is closed
// before a tool is run.
type softTPM struct {
	t           *testing.T
	dir, socket string
}

// startTPM starts one that was never used before, until the test ends.
func startTPM(t *testing.T) softTPM {
	t.Helper()
	for _, name := range []string{"swtpm", "tpm2_pcrread"} {
		installed.Program(t, name)
	}
	dir := t.TempDir()
	s := softTPM{t, dir, filepath.Join(dir, "s")}
	c := exec.CommandContext(t.Context(), "swtpm", "socket", "--tpm2", "--flags", "not-need-init,startup-clear",
		"--tpmstate", "dir="+dir, "--server", "type=unixio,path="+s.socket, "--ctrl", "type=unixio,path="+s.socket+".ctrl")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		_, control := os.Stat(s.socket + ".ctrl")
		if _, err := os.Stat(s.socket); err == nil && control == nil { // for commands, too
			return s
		}
		if time.Now().After(deadline) {
			t.Fatal("swtpm made no socket")
		}
	}
}

// try runs a tool of tpm2-tools and gives what it said.
func (s softTPM) try(name string, args ...string) (string, error) {
	c := exec.CommandContext(s.t.Context(), name, args...)
	c.Dir = s.dir
	c.Env = append(os.Environ(), "TPM2TOOLS_TCTI=swtpm:path="+s.socket)
	said, err := c.CombinedOutput()
	return strings.TrimSpace(string(said)), err
}

// tool runs one that has to succeed.
func (s softTPM) tool(name string, args ...string) string {
	s.t.Helper()
	said, err := s.try(name, args...)
	if err != nil {
		s.t.Fatalf("%s %q: %v\n%s", name, args, err, said)
	}
	return said
}

// file writes a file for a tool.
func (s softTPM) file(name string, b []byte) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), b, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// read reads a file that a tool wrote.
func (s softTPM) read(name string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// use opens the TPM for what do does.
func (s softTPM) use(do func(bus *bus)) {
	s.t.Helper()
	var conn net.Conn
	var err error
	// swtpm takes a client only once it has seen the one before go.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err = net.Dial("unix", s.socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatal(err)
		}
	}
	b := &bus{conn: conn}
	do(b)
	if err := b.Close(); err != nil {
		s.t.Error(err)
	}
}

// bus is a TPM's device that keeps all that passes, and can meddle with it.
type bus struct {
	conn net.Conn
	// heard is every byte that went over it, sent what was sent.
	heard []byte
	sent  [][]byte
	// before runs before a command is sent, after changes an answer.
	before func(code uint32)
	after  func(code uint32, answer []byte)
}

func (b *bus) Close() error { return b.conn.Close() }

func (b *bus) Exchange(command []byte) ([]byte, error) {
	code := binary.BigEndian.Uint32(command[6:])
	if before := b.before; before != nil {
		b.before = nil
		before(code)
		if b.before == nil {
			b.before = before
		}
	}
	b.sent = append(b.sent, command)
	b.heard = append(b.heard, command...)
	if err := b.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return nil, err
	}
	if _, err := b.conn.Write(command); err != nil {
		return nil, err
	}
	answer := make([]byte, tpm.AnswerBytesMax)
	if _, err := io.ReadFull(b.conn, answer[:10]); err != nil {
		return nil, err
	}
	answer = answer[:binary.BigEndian.Uint32(answer[2:])]
	if _, err := io.ReadFull(b.conn, answer[10:]); err != nil {
		return nil, err
	}
	b.heard = append(b.heard, answer...)
	if b.after != nil {
		b.after(code, answer)
	}
	return answer, nil
}

// hears says whether any eight bytes in a row of a secret passed.
func (b *bus) hears(secret []byte) bool {
	for at := 0; at+8 <= len(secret); at++ {
		if bytes.Contains(b.heard, secret[at:at+8]) {
			return true
		}
	}
	return false
}
