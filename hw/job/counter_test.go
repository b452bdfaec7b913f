package job

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"mote/hw/tpm"
)

const testIndex = 0x01800042

// TestCounterIsWhatToolsRead defines and raises a counter, which tpm2-tools read and
// raise too.
func TestCounterIsWhatToolsRead(t *testing.T) {
	s := startTPM(t)
	s.use(func(b *bus) {
		if _, err := ReadCounter(b, testIndex); !errors.Is(err, tpm.ErrNotDefined) {
			t.Errorf("before it is defined: %v", err)
		}
		first, err := DefineCounter(b, testIndex)
		first = must(t, first, err)
		if _, err := DefineCounter(b, testIndex); err == nil || !strings.Contains(err.Error(), "TPM_RC_NV_DEFINED") {
			t.Errorf("defined twice: %v", err)
		}
		for want := first + 1; want < first+4; want++ {
			if got, err := StepCounter(b, testIndex); err != nil || got != want {
				t.Errorf("%d, want %d; %v", got, want, err)
			}
		}
		if got, err := ReadCounter(b, testIndex); err != nil || got != first+3 {
			t.Errorf("%d, want %d; %v", got, first+3, err)
		}
		if _, err := DefineCounter(b, 0x01c00002); err == nil {
			t.Error("an index of the TPM's maker was taken")
		}
	})
	s.tool("tpm2_nvread", "-C", "o", "-s", "8", "-o", "value", "0x1800042")
	value := binary.BigEndian.Uint64(s.read("value"))
	s.tool("tpm2_nvincrement", "-C", "o", "0x1800042")
	s.use(func(b *bus) {
		if got, err := ReadCounter(b, testIndex); err != nil || got != value+1 {
			t.Errorf("%d, the tool read %d and raised it; %v", got, value, err)
		}
	})
	// One that is removed and defined anew never goes back.
	s.tool("tpm2_nvundefine", "-C", "o", "0x1800042")
	s.use(func(b *bus) {
		if got, err := DefineCounter(b, testIndex); err != nil || got <= value+1 {
			t.Errorf("%d after a removal at %d; %v", got, value+1, err)
		}
	})
	s.tool("tpm2_nvdefine", "0x1800043", "-C", "o", "-s", "8", "-a", "authread|authwrite|ownerread")
	s.use(func(b *bus) {
		if _, err := StepCounter(b, testIndex+1); err == nil || !strings.Contains(err.Error(), "no counter") {
			t.Errorf("an index of another kind was raised: %v", err)
		}
	})
}

// TestLockoutIsSaidOnce guesses a foreign password until the TPM refuses all guesses:
// each refusal has its name, none is asked again, and what has no password goes on.
func TestLockoutIsSaidOnce(t *testing.T) {
	s := startTPM(t)
	s.tool("tpm2_dictionarylockout", "-s", "-n", "2", "-t", "1000", "-l", "1000")
	s.tool("tpm2_nvdefine", "0x1800044", "-C", "o", "-s", "8", "-a", "authread|authwrite", "-p", "foreign")
	s.use(func(b *bus) {
		guess := func() (asked int, err error) {
			u, err := useTPM(b)
			u = must(t, u, err)
			i, err := u.index(testIndex + 2)
			i = must(t, i, err)
			asked = -len(b.sent)
			_, err = u.call(tpm.ReadNV(i))
			asked += len(b.sent)
			if closing := u.close(); closing != nil {
				t.Error(closing)
			}
			return asked, err
		}
		for range 2 {
			// The first is asked again, by TPM_RC_RETRY.
			if _, err := guess(); !errors.Is(err, tpm.ErrAuth) || !strings.Contains(err.Error(), "TPM_RC_AUTH_FAIL (session 1)") {
				t.Errorf("a wrong guess: %v", err)
			}
		}
		if asked, err := guess(); asked != 1 || !errors.Is(err, tpm.ErrLockout) || !strings.Contains(err.Error(), "recovery time") {
			t.Errorf("locked out: asked %d times, %v", asked, err)
		}
		sealed, err := Seal(b, 1<<11, secret)
		if err == nil {
			_, err = Unseal(b, sealed)
		}
		if err != nil {
			t.Errorf("a secret without a password is locked out too: %v", err)
		}
	})
	p := probe(map[string]string{"sys/class/tpm/tpm0/tpm_version_major": "2"})
	s.use(func(b *bus) {
		p.OpenTPM = func(string) (TPMDevice, error) { return unclosed{b}, nil }
		i := p.Inventory(t.Context())
		if len(i.Errors) > 0 || len(i.TPMs) != 1 {
			t.Fatalf("%+v", i)
		}
		if got := i.TPMs[0]; !got.LockedOut || got.LockoutCounter != 2 || got.LockoutMax != 2 || got.LockoutForgiveSec != 1000 {
			t.Errorf("%+v", got)
		}
	})
}

// unclosed leaves closing to who opened.
type unclosed struct{ *bus }

func (unclosed) Close() error { return nil }

// TestQuoteBothWays: tpm2-tools check our quote, we check theirs.
func TestQuoteBothWays(t *testing.T) {
	s := startTPM(t)
	nonce := []byte("asked just now")
	s.tool("tpm2_pcrextend", "11:sha256="+strings.Repeat("5a", 32))
	var q Quote
	s.use(func(b *bus) {
		var err error
		q, err = TakeQuote(b, 1<<7|1<<11, nonce)
		q = must(t, q, err)
	})
	key, err := tpm.ParsePrimary(tpm.QuoteKey(), q.Key)
	key = must(t, key, err)
	s.file("key.pem", publicPEM(t, key.Key()))
	s.file("message", q.Message)
	s.file("signature", q.Signature)
	var values []byte
	for _, n := range []string{"7", "11"} {
		b, err := hex.DecodeString(q.PCRs[n])
		values = append(values, must(t, b, err)...)
	}
	s.file("values", values)
	check := []string{"-u", "key.pem", "-m", "message", "-s", "signature", "-f", "values", "-F", "values", "-l", "sha256:7,11", "-g", "sha256", "-q"}
	s.tool("tpm2_checkquote", append(check, hex.EncodeToString(nonce))...)
	if said, err := s.try("tpm2_checkquote", append(check, "00")...); err == nil {
		t.Errorf("the tool takes any nonce: %s", said)
	}
	s.tool("tpm2_createprimary", "-C", "e", "-G", "ecc256:ecdsa-sha256:null", "-c", "ak.ctx",
		"-a", "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign")
	s.tool("tpm2_quote", "-c", "ak.ctx", "-l", "sha256:7,11", "-q", hex.EncodeToString(nonce), "-m", "theirs", "-s", "their.sig")
	pcrs := map[int][tpm.DigestBytes]byte{7: [32]byte(values), 11: [32]byte(values[32:])}
	theirs, sig := s.read("theirs"), s.read("their.sig")
	got, err := tpm.VerifyQuote(key.Key(), theirs, sig, nonce, pcrs)
	if err != nil || got.PCRs != 1<<7|1<<11 || got.ClockMsec == 0 {
		t.Errorf("their quote, by the key of our template: %+v, %v", got, err)
	}
	for what, refuse := range map[string]func() error{
		"another nonce": func() error {
			_, err := tpm.VerifyQuote(key.Key(), theirs, sig, []byte("asked before"), pcrs)
			return err
		},
		"another value": func() error {
			_, err := tpm.VerifyQuote(key.Key(), theirs, sig, nonce, map[int][tpm.DigestBytes]byte{7: {1}, 11: pcrs[11]})
			return err
		},
		"a missing value": func() error {
			_, err := tpm.VerifyQuote(key.Key(), theirs, sig, nonce, map[int][tpm.DigestBytes]byte{7: pcrs[7]})
			return err
		},
		"a changed message": func() error {
			theirs[len(theirs)-1] ^= 1
			_, err := tpm.VerifyQuote(key.Key(), theirs, sig, nonce, pcrs)
			return err
		},
	} {
		if err := refuse(); err == nil {
			t.Errorf("%s was taken", what)
		}
	}
}
