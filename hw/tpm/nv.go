package tpm

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// NV indices that an owner may define (TCG's registry of reserved handles, 2.2).
const (
	IndexFirst uint32 = 0x01800000
	IndexLast  uint32 = 0x01bfffff
)

// Attributes of an NV index (part 2, 13.4).
const (
	nvOwnerWrite = 1 << 1
	nvAuthWrite  = 1 << 2
	nvCounter    = 1 << 4
	nvOwnerRead  = 1 << 17
	nvAuthRead   = 1 << 18
	nvNoDA       = 1 << 25
	nvWritten    = 1 << 29
	nvTypeMask   = 0xf << 4
)

// counterBytes is a counter's length.
const counterBytes = 8

// DefineCounter is TPM2_NV_DefineSpace (part 3, 31.3) of a number that only grows,
// also over a removal: a new counter begins above every one that there was. It has an
// empty password, so who can reach the TPM can raise it, and nobody can lower it.
func DefineCounter(index uint32) (Call, error) {
	if index < IndexFirst || index > IndexLast {
		return Call{}, fmt.Errorf("tpm: define a counter: index %#x is not an owner's; take one of %#x to %#x", index, IndexFirst, IndexLast)
	}
	be := binary.BigEndian
	area := be.AppendUint32(nil, index)
	area = be.AppendUint16(area, algSHA256)
	area = be.AppendUint32(area, nvCounter|nvAuthWrite|nvAuthRead|nvOwnerWrite|nvOwnerRead|nvNoDA)
	area = appendSized(area, nil) // no policy
	area = be.AppendUint16(area, counterBytes)
	return Call{what: fmt.Sprintf("define counter %#x", index), code: codeNVDefine, handles: []uint32{Owner},
		names: [][]byte{handleName(Owner)}, params: appendSized(appendSized(nil, nil), area), sized: true}, nil
}

// Index is an NV index as the TPM has it. Its name changes with the first write.
type Index struct {
	Handle     uint32
	name       []byte
	attributes uint32
	// Bytes it has.
	Bytes uint16
}

// IsCounter says whether it only grows.
func (i Index) IsCounter() bool {
	return i.attributes&nvTypeMask == nvCounter && i.Bytes == counterBytes
}

// Written says whether it has a value yet.
func (i Index) Written() bool { return i.attributes&nvWritten != 0 }

// ReadIndex is TPM2_NV_ReadPublic (part 3, 31.6).
func ReadIndex(index uint32) Command {
	return message(fmt.Sprintf("look at index %#x", index), tagNoSessions, codeNVReadPublic, binary.BigEndian.AppendUint32(nil, index))
}

// DecodeIndex reads the answer.
func DecodeIndex(b []byte) (Index, error) {
	const what = "look at an index"
	r, err := open(what, b)
	if err != nil {
		return Index{}, err
	}
	area, name := r.sized(), r.sized()
	if err := r.end(); err != nil {
		return Index{}, err
	}
	a := reader{what: what, b: area}
	i := Index{Handle: a.u32()}
	a.u16() // the name's algorithm; another one than ours has another name
	i.attributes = a.u32()
	a.sized()
	i.Bytes = a.u16()
	if err := a.end(); err != nil {
		return Index{}, err
	}
	i.name = areaName(area)
	if !bytes.Equal(name, i.name) {
		return Index{}, fmt.Errorf("tpm: %s: %#x has another name than its attributes make; it hashes by another algorithm than SHA-256, or the bus lies", what, i.Handle)
	}
	return i, nil
}

// Increment is TPM2_NV_Increment (part 3, 31.8), by the index's own password.
func Increment(i Index) Call {
	return Call{what: fmt.Sprintf("increment counter %#x", i.Handle), code: codeNVIncrement,
		handles: []uint32{i.Handle, i.Handle}, names: [][]byte{i.name, i.name}}
}

// ReadNV is TPM2_NV_Read (part 3, 31.13) of all that an index has.
func ReadNV(i Index) Call {
	b := binary.BigEndian.AppendUint16(nil, i.Bytes)
	return Call{what: fmt.Sprintf("read index %#x", i.Handle), code: codeNVRead,
		handles: []uint32{i.Handle, i.Handle}, names: [][]byte{i.name, i.name},
		params: binary.BigEndian.AppendUint16(b, 0), answerSized: true}
}

// DecodeCounter reads the answer to [ReadNV] of a counter.
func DecodeCounter(a Answer) (uint64, error) {
	r := a.reader("read a counter")
	b := r.sized()
	if err := r.end(); err != nil {
		return 0, err
	}
	if len(b) != counterBytes {
		return 0, fmt.Errorf("tpm: read a counter: it has %d bytes", len(b))
	}
	return binary.BigEndian.Uint64(b), nil
}
