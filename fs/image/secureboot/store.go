package secureboot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// EDK2's store of variables in flash, as OVMF has it: a firmware volume with an
// authenticated variable store in it. Source: EDK2's
// MdeModulePkg/Include/Guid/VariableFormat.h and MdePkg/Include/Pi/PiFirmwareVolume.h.
const (
	guidStore      = "aaf32c78-947b-439a-a180-2e144ec37792" // gEfiAuthenticatedVariableGuid
	guidSecureBoot = "f0a30bc7-af08-4556-99c4-001009c93a44" // gEfiSecureBootEnableDisableGuid

	volumeSignature   = 40 // "_FVH"
	volumeHeaderBytes = 48
	volumeBytesMin    = 56
	storeHeaderBytes  = 28
	storeFormatted    = 0x5a
	storeHealthy      = 0xfe
	variableHeader    = 60
	variableStart     = 0x55aa
	variableAdded     = 0x3f
	variableAlign     = 4
	// bootServices: kept, and not seen by the system.
	bootAttributes = 0x01 | 0x02
)

// Enrol returns a copy of OVMF's variables in which the keys are enrolled and
// Secure Boot is on. The store must have no such keys yet: give the
// distribution's empty template.
func Enrol(template []byte, k Keys) ([]byte, error) {
	store := bytes.Clone(template)
	area, err := variableArea(store)
	if err != nil {
		return nil, err
	}
	at, err := freePlace(area)
	if err != nil {
		return nil, err
	}
	add := append(k.variables(),
		variable{"SecureBootEnable", guidSecureBoot, bootAttributes, []byte{1}})
	for _, v := range add {
		b := v.stored(k.MadeSec)
		if at+len(b) > len(area) {
			return nil, fmt.Errorf("secureboot: the variable store has no room for %s", v.name)
		}
		copy(area[at:], b)
		at += (len(b) + variableAlign - 1) &^ (variableAlign - 1)
	}
	return store, nil
}

// variableArea is the part of a store where variables stand.
func variableArea(store []byte) ([]byte, error) {
	le := binary.LittleEndian
	if len(store) < volumeBytesMin || string(store[volumeSignature:volumeSignature+4]) != "_FVH" {
		return nil, errors.New("secureboot: no variable store of EDK2: give OVMF's OVMF_VARS file")
	}
	begin := int(le.Uint16(store[volumeHeaderBytes:]))
	if begin+storeHeaderBytes > len(store) || !bytes.Equal(store[begin:begin+16], guid(guidStore)) {
		return nil, errors.New("secureboot: the variable store keeps no authenticated variables; take one for Secure Boot")
	}
	size := int(le.Uint32(store[begin+16:]))
	if size < storeHeaderBytes || size > len(store)-begin || store[begin+20] != storeFormatted || store[begin+21] != storeHealthy {
		return nil, errors.New("secureboot: the variable store is damaged")
	}
	return store[begin+storeHeaderBytes : begin+size], nil
}

// freePlace is where the first free byte is. A variable of the names that are to
// be added is an error.
func freePlace(area []byte) (int, error) {
	le := binary.LittleEndian
	at := 0
	for at+variableHeader <= len(area) && le.Uint16(area[at:]) == variableStart {
		name, data := int64(le.Uint32(area[at+36:])), int64(le.Uint32(area[at+40:]))
		end := int64(at) + variableHeader + name + data
		if end > int64(len(area)) {
			return 0, errors.New("secureboot: the variable store is damaged: a variable is longer than it")
		}
		text := area[at+variableHeader : int64(at)+variableHeader+name]
		for _, taken := range []string{"PK", "KEK", "db", "SecureBootEnable"} {
			if area[at+2] == variableAdded && bytes.Equal(text, append(utf16Bytes(taken), 0, 0)) {
				return 0, fmt.Errorf("secureboot: the variable store has a %s already; give the empty template", taken)
			}
		}
		at = int(end+variableAlign-1) &^ (variableAlign - 1)
	}
	for _, b := range area[min(at, len(area)):] {
		if b != 0xff {
			return 0, errors.New("secureboot: the variable store is damaged: there is something behind the last variable")
		}
	}
	return at, nil
}

// stored is an AUTHENTICATED_VARIABLE_HEADER with name and content.
func (v variable) stored(sec int64) []byte {
	le := binary.LittleEndian
	stamp := make([]byte, 16)
	if v.attributes == keyAttributes {
		stamp = efiTime(sec)
	}
	name := append(utf16Bytes(v.name), 0, 0)
	b := le.AppendUint16(nil, variableStart)
	b = append(b, variableAdded, 0)
	b = le.AppendUint32(b, v.attributes)
	b = le.AppendUint64(b, 0) // MonotonicCount: of another kind of authentication
	b = append(b, stamp...)
	b = le.AppendUint32(b, 0) // PubKeyIndex: as MonotonicCount
	b = le.AppendUint32(b, uint32(len(name)))
	b = le.AppendUint32(b, uint32(len(v.data)))
	b = append(b, guid(v.guid)...)
	return append(append(b, name...), v.data...)
}
