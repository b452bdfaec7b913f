package uki

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/fs/image/pe"
	"mote/size/installed"
)

// softTPM starts a TPM without a machine, and gives a way to run tpm2-tools on it.
func softTPM(t *testing.T) func(name string, args ...string) string {
	t.Helper()
	for _, name := range []string{"swtpm", "tpm2_pcrread"} {
		installed.Program(t, name)
	}
	dir := t.TempDir()
	socket := filepath.Join(dir, "s")
	c := exec.CommandContext(t.Context(), "swtpm", "socket", "--tpm2", "--flags", "not-need-init,startup-clear",
		"--tpmstate", "dir="+dir, "--server", "type=unixio,path="+socket, "--ctrl", "type=unixio,path="+socket+".ctrl")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		// The socket for commands is made last.
		if _, err := os.Stat(socket); err == nil {
			if conn, err := net.Dial("unix", socket+".ctrl"); err == nil {
				conn.Close()
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("swtpm made no socket")
		}
	}
	return func(name string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), name, args...)
		c.Dir = dir
		c.Env = append(os.Environ(), "TPM2TOOLS_TCTI=swtpm:path="+socket)
		said, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, said)
		}
		return string(said)
	}
}

// TestPolicyOnATPM lets a TPM go the stub's way, reads the register by tpm2-tools,
// and has it make the policy and check the signature.
func TestPolicyOnATPM(t *testing.T) {
	stub := installed.Read(t, "/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
	tool := softTPM(t)
	image, err := Build(Spec{Stub: stub, Kernel: kernel("6.12.1 x\x00"), Words: []string{"quiet"}, Name: "Mote", Profile: "edge", Version: "1.2"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := pe.Parse(image)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".linux", ".osrel", ".cmdline"} {
		for _, b := range [][]byte{[]byte(name + "\x00"), f.Section(name)} {
			tool("tpm2_pcrextend", "11:sha256="+hex.EncodeToString(sum(b)))
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text, err := SignedPolicies(image, key)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := SignedPolicies(image, key)
	if string(text) != string(again) {
		t.Error("the same image and key give other bytes")
	}
	var p struct {
		PCR11  string   `json:"pcr11"`
		SHA256 []Policy `json:"sha256"`
	}
	if err := json.Unmarshal(text, &p); err != nil || len(p.SHA256) != 1 {
		t.Fatalf("%v: %s", err, text)
	}
	if said := tool("tpm2_pcrread", "sha256:11"); !strings.Contains(said, "0x"+strings.ToUpper(p.PCR11)) {
		t.Errorf("predicted %s, the TPM has %s", p.PCR11, said)
	}
	if said := tool("tpm2_createpolicy", "--policy-pcr", "-l", "sha256:11", "-L", "policy"); strings.TrimSpace(said) != p.SHA256[0].Digest {
		t.Errorf("policy %s, the TPM makes %s", p.SHA256[0].Digest, said)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(sum(der)); p.SHA256[0].KeySum != want {
		t.Errorf("key %s, want %s", p.SHA256[0].KeySum, want)
	}
	dir := t.TempDir()
	for name, b := range map[string][]byte{"sig": p.SHA256[0].Signature, "pub.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tool("tpm2_loadexternal", "-G", "rsa", "-C", "o", "-u", filepath.Join(dir, "pub.pem"), "-c", "key.ctx")
	tool("tpm2_verifysignature", "-c", "key.ctx", "-g", "sha256", "-m", "policy", "-s", filepath.Join(dir, "sig"), "-f", "rsassa")
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}
