package tpm

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"
)

var be = binary.BigEndian

// answer makes an answer of a response code and a body.
func answer(code uint32, body ...byte) []byte {
	b := be.AppendUint16(nil, tagNoSessions)
	b = be.AppendUint32(b, uint32(headerBytes+len(body)))
	return append(be.AppendUint32(b, code), body...)
}

// words are big-endian numbers of four bytes.
func words(list ...uint32) (b []byte) {
	for _, w := range list {
		b = be.AppendUint32(b, w)
	}
	return b
}

func TestCommandBytes(t *testing.T) {
	for _, tc := range []struct {
		c    Command
		want string
	}{
		{FixedProperties(), "8001 00000016 0000017a 00000006 00000100 00000040"},
		{VariableProperties(), "8001 00000016 0000017a 00000006 00000200 00000040"},
		{GetRandom(99), "8001 0000000c 0000017b 0020"},
		{ReadPCRs(1<<0 | 1<<7 | 1<<23), "8001 00000014 0000017e 00000001 000b 03 810080"},
		{ExtendPCR(11, [DigestBytes]byte{0xab}), "8002 00000041 00000182 0000000b 00000009 40000009 0000 00 0000 00000001 000b ab" + zeros(31)},
	} {
		want, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(tc.want), []byte(" "), nil)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(tc.c.Bytes, want) {
			t.Errorf("%s:\ngot  %x\nwant %x", tc.c.What, tc.c.Bytes, want)
		}
	}
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestProperties(t *testing.T) {
	body := append([]byte{0}, words(capProperties, 6, ptFamily, 0x322e3000, ptManufacture, 0x49424d00,
		ptFirmware1, 0x00010002, ptFirmware2, 0x00030004, ptPermanent, inLockout, ptLockoutCounter, 3)...)
	p := Properties{}
	if err := p.AddProperties(answer(0, body...)); err != nil {
		t.Fatal(err)
	}
	if p.Family() != "2.0" || p.Manufacturer() != "IBM" || p.Firmware() != "1.2.3.4" || !p.LockedOut() || p.LockoutCounter() != 3 || p.OrderlyStart() {
		t.Errorf("%v: %q %q %q", p, p.Family(), p.Manufacturer(), p.Firmware())
	}
	for what, bad := range map[string][]byte{
		"cut":                answer(0, body[:20]...),
		"another capability": answer(0, append([]byte{0}, words(1, 0)...)...),
		"a byte too many":    answer(0, append(append([]byte{}, body...), 0)...),
	} {
		if err := (Properties{}).AddProperties(bad); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

func TestPCRs(t *testing.T) {
	digest := bytes.Repeat([]byte{0x5a}, DigestBytes)
	body := words(20, 1)
	body = append(body, 0, 0x0b, 3, 0x02, 0, 0x80) // PCRs 1 and 23
	body = append(body, words(2)...)
	for range 2 {
		body = append(append(body, 0, DigestBytes), digest...)
	}
	pcrs := map[int][DigestBytes]byte{}
	got, err := DecodePCRs(answer(0, body...), pcrs)
	if err != nil || got != 1<<1|1<<23 || len(pcrs) != 2 || pcrs[23] != [DigestBytes]byte(digest) {
		t.Errorf("%b, %v, %v", got, pcrs, err)
	}
	none := append(words(20, 1), 0, 0x0b, 3, 0, 0, 0)
	if _, err := DecodePCRs(answer(0, append(none, words(0)...)...), pcrs); err == nil {
		t.Error("an answer without values was taken: who asks on would never end")
	}
}

func TestResponseCodes(t *testing.T) {
	var code CodeError
	if err := DecodeDone("extend", answer(rcRetry)); !errors.As(err, &code) || !code.Again() {
		t.Errorf("retry: %v", err)
	}
	if err := DecodeDone("extend", answer(0x101)); !errors.As(err, &code) || code.Again() {
		t.Errorf("failure: %v", err)
	}
	if err := DecodeDone("extend", answer(rcLockout)); !errors.Is(err, ErrLockout) {
		t.Errorf("lockout: %v", err)
	}
	if err := DecodeDone("extend", answer(0)[:8]); err == nil {
		t.Error("half a header was taken")
	}
	long := append(answer(0), 1)
	if err := DecodeDone("extend", long); err == nil {
		t.Error("an answer longer than it says was taken")
	}
}

func TestRandom(t *testing.T) {
	if got, err := DecodeRandom(answer(0, 0, 2, 7, 8)); err != nil || !bytes.Equal(got, []byte{7, 8}) {
		t.Errorf("%x, %v", got, err)
	}
	if _, err := DecodeRandom(answer(0, 0, 0)); err == nil {
		t.Error("no bytes were taken for random ones")
	}
	if _, err := DecodeRandom(answer(0, 0, 9, 7)); err == nil {
		t.Error("a length past the end was taken")
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(answer(0, append([]byte{0}, words(capProperties, 1, ptFamily, 1)...)...))
	f.Add(answer(0, 0, 2, 7, 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > AnswerBytesMax {
			t.Skip()
		}
		p := Properties{}
		if err := p.AddProperties(b); err == nil && len(p) > AnswerBytesMax/8 {
			t.Errorf("%d properties", len(p))
		}
		pcrs := map[int][DigestBytes]byte{}
		if got, err := DecodePCRs(b, pcrs); err == nil && (got == 0 || len(pcrs) == 0) {
			t.Error("success without a value")
		}
		_, _ = DecodeRandom(b)
	})
}
