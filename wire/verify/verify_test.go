package verify

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"math/rand/v2"
	"testing"
	"time"
)

// The standard library is the oracle, for any length and any cut into pieces.
func TestSumAgainstTheLibrary(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for size := range 1000 {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		h := newHash()
		for rest := b; len(rest) > 0; {
			n := 1 + r.IntN(len(rest))
			h.write(rest[:n])
			rest = rest[n:]
		}
		if h.sum() != sha512.Sum512(b) {
			t.Fatalf("%d bytes", size)
		}
	}
}

// RFC 8032 section 7.1, tests 1 to 3.
func TestVectors(t *testing.T) {
	for _, c := range []struct{ key, message, signature string }{
		{"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
		{"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
		{"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
			"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
	} {
		var key [KeySize]byte
		var signature [SignatureSize]byte
		message, err := hex.DecodeString(c.message)
		if err != nil {
			t.Fatal(err)
		}
		hex.Decode(key[:], []byte(c.key))
		hex.Decode(signature[:], []byte(c.signature))
		if !Ed25519(&key, &signature, message) {
			t.Errorf("%s is refused", c.key)
		}
		signature[0] ^= 1
		if Ed25519(&key, &signature, message) {
			t.Errorf("%s: another signature is taken", c.key)
		}
	}
}

// order is the group's, little endian: S plus it is the same scalar, and no
// canonical one.
var order = [32]byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}

// agree compares with the library, whatever the bytes are.
func agree(t *testing.T, key [KeySize]byte, signature [SignatureSize]byte, message []byte) bool {
	t.Helper()
	want := ed25519.Verify(key[:], message, signature[:])
	half := len(message) / 2
	if got := Ed25519(&key, &signature, message[:half], message[half:]); got != want {
		t.Errorf("key %x, message %x, signature %x: %v, want %v", key, message, signature, got, want)
	}
	return want
}

// Good ones, every bit of one changed, an S that is not canonical, keys of small
// order and those that are no point: all as the library judges them.
func TestAgainstTheLibrary(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	var key [KeySize]byte
	var signature [SignatureSize]byte
	copy(key[:], private.Public().(ed25519.PublicKey))
	message := make([]byte, 300)
	for i := range message {
		message[i] = byte(r.Uint32())
	}
	copy(signature[:], ed25519.Sign(private, message))
	if !agree(t, key, signature, message) {
		t.Fatal("the library refuses its own")
	}
	for bit := range 8 * SignatureSize {
		other := signature
		other[bit/8] ^= 1 << (bit % 8)
		agree(t, key, other, message)
	}
	malleable, carry := signature, 0
	for i, v := range order {
		carry += int(signature[32+i]) + int(v)
		malleable[32+i], carry = byte(carry), carry>>8
	}
	if agree(t, key, malleable, message) {
		t.Error("the library takes an S past the order")
	}
	for range 200 {
		var odd [KeySize]byte
		for i := range odd {
			odd[i] = byte(r.Uint32()) & byte(-(r.IntN(2)))
		}
		agree(t, odd, signature, message)
		agree(t, odd, [SignatureSize]byte{0: 1}, message) // R is the identity, S zero
	}
	for _, small := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000080", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		hex.Decode(key[:], []byte(small))
		agree(t, key, [SignatureSize]byte{0: 1}, message)
	}
}

func FuzzEd25519(f *testing.F) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	f.Add([]byte(private.Public().(ed25519.PublicKey)), ed25519.Sign(private, []byte("x")), []byte("x"))
	f.Fuzz(func(t *testing.T, key, signature, message []byte) {
		if len(key) == KeySize && len(signature) == SignatureSize {
			agree(t, [KeySize]byte(key), [SignatureSize]byte(signature), message)
		}
	})
}
