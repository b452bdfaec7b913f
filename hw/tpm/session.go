package tpm

import (
	"crypto/ecdh"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// SessionKind is TPM_SE (part 2, 6.11).
type SessionKind byte

// The kinds of session.
const (
	// SessionHMAC authorizes by the (here empty) password, which is not sent.
	SessionHMAC SessionKind = 0
	// SessionPolicy authorizes by the conditions that were shown in it.
	SessionPolicy SessionKind = 1
)

// Attributes of a session in a command (part 2, 8.4).
const (
	sessionContinue = 1 << 0
	sessionDecrypt  = 1 << 5 // the first parameter of the command is encrypted
	sessionEncrypt  = 1 << 6 // that of the answer is to be
)

const (
	nonceBytes = 16
	algAES     = 0x0006
	algNull    = 0x0010
	modeCFB    = 0x0043
	rhNull     = 0x40000007
)

// Session is a conversation with a TPM whose key only the two ends know: the salt
// that it is made of is encrypted to a key of the TPM's. Whoever listens learns
// neither the encrypted parameters nor anything to guess a password by; whoever
// changes a byte is found out by the HMAC.
//
// Always: caller is the nonce that was sent last, tpm the one that came last.
type Session struct {
	// Handle of the session, to show conditions in it and to flush it.
	Handle      uint32
	key         []byte
	caller, tpm []byte
}

// SessionStart is a session whose answer is awaited.
type SessionStart struct {
	// Command starts it.
	Command      Command
	salt, caller []byte
}

// StartSession is TPM2_StartAuthSession (part 3, 11.1), salted by a key of the
// TPM's and with AES-128-CFB for parameters. The salt is an ephemeral key's secret
// in common with that key (part 1, C.6.3).
func StartSession(kind SessionKind, to Primary) (SessionStart, error) {
	ephemeral, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return SessionStart{}, fmt.Errorf("tpm: start a session: %w", err)
	}
	z, err := ephemeral.ECDH(to.point)
	if err != nil {
		return SessionStart{}, fmt.Errorf("tpm: start a session: %w", err)
	}
	caller := nonce()
	x, y := coordinates(ephemeral.PublicKey())
	theirs, _ := coordinates(to.point)
	be := binary.BigEndian
	b := be.AppendUint32(nil, to.Handle)
	b = be.AppendUint32(b, rhNull) // bound to nothing
	b = appendSized(b, caller)
	b = appendSized(b, appendSized(appendSized(nil, x), y))
	b = append(b, byte(kind))
	for _, n := range [...]uint16{algAES, 8 * aesKeyBytes, modeCFB, algSHA256} {
		b = be.AppendUint16(b, n)
	}
	return SessionStart{message("start a session", tagNoSessions, codeStartSession, b),
		kdfe(z, "SECRET", x, theirs), caller}, nil
}

// Open reads the answer.
func (s SessionStart) Open(answer []byte) (*Session, error) {
	r, err := open("start a session", answer)
	if err != nil {
		return nil, err
	}
	session := &Session{Handle: r.u32(), caller: s.caller, tpm: clone(r.sized())}
	if err := r.end(); err != nil {
		return nil, err
	}
	if len(session.tpm) < nonceBytes {
		return nil, fmt.Errorf("tpm: start a session: its nonce has %d bytes", len(session.tpm))
	}
	session.key = kdfa(s.salt, "ATH", session.tpm, session.caller, sha256.Size)
	return session, nil
}

// Command authorizes a call and encrypts its first parameter, if it has one that can
// be. The session goes on until it is flushed. The same bytes may be sent again
// while the TPM says so; otherwise make the command anew.
func (s *Session) Command(c Call) Command {
	s.caller = nonce()
	attributes := byte(sessionContinue)
	if c.answerSized {
		attributes |= sessionEncrypt
	}
	params := clone(c.params)
	if c.sized {
		attributes |= sessionDecrypt
		cfb(s.parameterKey(s.caller, s.tpm), params[2:][:binary.BigEndian.Uint16(params)], true)
	}
	be := binary.BigEndian
	hash := sha256.New() // cpHash, part 1, 16.7
	hash.Write(be.AppendUint32(nil, c.code))
	var b []byte
	for i, h := range c.handles {
		b = be.AppendUint32(b, h)
		hash.Write(c.names[i])
	}
	hash.Write(params)
	area := be.AppendUint32(nil, s.Handle)
	area = append(appendSized(area, s.caller), attributes)
	area = appendSized(area, s.hmac(hash.Sum(nil), s.caller, s.tpm, attributes))
	b = append(be.AppendUint32(b, uint32(len(area))), area...)
	return message(c.what, tagSessions, c.code, append(b, params...))
}

// Open reads the answer to the last command. One whose HMAC is wrong is
// [ErrForeign].
func (s *Session) Open(c Call, b []byte) (Answer, error) {
	a, r, err := c.split(b)
	if err != nil {
		return Answer{}, err
	}
	fresh, attributes, mac := clone(r.sized()), r.u8(), r.sized()
	if err := r.end(); err != nil {
		return Answer{}, err
	}
	be := binary.BigEndian
	hash := sha256.New() // rpHash, part 1, 16.8
	hash.Write(be.AppendUint32(be.AppendUint32(nil, 0), c.code))
	hash.Write(a.params)
	if !hmac.Equal(mac, s.hmac(hash.Sum(nil), fresh, s.caller, attributes)) {
		return Answer{}, fmt.Errorf("tpm: %s: %w", c.what, ErrForeign)
	}
	s.tpm = fresh
	if c.answerSized && attributes&sessionEncrypt != 0 {
		a.params = clone(a.params)
		r := a.reader(c.what)
		secret := r.sized()
		if r.err != nil {
			return Answer{}, r.err
		}
		cfb(s.parameterKey(s.tpm, s.caller), secret, false)
	}
	return a, nil
}

// parameterKey is the key and first block for a parameter (part 1, 21.3).
func (s *Session) parameterKey(newer, older []byte) []byte {
	return kdfa(s.key, "CFB", newer, older, 2*aesKeyBytes)
}

// hmac is part 1, 19.6.5; the password that would be part of the key is empty.
func (s *Session) hmac(hash, newer, older []byte, attributes byte) []byte {
	h := hmac.New(sha256.New, s.key)
	for _, part := range [...][]byte{hash, newer, older, {attributes}} {
		h.Write(part)
	}
	return h.Sum(nil)
}

// nonce is fresh chance.
func nonce() []byte {
	b := make([]byte, nonceBytes)
	// It never fails: crypto/rand ends the program instead.
	_, _ = rand.Read(b)
	return b
}

func clone(b []byte) []byte { return append([]byte(nil), b...) }

// coordinates of a point, 32 bytes each (SEC 1, 2.3.3).
func coordinates(p *ecdh.PublicKey) (x, y []byte) {
	b := p.Bytes()
	return b[1:33], b[33:]
}
