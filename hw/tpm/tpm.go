// Package tpm makes TPM 2.0 commands and reads the answers: bytes to values, no
// system call but for chance. hw/job sends them over /dev/tpmrm0.
//
// Source: TCG's Trusted Platform Module Library 1.59, part 2 (structures) and
// part 3 (commands), by section. All numbers are big endian.
package tpm

import (
	"encoding/binary"
	"fmt"
)

const (
	// AnswerBytesMax bounds an answer; the kernel's buffer is as long
	// (drivers/char/tpm/tpm-dev.h).
	AnswerBytesMax = 4096
	headerBytes    = 10

	tagNoSessions = 0x8001 // TPM_ST_NO_SESSIONS
	tagSessions   = 0x8002 // TPM_ST_SESSIONS

	// passwordSession authorizes by a plain password, here always empty.
	passwordSession = 0x40000009 // TPM_RS_PW
)

// Command codes (part 2, 6.5.2).
const (
	codeNVDefine        = 0x12a
	codeCreatePrimary   = 0x131
	codeNVIncrement     = 0x134
	codeNVRead          = 0x14e
	codeCreate          = 0x153
	codeLoad            = 0x157
	codeQuote           = 0x158
	codeUnseal          = 0x15e
	codeFlush           = 0x165
	codeNVReadPublic    = 0x169
	codeStartSession    = 0x176
	codeGetCapability   = 0x17a
	codeGetRandom       = 0x17b
	codePCRRead         = 0x17e
	codePolicyPCR       = 0x17f
	codePCRExtend       = 0x182
	codePolicyGetDigest = 0x189
)

// algSHA256 is TPM_ALG_SHA256.
const algSHA256 = 0x000b

// Command is a command's name for errors, and its bytes.
type Command struct {
	What  string
	Bytes []byte
}

// message makes a command of its parts.
func message(what string, tag uint16, code uint32, body []byte) Command {
	be := binary.BigEndian
	b := be.AppendUint16(make([]byte, 0, headerBytes+len(body)), tag)
	b = be.AppendUint32(b, uint32(headerBytes+len(body)))
	b = be.AppendUint32(b, code)
	return Command{what, append(b, body...)}
}

// reader takes values off the front of an answer. After the first that is not
// there all are zero, and err says so.
type reader struct {
	what string
	b    []byte
	err  error
}

// open checks an answer's header, and gives what stands behind it.
func open(what string, b []byte) (reader, error) {
	r := reader{what: what, b: b}
	r.u16()
	size, code := r.u32(), r.u32()
	switch {
	case r.err != nil:
		return r, r.err
	case code != 0:
		return r, CodeError{what, code}
	case int64(size) != int64(len(b)):
		return r, fmt.Errorf("tpm: %s: the answer says %d bytes and has %d", what, size, len(b))
	}
	return r, nil
}

func (r *reader) take(n int) []byte {
	if r.err == nil && n > len(r.b) {
		r.err = fmt.Errorf("tpm: %s: the answer is cut", r.what)
	}
	if r.err != nil {
		return make([]byte, min(n, 8))
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }

// sized is a TPM2B: a length of two bytes, and as many.
func (r *reader) sized() []byte {
	n := int(r.u16())
	if r.err != nil {
		return nil
	}
	if b := r.take(n); r.err == nil {
		return b
	}
	return nil
}

// end checks that nothing is left.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("tpm: %s: %d bytes too many", r.what, len(r.b))
	}
	return r.err
}
