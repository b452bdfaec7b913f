package secureboot

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// The names by which UEFI knows owners of variables and kinds of contents:
// UEFI 3.3, 32.4.1, 32.6.1, 8.2.2.
const (
	guidGlobal   = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
	guidDatabase = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
	guidX509     = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072"
	guidPKCS7    = "4aafd29d-68df-49ee-8aa9-347d375665a7"
	// guidOwner is Mote's own, made up for it: who put a key in.
	guidOwner = "560dbe47-f37b-4224-b3ad-c2db05fc8a86"
)

// keyAttributes: kept, seen before and after the system starts, changed only by
// who signs with a later time. UEFI 8.2.1.
const keyAttributes = 0x01 | 0x02 | 0x04 | 0x20

// Keys are an owner's whole set.
type Keys struct {
	// PK owns the machine and says who may change KEK; KEK says who may change db;
	// DB is what programs are signed with.
	PK, KEK, DB Signer
	// MadeSec is the time of the variables, in seconds since 1970: a later set
	// replaces an earlier one, never the other way round.
	MadeSec int64
}

// variable is one of the firmware's.
type variable struct {
	name, guid string
	attributes uint32
	data       []byte
}

// variables are what enrols the keys. PK comes last: with it, the machine leaves
// its setup mode.
func (k Keys) variables() []variable {
	return []variable{
		{"db", guidDatabase, keyAttributes, signatureList(k.DB.Certificate)},
		{"KEK", guidGlobal, keyAttributes, signatureList(k.KEK.Certificate)},
		{"PK", guidGlobal, keyAttributes, signatureList(k.PK.Certificate)},
	}
}

// signatureList is an EFI_SIGNATURE_LIST of one certificate, UEFI 32.4.1.
func signatureList(c *x509.Certificate) []byte {
	const headBytes, ownerBytes = 16 + 3*4, 16
	le := binary.LittleEndian
	b := guid(guidX509)
	b = le.AppendUint32(b, uint32(headBytes+ownerBytes+len(c.Raw)))
	b = le.AppendUint32(b, 0) // no header of the list's own
	b = le.AppendUint32(b, uint32(ownerBytes+len(c.Raw)))
	b = append(b, guid(guidOwner)...)
	return append(b, c.Raw...)
}

// AuthFiles returns the contents of PK.auth, KEK.auth and db.auth, by these
// names: what a machine in setup mode takes, and one in user mode too if it
// knows the signer. UEFI 8.2.2, EFI_VARIABLE_AUTHENTICATION_2.
func (k Keys) AuthFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, v := range k.variables() {
		signer := k.PK
		if v.name == "db" {
			signer = k.KEK
		}
		b, err := v.signed(signer, k.MadeSec)
		if err != nil {
			return nil, err
		}
		files[v.name+".auth"] = b
	}
	return files, nil
}

// signed is a variable's new content with the proof that it may be set.
func (v variable) signed(s Signer, sec int64) ([]byte, error) {
	le := binary.LittleEndian
	stamp := efiTime(sec)
	// What is signed: name, owner, attributes, time, content.
	text := append(utf16Bytes(v.name), guid(v.guid)...)
	text = le.AppendUint32(text, v.attributes)
	text = append(append(text, stamp...), v.data...)
	// Detached and without attributes, as firmware expects it; and SignedData
	// itself, without the ContentInfo around it.
	proof, err := s.sign(oidData(), nil, text, false)
	if err != nil {
		return nil, err
	}
	b := le.AppendUint32(stamp, uint32(winHeaderBytes+16+len(proof)))
	b = le.AppendUint16(b, winRevision)
	b = le.AppendUint16(b, winTypeGUID)
	b = append(append(b, guid(guidPKCS7)...), proof...)
	return append(b, v.data...), nil
}

// efiTime is EFI_TIME, UEFI 8.3: in UTC, without a fraction.
func efiTime(sec int64) []byte {
	t := time.Unix(sec, 0).UTC()
	b := binary.LittleEndian.AppendUint16(nil, uint16(t.Year()))
	b = append(b, byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second()))
	return append(b, make([]byte, 9)...)
}

// utf16Bytes is a name as firmware has it, without a NUL.
func utf16Bytes(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return b
}

// guid is the 16 bytes of a name: the first three groups are little endian.
// The texts are this package's own.
func guid(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(b) != 16 {
		panic(fmt.Sprintf("secureboot: %q is no GUID", text))
	}
	for _, group := range [][]byte{b[0:4], b[4:6], b[6:8]} {
		for i, j := 0, len(group)-1; i < j; i, j = i+1, j-1 {
			group[i], group[j] = group[j], group[i]
		}
	}
	return bytes.Clone(b)
}
