package tpm

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Properties of TPM_CAP_TPM_PROPERTIES (part 2, 6.13).
const (
	capProperties = 6

	firstFixed    = 0x100
	ptFamily      = 0x100
	ptManufacture = 0x105
	ptFirmware1   = 0x10b
	ptFirmware2   = 0x10c

	firstVariable     = 0x200
	ptPermanent       = 0x200
	ptStartupClear    = 0x201
	ptLockoutCounter  = 0x20e
	ptMaxAuthFail     = 0x20f
	ptLockoutInterval = 0x210
)

const (
	inLockout = 1 << 9  // of TPMA_PERMANENT
	orderly   = 1 << 31 // of TPMA_STARTUP_CLEAR
)

// propertiesMax bounds a question; a TPM has some 45 fixed and 20 variable ones.
const propertiesMax = 64

// Properties are what a TPM says of itself, by number.
type Properties map[uint32]uint32

// FixedProperties asks for what never changes, VariableProperties for the rest.
func FixedProperties() Command { return capability("read the fixed properties", firstFixed) }

// VariableProperties asks for what changes.
func VariableProperties() Command { return capability("read the variable properties", firstVariable) }

// capability is TPM2_GetCapability (part 3, 30.2).
func capability(what string, first uint32) Command {
	be := binary.BigEndian
	return message(what, tagNoSessions, codeGetCapability,
		be.AppendUint32(be.AppendUint32(be.AppendUint32(nil, capProperties), first), propertiesMax))
}

// AddProperties reads an answer into p.
func (p Properties) AddProperties(b []byte) error {
	r, err := open("read properties", b)
	if err != nil {
		return err
	}
	r.u8() // more of the kind: nobody has more than were asked for
	if what := r.u32(); r.err == nil && what != capProperties {
		return fmt.Errorf("tpm: read properties: the answer is of capability %d", what)
	}
	count := r.u32()
	for range count {
		key, value := r.u32(), r.u32()
		if r.err != nil {
			return r.err
		}
		p[key] = value
	}
	return r.end()
}

// Family is the specification: "2.0".
func (p Properties) Family() string { return letters(p[ptFamily]) }

// Manufacturer is the maker's sign in TCG's registry: "IBM", "INTC".
func (p Properties) Manufacturer() string { return letters(p[ptManufacture]) }

// Firmware is its version, as makers print it.
func (p Properties) Firmware() string {
	a, b := p[ptFirmware1], p[ptFirmware2]
	return fmt.Sprintf("%d.%d.%d.%d", a>>16, a&0xffff, b>>16, b&0xffff)
}

// LockedOut says that too many wrong guesses were made: what has a password that
// counts them is refused.
func (p Properties) LockedOut() bool { return p[ptPermanent]&inLockout != 0 }

// LockoutCounter is the number of wrong guesses that are not forgiven yet.
func (p Properties) LockoutCounter() uint32 { return p[ptLockoutCounter] }

// LockoutMax is the number of wrong guesses that locks it out.
func (p Properties) LockoutMax() uint32 { return p[ptMaxAuthFail] }

// ForgiveSec is how long one wrong guess takes to be forgiven, in seconds.
func (p Properties) ForgiveSec() uint32 { return p[ptLockoutInterval] }

// OrderlyStart says whether the last shutdown was announced.
func (p Properties) OrderlyStart() bool { return p[ptStartupClear]&orderly != 0 }

// letters are a property's four bytes of text.
func letters(n uint32) string {
	b := binary.BigEndian.AppendUint32(nil, n)
	for i, c := range b {
		if c != 0 && (c < ' ' || c > '~') {
			b[i] = '?'
		}
	}
	return strings.TrimRight(string(b), "\x00 ")
}
