package wire

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// signed and sealed are examples: the keys are no keys.
func signed(t testing.TB, machine string) ([]byte, SignedManifest) {
	t.Helper()
	manifest, err := AppendManifest(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	s := SignedManifest{Generation: 7, Manifest: manifest, Machine: machine}
	b, err := AppendSigned([]byte{9}, &s)
	if err != nil {
		t.Fatal(err)
	}
	return b[1:], s
}

func sealed(t testing.TB) ([]byte, Envelope) {
	t.Helper()
	b, _ := signed(t, "")
	v := Envelope{Signed: b}
	v.Key[31], v.Signature[0] = 1, 2
	out, err := AppendEnvelope([]byte{9}, &v)
	if err != nil {
		t.Fatal(err)
	}
	return out[1:], v
}

func TestEnvelopesComeBackAsTheyWent(t *testing.T) {
	dec, enc := strictest(t)
	for _, machine := range []string{"", "4c4c4544-0042-4810-8056-b4c04f4d3132"} {
		b, s := signed(t, machine)
		var got SignedManifest
		if err := DecodeSigned(b, &got); err != nil || !reflect.DeepEqual(got, s) {
			t.Errorf("%+v came back as %+v, %v", s, got, err)
		}
		if !oracle(dec, enc, b) {
			t.Errorf("%x is not deterministic", b)
		}
	}
	b, v := sealed(t)
	var got Envelope
	if err := DecodeEnvelope(b, &got); err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%+v came back as %+v, %v", v, got, err)
	}
	if !oracle(dec, enc, b) {
		t.Errorf("%x is not deterministic", b)
	}
}

func TestEnvelopesRefused(t *testing.T) {
	key, signature := "5820"+strings.Repeat("00", 32), "5840"+strings.Repeat("00", 64)
	for _, c := range []struct {
		name, hex string
		reason    Reason
	}{
		{"empty", "a0", RefusedKeyMissing},
		{"no signature", "a2 0041a0 01" + key, RefusedKeyMissing},
		{"nothing signed", "a3 0040 01" + key + "02" + signature, RefusedZero},
		{"short key", "a3 0041a0 014101 02" + signature, RefusedRange},
		{"long key", "a3 0041a0 015821" + strings.Repeat("00", 33) + "02" + signature, RefusedTooLong},
		{"another key", "a4 0041a0 01" + key + "02" + signature + "0300", RefusedKeyUnknown},
		{"trailing", "a3 0041a0 01" + key + "02" + signature + "00", RefusedTrailing},
	} {
		var v Envelope
		var r Refusal
		if err := DecodeEnvelope(unhex(t, c.hex), &v); !errors.As(err, &r) || r.Reason != c.reason {
			t.Errorf("%s: %v, want %v", c.name, err, c.reason)
		}
	}
	for _, c := range []struct {
		name, hex string
		reason    Reason
	}{
		{"empty", "a0", RefusedKeyMissing},
		{"no form", "a2 0107 02a0", RefusedKeyMissing},
		{"no generation", "a2 0001 02a0", RefusedKeyMissing},
		{"no manifest", "a2 0001 0107", RefusedKeyMissing},
		{"form 2", "a3 0002 0107 02a0", RefusedRange},
		{"generation 0", "a3 0001 0100 02a0", RefusedZero},
		{"manifest with a float", "a3 0001 0107 02f97e00", RefusedFloat},
		{"empty machine", "a4 0001 0107 02a0 0360", RefusedZero},
		{"another key", "a4 0001 0107 02a0 0400", RefusedKeyUnknown},
	} {
		var s SignedManifest
		var r Refusal
		if err := DecodeSigned(unhex(t, c.hex), &s); !errors.As(err, &r) || r.Reason != c.reason {
			t.Errorf("%s: %v, want %v", c.name, err, c.reason)
		}
	}
	if _, err := AppendSigned(nil, &SignedManifest{Generation: 1, Manifest: []byte{0xff}}); err == nil {
		t.Error("signed what is no CBOR")
	}
	if _, err := AppendSigned(nil, &SignedManifest{Manifest: []byte{0xa0}}); err == nil {
		t.Error("signed generation 0")
	}
	if _, err := AppendEnvelope(nil, &Envelope{}); err == nil {
		t.Error("sealed nothing")
	}
}

// What is read as an envelope is written as the same bytes again.
func FuzzEnvelope(f *testing.F) {
	b, _ := sealed(f)
	f.Add(b)
	b, _ = signed(f, "x")
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var v Envelope
		if DecodeEnvelope(b, &v) == nil {
			if again, err := AppendEnvelope(nil, &v); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%x came back as %x, %v", b, again, err)
			}
		}
		var s SignedManifest
		if DecodeSigned(b, &s) == nil {
			if again, err := AppendSigned(nil, &s); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%x came back as %x, %v", b, again, err)
			}
		}
	})
}
