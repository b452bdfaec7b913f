// Package tpm makes TPM 2.0 commands and reads the answers: bytes to values, no
// system call. hw/job sends them over /dev/tpmrm0.
//
// Source: TCG's Trusted Platform Module Library 1.59, part 2 (structures) and
// part 3 (commands), by section. All numbers are big endian.
package tpm

import (
	"encoding/binary"
	"errors"
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
	codeGetCapability = 0x17a
	codeGetRandom     = 0x17b
	codePCRRead       = 0x17e
	codePCRExtend     = 0x182
)

// algSHA256 is TPM_ALG_SHA256.
const algSHA256 = 0x000b

// Response codes that mean: the same again, later (part 2, 6.6.3).
const (
	rcYielded = 0x908
	rcTesting = 0x90a
	rcLockout = 0x921
	rcRetry   = 0x922
)

// ErrLockout says that too many wrong guesses were made: objects with a password
// are refused until the recovery time is over. Asking again makes nothing better.
var ErrLockout = errors.New("tpm: it is locked out after too many wrong authorizations; wait for its recovery time, or let its owner reset it")

// CodeError is an answer other than success.
type CodeError struct {
	What string
	Code uint32
}

// Error names the command and the code.
func (e CodeError) Error() string {
	return fmt.Sprintf("tpm: %s: response code %#x; see TCG's TPM 2.0 library, part 2, 6.6", e.What, e.Code)
}

// Again says whether the same command may succeed a moment later.
func (e CodeError) Again() bool {
	return e.Code == rcRetry || e.Code == rcTesting || e.Code == rcYielded
}

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
	case code == rcLockout:
		return r, ErrLockout
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
