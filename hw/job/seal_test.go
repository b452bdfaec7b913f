package job

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"

	"mote/hw/tpm"
)

// Command codes that tests wait for.
const (
	codeUnseal = 0x15e
)

var secret = []byte("a key that nobody else may have!")

// must fails the test on an error.
func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSealedSecretNeverPassesInClear listens on the bus while a secret is sealed and
// unsealed; a command without a session is what would be heard.
func TestSealedSecretNeverPassesInClear(t *testing.T) {
	s := startTPM(t)
	s.use(func(b *bus) {
		sealed, err := Seal(b, 1<<7|1<<11, secret)
		sealed = must(t, sealed, err)
		got, err := Unseal(b, sealed)
		if err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("%q, %v", got, err)
		}
		if b.hears(secret) {
			t.Error("the secret passed in clear")
		}
		if len(b.heard) < 1000 {
			t.Errorf("only %d bytes were heard", len(b.heard))
		}
	})
	// And that this listener would hear it:
	s.use(func(b *bus) {
		u, err := useTPM(b)
		u = must(t, u, err)
		c, err := tpm.Seal(u.storage, [tpm.DigestBytes]byte{}, secret)
		c = must(t, c, err)
		if _, err := b.Exchange(c.Password().Bytes); err != nil || !b.hears(secret) {
			t.Errorf("a secret in clear was not heard: %v", err)
		}
		if err := u.close(); err != nil {
			t.Error(err)
		}
	})
	if left := s.tool("tpm2_getcap", "handles-transient") + s.tool("tpm2_getcap", "handles-loaded-session"); strings.Contains(left, "0x") {
		t.Errorf("left in the TPM: %s", left)
	}
}

// TestToolsUnsealWhatWeSeal: our key is the tools' key, our policy their policy.
func TestToolsUnsealWhatWeSeal(t *testing.T) {
	s := startTPM(t)
	var sealed Sealed
	s.use(func(b *bus) {
		var err error
		sealed, err = Seal(b, 1<<7|1<<11, secret)
		sealed = must(t, sealed, err)
	})
	toolPrimary(s)
	if name := s.read("primary.name"); !bytes.Equal(name, sealed.Storage) {
		t.Fatalf("the tools' storage key is %x, ours %x", name, sealed.Storage)
	}
	policy := s.tool("tpm2_createpolicy", "--policy-pcr", "-l", "sha256:7,11", "-L", "policy")
	ours, err := tpm.SealedPolicy(sealed.Public)
	if err != nil || policy != hex.EncodeToString(ours[:]) {
		t.Errorf("policy %x, the TPM makes %s; %v", ours, policy, err)
	}
	s.file("seal.pub", sizedBytes(sealed.Public))
	s.file("seal.priv", sizedBytes(sealed.Private))
	s.tool("tpm2_load", "-C", "primary.ctx", "-u", "seal.pub", "-r", "seal.priv", "-c", "seal.ctx")
	if got := s.tool("tpm2_unseal", "-c", "seal.ctx", "-p", "pcr:sha256:7,11"); got != string(secret) {
		t.Errorf("the tool unsealed %q", got)
	}
	if said, err := s.try("tpm2_unseal", "-c", "seal.ctx"); err == nil {
		t.Errorf("it opens without the policy: %q", said)
	}
}

// TestWeUnsealWhatToolsSeal is the other way round.
func TestWeUnsealWhatToolsSeal(t *testing.T) {
	s := startTPM(t)
	toolPrimary(s)
	s.tool("tpm2_createpolicy", "--policy-pcr", "-l", "sha256:0,7", "-L", "policy")
	s.file("secret", secret)
	s.tool("tpm2_create", "-C", "primary.ctx", "-L", "policy", "-i", "secret", "-u", "seal.pub", "-r", "seal.priv", "-a", "fixedtpm|fixedparent")
	sealed := Sealed{Version: SealedVersion, Storage: s.read("primary.name"), Public: s.read("seal.pub")[2:], Private: s.read("seal.priv")[2:],
		PCRs: map[string]string{"0": strings.Repeat("00", 32), "7": strings.Repeat("00", 32)}}
	s.use(func(b *bus) {
		got, err := Unseal(b, sealed)
		if err != nil || !bytes.Equal(got, secret) || b.hears(secret) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// toolPrimary has the tools make our storage key.
func toolPrimary(s softTPM) {
	s.t.Helper()
	s.tool("tpm2_createprimary", "-C", "o", "-g", "sha256", "-G", "ecc256:aes128cfb", "-c", "primary.ctx",
		"-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt")
	s.tool("tpm2_readpublic", "-c", "primary.ctx", "-n", "primary.name")
	s.tool("tpm2_flushcontext", "-t")
}

// sizedBytes is b as a TPM2B.
func sizedBytes(b []byte) []byte { return append([]byte{byte(len(b) >> 8), byte(len(b))}, b...) }

func TestUnsealTroubles(t *testing.T) {
	s := startTPM(t)
	var sealed Sealed
	s.use(func(b *bus) {
		var err error
		sealed, err = Seal(b, 1<<7|1<<11, secret)
		sealed = must(t, sealed, err)
		// A PCR that it is not sealed to changes between the policy and its use.
		extend := func(pcr uint32) func(uint32) {
			done := false
			return func(code uint32) {
				if code != codeUnseal || done {
					return
				}
				done = true
				if answer, err := b.Exchange(tpm.ExtendPCR(pcr, [32]byte{1}).Bytes); err != nil || tpm.DecodeDone("extend", answer) != nil {
					t.Errorf("extend: %v", err)
				}
			}
		}
		b.before = extend(8)
		if got, err := Unseal(b, sealed); err != nil || !bytes.Equal(got, secret) {
			t.Errorf("PCR 8 changed meanwhile: %q, %v", got, err)
		}
		// One that it is sealed to.
		b.before = extend(11)
		if got, err := Unseal(b, sealed); !errors.Is(err, tpm.ErrPolicy) || got != nil || !strings.Contains(err.Error(), "a PCR changed just now") {
			t.Errorf("PCR 11 changed meanwhile: %q, %v", got, err)
		}
		b.before = nil
		if got, err := Unseal(b, sealed); !errors.Is(err, tpm.ErrPolicy) || got != nil || !strings.Contains(err.Error(), "PCR 11 changed since it was sealed") {
			t.Errorf("PCR 11 changed: %q, %v", got, err)
		}
		if _, err := Seal(b, 0, secret); err == nil {
			t.Error("sealed to no PCR")
		}
		if _, err := Seal(b, 1, make([]byte, tpm.SecretBytesMax+1)); err == nil {
			t.Error("a secret too long was sealed")
		}
	})
	damaged := sealed
	damaged.Private = bytes.Clone(sealed.Private)
	damaged.Private[len(damaged.Private)-1] ^= 1
	again := startTPM(t)
	again.use(func(b *bus) {
		if _, err := Unseal(b, sealed); err == nil || !strings.Contains(err.Error(), "another TPM") {
			t.Errorf("on another TPM: %v", err)
		}
		mine, err := Seal(b, 1<<7|1<<11, secret)
		mine = must(t, mine, err)
		damaged.Storage = mine.Storage
		if _, err := Unseal(b, damaged); err == nil || !strings.Contains(err.Error(), "TPM_RC_INTEGRITY") {
			t.Errorf("damaged: %v", err)
		}
	})
}

// TestMeddlingIsFoundOut changes the TPM's answers one byte at a time, as something
// between could.
func TestMeddlingIsFoundOut(t *testing.T) {
	s := startTPM(t)
	s.use(func(b *bus) {
		sealed, err := Seal(b, 1<<11, secret)
		sealed = must(t, sealed, err)
		for at := 14; at < 14+2+len(secret); at += 5 {
			b.after = func(code uint32, answer []byte) {
				if code == codeUnseal && at != 14 && at != 15 {
					answer[at] ^= 0x20
				}
				if code == codeUnseal && at == 14 {
					answer[at+3] ^= 1
				}
			}
			if got, err := Unseal(b, sealed); !errors.Is(err, tpm.ErrForeign) || got != nil {
				t.Errorf("byte %d: %q, %v", at, got, err)
			}
		}
	})
}

func TestNoTPM(t *testing.T) {
	if _, err := OpenTPM(t.TempDir() + "/tpmrm0"); !errors.Is(err, ErrNoTPM) {
		t.Errorf("%v", err)
	}
	if _, err := OpenTPM("/proc/self/mem/x"); err == nil || errors.Is(err, ErrNoTPM) || errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// publicPEM is a public key as tools take it.
func publicPEM(t *testing.T, key *ecdsa.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(t, der, err)})
}
