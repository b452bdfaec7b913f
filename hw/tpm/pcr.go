package tpm

import (
	"encoding/binary"
	"fmt"
)

const (
	// PCRs of a PC client's TPM.
	PCRs = 24
	// pcrsAnswered is how many an answer holds at the most (TPML_DIGEST).
	pcrsAnswered = 8
	// DigestBytes of SHA-256.
	DigestBytes = 32
	// RandomBytesMax of one question: a TPM's longest digest may be as short.
	RandomBytesMax = 32
)

// Selection is a set of PCRs: bit n stands for PCR n.
type Selection uint32

// All are the PCRs of a PC client.
const All Selection = 1<<PCRs - 1

// appendSelection writes TPML_PCR_SELECTION of the SHA-256 bank.
func appendSelection(b []byte, s Selection) []byte {
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint16(b, algSHA256)
	return append(b, 3, byte(s), byte(s>>8), byte(s>>16))
}

// ReadPCRs is TPM2_PCR_Read (part 3, 22.4): eight at the most are answered, and
// the answer says which. Ask on with those that are left.
func ReadPCRs(s Selection) Command {
	return message("read PCRs", tagNoSessions, codePCRRead, appendSelection(nil, s))
}

// DecodePCRs adds an answer's values to pcrs, and says which they were. An answer
// without any is an error: the bank is not there.
func DecodePCRs(b []byte, pcrs map[int][DigestBytes]byte) (Selection, error) {
	r, err := open("read PCRs", b)
	if err != nil {
		return 0, err
	}
	r.u32() // how often any was changed
	var got Selection
	for range min(r.u32(), 2) {
		alg, size := r.u16(), r.u8()
		bits := r.take(int(size))
		if r.err != nil {
			return 0, r.err
		}
		if alg == algSHA256 && size == 3 {
			got = Selection(bits[0]) | Selection(bits[1])<<8 | Selection(bits[2])<<16
		}
	}
	count := int(r.u32())
	if r.err == nil && (got == 0 || count == 0 || count > pcrsAnswered) {
		return 0, fmt.Errorf("tpm: read PCRs: %d values; has it no bank of SHA-256?", count)
	}
	for n := range PCRs {
		if got>>n&1 == 0 || r.err != nil {
			continue
		}
		digest := r.sized()
		if r.err == nil && len(digest) != DigestBytes {
			return 0, fmt.Errorf("tpm: read PCRs: PCR %d has %d bytes", n, len(digest))
		}
		if r.err == nil {
			pcrs[n] = [DigestBytes]byte(digest)
		}
	}
	return got, r.end()
}

// ExtendPCR is TPM2_PCR_Extend (part 3, 22.2): the PCR becomes the hash of what
// it was and the digest.
func ExtendPCR(pcr uint32, digest [DigestBytes]byte) Command {
	be := binary.BigEndian
	b := be.AppendUint32(nil, pcr)
	b = appendPassword(b)
	b = be.AppendUint32(b, 1)
	b = be.AppendUint16(b, algSHA256)
	return message(fmt.Sprintf("extend PCR %d", pcr), tagSessions, codePCRExtend, append(b, digest[:]...))
}

// appendPassword writes the authorization area of an empty password.
func appendPassword(b []byte) []byte {
	be := binary.BigEndian
	b = be.AppendUint32(b, 9)
	b = be.AppendUint32(b, passwordSession)
	return append(b, 0, 0, 0, 0, 0) // no nonce, no attributes, no HMAC
}

// DecodeDone reads an answer that carries nothing of use.
func DecodeDone(what string, b []byte) error {
	_, err := open(what, b)
	return err
}

// GetRandom is TPM2_GetRandom (part 3, 16.1), for up to RandomBytesMax.
func GetRandom(count int) Command {
	return message("get random bytes", tagNoSessions, codeGetRandom, binary.BigEndian.AppendUint16(nil, uint16(min(count, RandomBytesMax))))
}

// DecodeRandom reads the answer; it may have fewer bytes than were asked for.
func DecodeRandom(b []byte) ([]byte, error) {
	r, err := open("get random bytes", b)
	if err != nil {
		return nil, err
	}
	out := r.sized()
	if err := r.end(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("tpm: get random bytes: it gave none")
	}
	return out, nil
}
