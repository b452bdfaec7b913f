package secureboot

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/binary"
	"fmt"

	"mote/fs/image/pe"
)

// WIN_CERTIFICATE, UEFI 32.2.4: length, revision, type.
const (
	winRevision     = 0x0200
	winTypePKCS7    = 0x0002 // WIN_CERT_TYPE_PKCS_SIGNED_DATA
	winTypeGUID     = 0x0ef1 // WIN_CERT_TYPE_EFI_GUID
	winHeaderBytes  = 8
	winAlignedBytes = 8
)

// indirectData is SpcIndirectDataContent: what a program's digest is wrapped in.
type indirectData struct {
	Data   indirectType
	Digest struct {
		Algorithm pkix.AlgorithmIdentifier
		Sum       []byte
	}
}

// indirectType is SpcAttributeTypeAndOptionalValue.
type indirectType struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// peImageData is SpcPeImageData with no flags and an empty link, which nobody
// reads: a BIT STRING, and the choices [0] of [2] of [0].
func peImageData() []byte {
	return []byte{0x30, 0x09, 0x03, 0x01, 0x00, 0xa0, 0x04, 0xa2, 0x02, 0x80, 0x00}
}

// SignProgram returns an EFI program with the signer's signature in place of
// any that it had.
func SignProgram(program []byte, s Signer) ([]byte, error) {
	f, err := pe.Parse(program)
	if err != nil {
		return nil, fmt.Errorf("secureboot: sign a program: %w", err)
	}
	sum := f.Sum()
	inside := indirectData{Data: indirectType{oidPEImage(), asn1.RawValue{FullBytes: peImageData()}}}
	inside.Digest.Algorithm = pkix.AlgorithmIdentifier{Algorithm: oidSHA256(), Parameters: asn1.RawValue{Tag: asn1.TagNull}}
	inside.Digest.Sum = sum[:]
	content, err := asn1.Marshal(inside)
	if err != nil {
		return nil, fmt.Errorf("secureboot: %w", err)
	}
	// The digest in the attributes is over the value alone, without the
	// element's head: RFC 2315, section 9.3.
	var element asn1.RawValue
	if _, err := asn1.Unmarshal(content, &element); err != nil {
		return nil, fmt.Errorf("secureboot: %w", err)
	}
	signed, err := s.sign(oidIndirectData(), content, element.Bytes, true)
	if err != nil {
		return nil, err
	}
	whole, err := asn1.Marshal(contentInfo{oidSignedData(),
		asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: signed}})
	if err != nil {
		return nil, fmt.Errorf("secureboot: %w", err)
	}
	le := binary.LittleEndian
	table := le.AppendUint32(nil, uint32(winHeaderBytes+len(whole)))
	table = le.AppendUint16(table, winRevision)
	table = le.AppendUint16(table, winTypePKCS7)
	table = append(table, whole...)
	table = append(table, make([]byte, -len(table)&(winAlignedBytes-1))...)
	return f.WithSignature(table), nil
}
