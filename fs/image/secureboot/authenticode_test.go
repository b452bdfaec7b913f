package secureboot

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"mote/fs/image/pe"
	"mote/size/installed"
)

// stub is the distribution's EFI program that tests sign.
const stub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"

func readStub(t *testing.T) []byte {
	t.Helper()
	return installed.Read(t, stub)
}

func newSigner(t testing.TB, name string) Signer {
	t.Helper()
	s, err := NewSigner(name, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 10)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sbverify asks the distribution's own verifier.
func sbverify(t *testing.T, program []byte, c *x509.Certificate) ([]byte, error) {
	t.Helper()
	tool := installed.Program(t, "sbverify")
	dir := t.TempDir()
	file, cert := filepath.Join(dir, "x.efi"), filepath.Join(dir, "x.crt")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	if os.WriteFile(file, program, 0o600) != nil || os.WriteFile(cert, text, 0o600) != nil {
		t.Fatal("cannot write")
	}
	return exec.CommandContext(t.Context(), tool, "--cert", cert, file).CombinedOutput()
}

func TestSbverifyTakesASignedProgram(t *testing.T) {
	s, other := newSigner(t, "db"), newSigner(t, "other")
	file, err := pe.Parse(readStub(t))
	if err != nil {
		t.Fatal(err)
	}
	longer, err := file.WithSections([]pe.Section{{Name: ".cmdline", Data: []byte("quiet")}})
	if err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string][]byte{"as it comes": readStub(t), "with a section": longer} {
		signed, err := SignProgram(program, s)
		if err != nil {
			t.Fatal(err)
		}
		if said, err := sbverify(t, signed, s.Certificate); err != nil {
			t.Errorf("%s: %v: %s", name, err, said)
		}
		if said, err := sbverify(t, signed, other.Certificate); err == nil {
			t.Errorf("%s: another key's was taken: %s", name, said)
		}
		again, err := SignProgram(signed, s)
		if err != nil || !bytes.Equal(again, signed) {
			t.Errorf("%s: signed anew it has other bytes (%v)", name, err)
		}
		signed[len(program)/2] ^= 1
		if said, err := sbverify(t, signed, s.Certificate); err == nil {
			t.Errorf("%s: a changed one was taken: %s", name, said)
		}
	}
}
