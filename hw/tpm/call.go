package tpm

import (
	"encoding/binary"
	"fmt"
)

// Hierarchies (part 2, 7.4), each with an empty password unless an owner set one.
const (
	Owner       uint32 = 0x40000001
	Endorsement uint32 = 0x4000000b
)

// Call is a command that has to be authorized, before it is: by the empty password
// ([Call.Password]) or in a session ([Session.Command]). The first of its handles is
// what is authorized for.
type Call struct {
	what    string
	code    uint32
	handles []uint32
	// names are the handles' for the session's HMAC (part 1, 16): what the TPM
	// would take part in instead has another one.
	names  [][]byte
	params []byte
	// sized and answerSized: the first parameter, of the command or of the answer,
	// is a TPM2B, which is what a session can encrypt.
	sized, answerSized bool
	// answerHandle: the answer gives a handle.
	answerHandle bool
}

// What names the call in errors.
func (c Call) What() string { return c.what }

// handleName is the name of what has no public area: its handle.
func handleName(handle uint32) []byte { return binary.BigEndian.AppendUint32(nil, handle) }

// Password authorizes by the empty password. It tells a listener nothing, and
// nothing in the command or the answer is hidden.
func (c Call) Password() Command {
	var b []byte
	for _, h := range c.handles {
		b = binary.BigEndian.AppendUint32(b, h)
	}
	return message(c.what, tagSessions, c.code, append(appendPassword(b), c.params...))
}

// Answer is what a call gave.
type Answer struct {
	// Handle of what was made, 0 where nothing was.
	Handle uint32
	// params are the parameters.
	params []byte
}

// OpenPassword reads the answer to [Call.Password].
func (c Call) OpenPassword(b []byte) (Answer, error) {
	a, _, err := c.split(b)
	return a, err
}

// split takes an answer apart: its parameters, and a reader of what the sessions
// say.
func (c Call) split(b []byte) (Answer, reader, error) {
	r, err := open(c.what, b)
	if err != nil {
		return Answer{}, r, err
	}
	if tag := binary.BigEndian.Uint16(b); tag != tagSessions {
		return Answer{}, r, fmt.Errorf("tpm: %s: the answer has tag %#x, so no session", c.what, tag)
	}
	var a Answer
	if c.answerHandle {
		a.Handle = r.u32()
	}
	size := r.u32()
	if r.err == nil && int64(size) > int64(len(r.b)) {
		return Answer{}, r, fmt.Errorf("tpm: %s: the answer's parameters are cut", c.what)
	}
	a.params = r.take(int(size))
	return a, r, r.err
}

// reader reads an answer's parameters.
func (a Answer) reader(what string) reader { return reader{what: what, b: a.params} }

// Flush is TPM2_FlushContext (part 3, 28.4) of an object or a session.
func Flush(handle uint32) Command {
	return message(fmt.Sprintf("flush %#x", handle), tagNoSessions, codeFlush, binary.BigEndian.AppendUint32(nil, handle))
}

// appendSized writes a TPM2B: a length of two bytes, and as many.
func appendSized(b, part []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(part))), part...)
}
