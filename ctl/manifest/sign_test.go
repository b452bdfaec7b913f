package manifest

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"reflect"
	"testing"

	"mote/wire"
)

// operator makes a key of its own for each letter.
func operator(letter byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{letter}, ed25519.SeedSize))
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func TestSignAndVerify(t *testing.T) {
	m := read(t, "mote: v1\nnode: edge-7\nservices: {a: {exec: [/a]}}\n")
	compiled, err := wire.AppendManifest(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	bad, err := wire.AppendManifest(nil, &wire.Manifest{Node: "edge_7"})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(k ed25519.PrivateKey, generation uint64, machine string, compiled []byte) []byte {
		b, err := Sign(k, generation, machine, compiled)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	good := sign(operator('a'), 7, "", compiled)
	wants := Wants{Trusted: []ed25519.PublicKey{public(operator('b')), public(operator('a'))}, Newest: 6}
	v, err := Verify(good, wants)
	if err != nil || v.Generation != 7 || !v.Key.Equal(public(operator('a'))) || !reflect.DeepEqual(v.Read, m) {
		t.Fatalf("%+v, %v", v, err)
	}
	here := wants
	here.Machine = "u-1"
	if _, err := Verify(sign(operator('a'), 7, "u-1", compiled), here); err != nil {
		t.Error(err)
	}
	// A signature over the same bytes without the context is for something else.
	var other wire.Envelope
	if err := wire.DecodeEnvelope(good, &other); err != nil {
		t.Fatal(err)
	}
	copy(other.Signature[:], ed25519.Sign(operator('a'), other.Signed))
	plain, err := wire.AppendEnvelope(nil, &other)
	if err != nil {
		t.Fatal(err)
	}
	newest := wants
	newest.Newest = 7
	for name, c := range map[string]struct {
		b     []byte
		wants Wants
		want  error
	}{
		"nobody trusted":    {good, Wants{}, ErrKey},
		"another's":         {sign(operator('c'), 7, "", compiled), wants, ErrKey},
		"without context":   {plain, wants, ErrSignature},
		"the same again":    {good, newest, ErrOld},
		"another machine's": {sign(operator('a'), 7, "u-1", compiled), wants, ErrMachine},
		"problems":          {sign(operator('a'), 7, "", bad), wants, ErrManifest},
		"no manifest":       {sign(operator('a'), 7, "", []byte{0x01}), wants, ErrManifest},
		"the bare manifest": {compiled, wants, ErrForm},
		"nothing":           {nil, wants, ErrForm},
		"too large":         {make([]byte, wire.EnvelopeSizeMax+1), wants, ErrForm},
	} {
		if _, err := Verify(c.b, c.wants); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	// No bit of it can be changed.
	for i := range good {
		for bit := range 8 {
			changed := bytes.Clone(good)
			changed[i] ^= 1 << bit
			if _, err := Verify(changed, wants); err == nil {
				t.Fatalf("bit %d of byte %d counts for nothing", bit, i)
			}
		}
	}
}
