package tpm

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
)

// TestCFBAsTheLibrarys compares lengths around the block's with the library's.
func TestCFBAsTheLibrarys(t *testing.T) {
	keyIV := []byte("0123456789abcdefFEDCBA9876543210")
	for n := range 70 {
		plain := bytes.Repeat([]byte{0xa5}, n)
		got := clone(plain)
		cfb(keyIV, got, true)
		block, err := aes.NewCipher(keyIV[:16])
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, n)
		cipher.NewCFBEncrypter(block, keyIV[16:]).XORKeyStream(want, plain) //nolint:staticcheck // the oracle
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: %x, want %x", n, got, want)
		}
		if cfb(keyIV, got, false); !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes come back as %x", n, got)
		}
	}
}

// peer is the TPM's end of a session, for answers that a session takes.
func peer(s *Session, c Call, params []byte) []byte {
	fresh, attributes := bytes.Repeat([]byte{7}, nonceBytes), byte(sessionContinue)
	params = clone(params)
	if c.answerSized {
		attributes |= sessionEncrypt
		cfb(s.parameterKey(fresh, s.caller), params[2:], true)
	}
	hash := sha256.New()
	hash.Write(be.AppendUint32(words(0), c.code))
	hash.Write(params)
	h := hmac.New(sha256.New, s.key)
	for _, part := range [][]byte{hash.Sum(nil), fresh, s.caller, {attributes}} {
		h.Write(part)
	}
	body := append(be.AppendUint32(nil, uint32(len(params))), params...)
	body = appendSized(append(appendSized(body, fresh), attributes), h.Sum(nil))
	b := answer(0, body...)
	be.PutUint16(b, tagSessions)
	return b
}

func testSession() *Session {
	return &Session{Handle: 0x03000000, key: bytes.Repeat([]byte{1}, 32), caller: bytes.Repeat([]byte{2}, 16), tpm: bytes.Repeat([]byte{3}, 16)}
}

func TestSessionAnswers(t *testing.T) {
	s, c := testSession(), Unseal(0x80000001, []byte("area"))
	s.Command(c)
	good := peer(s, c, []byte{0, 3, 'a', 'b', 'c'})
	if bytes.Contains(good, []byte("abc")) {
		t.Error("the answer has the secret in clear")
	}
	for at := 10; at < len(good); at++ {
		bad := clone(good)
		bad[at] ^= 1
		if _, err := s.Open(c, bad); err == nil {
			t.Errorf("byte %d was changed, and it was taken", at)
		}
	}
	if _, err := s.Open(c, bytes.Replace(good, be.AppendUint16(nil, tagSessions), be.AppendUint16(nil, tagNoSessions), 1)); err == nil {
		t.Error("an answer without a session was taken")
	}
	a, err := s.Open(c, good)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeSecret(a); err != nil || string(got) != "abc" {
		t.Errorf("%q, %v", got, err)
	}
	// The same answer again: its nonce is used.
	s.Command(c)
	if _, err := s.Open(c, good); !errors.Is(err, ErrForeign) {
		t.Errorf("an old answer: %v", err)
	}
}

// TestSecretIsNotInTheCommand: sealed in a session it is not there, with a password
// it is.
func TestSecretIsNotInTheCommand(t *testing.T) {
	secret := []byte("nobody may read this")
	c, err := Seal(Primary{Handle: 0x80000000, Name: []byte{1}}, [DigestBytes]byte{}, secret)
	if err != nil {
		t.Fatal(err)
	}
	if b := testSession().Command(c).Bytes; bytes.Contains(b, secret[:4]) {
		t.Errorf("%x", b)
	}
	if b := c.Password().Bytes; !bytes.Contains(b, secret) {
		t.Errorf("%x", b)
	}
}

// TestCodes holds the table to its order, and each row to saying what next.
func TestCodes(t *testing.T) {
	for i, c := range codes {
		if i > 0 && c.number <= codes[i-1].number {
			t.Errorf("%s stands behind %s", c.name, codes[i-1].name)
		}
		if !strings.HasPrefix(c.name, "TPM_RC_") || len(c.next) < 5 {
			t.Errorf("%+v", c)
		}
	}
	for _, tc := range []struct {
		code uint32
		want string
		is   error
	}{
		{0x921, "tpm: x: TPM_RC_LOCKOUT; too many wrong passwords", ErrLockout},
		{0x99d, "tpm: x: TPM_RC_POLICY_FAIL (session 1); the PCRs", ErrPolicy},
		{0x128, "tpm: x: TPM_RC_PCR_CHANGED; a PCR was extended", ErrPCRChanged},
		{0x98e, "tpm: x: TPM_RC_AUTH_FAIL (session 1); the password is wrong", ErrAuth},
		{0x18b, "tpm: x: TPM_RC_HANDLE (handle 1); nothing is there", ErrNotDefined},
		{0x1df, "tpm: x: TPM_RC_INTEGRITY (parameter 1); it was sealed by another", nil},
		{0x2c4, "tpm: x: TPM_RC_VALUE (parameter 2); report it", nil},
		{0x14b, "tpm: x: TPM_RC_NV_SPACE; its memory is full", nil},
		{0x7ff, "tpm: x: response code 0x7ff (parameter 7); see TCG", nil},
	} {
		err := CodeError{"x", tc.code}
		if !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%#x: %s", tc.code, err)
		}
		for _, target := range []error{ErrLockout, ErrPolicy, ErrPCRChanged, ErrAuth, ErrNotDefined} {
			if errors.Is(err, target) != (target == tc.is) {
				t.Errorf("%#x is %v", tc.code, target)
			}
		}
	}
}

// FuzzSessionAnswers reads anything as the answer to each call; without the key
// nothing is taken.
func FuzzSessionAnswers(f *testing.F) {
	s, c := testSession(), Unseal(1, nil)
	f.Add(peer(s, c, []byte{0, 1, 2}))
	f.Add(answer(0, words(0x80000000, 0)...))
	f.Add(append(be.AppendUint32(nil, attestMagic), 0x80, 0x18))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > AnswerBytesMax {
			t.Skip()
		}
		key := StorageKey()
		for _, c := range []Call{CreatePrimary(key), Load(Primary{}, nil, nil), c, Increment(Index{}), ReadNV(Index{})} {
			if _, err := (&Session{key: []byte("another")}).Open(c, b); err == nil {
				t.Errorf("%s: taken without the key", c.What())
			}
			a, err := c.OpenPassword(b)
			if err != nil {
				continue
			}
			_, _ = key.Primary(a)
			_, _, _ = DecodeSealed(a, [DigestBytes]byte{})
			_ = Loaded(a, nil)
			_, _ = DecodeSecret(a)
			_, _ = DecodeCounter(a)
			_, _, _ = DecodeQuote(a)
		}
		_, _ = SessionStart{}.Open(b)
		_, _ = DecodeIndex(b)
		_, _ = DecodePolicyDigest(b)
		_, _ = SealedPolicy(b)
		_, _ = ParsePrimary(key, append(clone(key.public), b...))
		if q, err := DecodeQuoted(b); err == nil && q.PCRs&^All != 0 {
			t.Errorf("PCRs %x", q.PCRs)
		}
	})
}
