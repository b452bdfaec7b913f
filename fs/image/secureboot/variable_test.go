package secureboot

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"

	"github.com/smallstep/pkcs7"

	"mote/size/installed"
)

func newKeys(t testing.TB) Keys {
	t.Helper()
	return Keys{PK: newSigner(t, "PK"), KEK: newSigner(t, "KEK"), DB: newSigner(t, "db"), MadeSec: 1767225600}
}

func TestGUID(t *testing.T) {
	if got, want := hex.EncodeToString(guid(guidGlobal)), "61dfe48bca93d211aa0d00e098032b8c"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestAuthFilesAreSignedByTheOneAbove verifies each with a library that shares
// no line with this one. That firmware takes them is for a machine to say.
func TestAuthFilesAreSignedByTheOneAbove(t *testing.T) {
	k := newKeys(t)
	files, err := k.AuthFiles()
	if err != nil {
		t.Fatal(err)
	}
	again, err := k.AuthFiles()
	if err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]Signer{"PK": k.PK, "KEK": k.PK, "db": k.KEK} {
		b := files[name+".auth"]
		if !bytes.Equal(b, again[name+".auth"]) {
			t.Errorf("%s: other bytes the second time", name)
		}
		size := int(binary.LittleEndian.Uint32(b[16:]))
		proof, data := b[16+winHeaderBytes+16:16+size], b[16+size:]
		owner := guidGlobal
		if name == "db" {
			owner = guidDatabase
		}
		text := append(utf16Bytes(name), guid(owner)...)
		text = append(append(append(text, 0x27, 0, 0, 0), b[:16]...), data...)
		verify(t, name, proof, text, by)
	}
}

// verify puts the ContentInfo around a SignedData, and checks it.
func verify(t *testing.T, name string, signed, text []byte, by Signer) {
	t.Helper()
	whole := append([]byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}, element(0xa0, signed)...)
	p, err := pkcs7.Parse(element(0x30, whole))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	p.Content = text
	if err := p.Verify(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	if got := p.GetOnlySigner(); got == nil || !got.Equal(by.Certificate) {
		t.Errorf("%s is signed by another", name)
	}
	p.Content = append(bytes.Clone(text), 0)
	if p.Verify() == nil {
		t.Errorf("%s: another content was taken", name)
	}
}

// element is one of DER with a length of two bytes.
func element(tag byte, inside []byte) []byte {
	return append([]byte{tag, 0x82, byte(len(inside) >> 8), byte(len(inside))}, inside...)
}

// template is OVMF's empty store.
func template(t *testing.T) []byte {
	t.Helper()
	return installed.Read(t, "/usr/share/OVMF/OVMF_VARS_4M.fd")
}

func TestEnrol(t *testing.T) {
	k := newKeys(t)
	store, err := Enrol(template(t), k)
	if err != nil {
		t.Fatal(err)
	}
	if len(store) != len(template(t)) {
		t.Errorf("%d bytes", len(store))
	}
	for _, s := range []Signer{k.PK, k.KEK, k.DB} {
		if bytes.Count(store, s.Certificate.Raw) != 1 {
			t.Errorf("%s is not there once", s.Certificate.Subject)
		}
	}
	if _, err := Enrol(store, k); err == nil {
		t.Error("keys were put over keys")
	}
}

func TestEnrolRefusesWhatIsNoStore(t *testing.T) {
	k, good := newKeys(t), template(t)
	area := int(binary.LittleEndian.Uint16(good[volumeHeaderBytes:])) + storeHeaderBytes
	for name, b := range map[string][]byte{
		"empty": nil, "another file": make([]byte, 1<<16), "cut": good[:area],
		"dirty":     append(append(bytes.Clone(good[:area+5000]), 0), good[area+5001:]...),
		"a bad row": append(append(bytes.Clone(good[:area]), append([]byte{0xaa, 0x55}, bytes.Repeat([]byte{0xf0}, 100)...)...), good[area+102:]...),
	} {
		if _, err := Enrol(b, k); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
