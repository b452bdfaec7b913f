package nvme

import "fmt"

// Controller is what a controller says of itself: Identify, CNS 01h (Base 5.17.2.1).
type Controller struct {
	VendorID, SubsystemVendorID uint16 // PCI ids
	Serial, Model, Firmware     string
	// ControllerID tells apart controllers of one subsystem.
	ControllerID uint16
	// Version of the specification that it follows: "1.4.0", empty before 1.2.
	Version string
	// NQN is the subsystem's NVMe qualified name; may be empty.
	NQN string
	// TransferBytesMax is the most that one command moves, as a multiple of the
	// controller's smallest page of 4,096 bytes; 0 is no limit.
	TransferBytesMax uint64
	// CapacityBytes is all, UnallocatedBytes what no namespace has; both 0 where
	// the controller has no namespace management.
	CapacityBytes, UnallocatedBytes uint64
	NamespacesMax                   uint32
	// WarningCelsius and CriticalCelsius are the composite temperatures from
	// which on the controller is too hot; 0 where it doesn't say.
	WarningCelsius, CriticalCelsius int
	// ErrorEntriesMax is how long its error log is.
	ErrorEntriesMax int
	// FirmwareSlots are 1 to 7.
	FirmwareSlots int
	// SelfTestMinutes is how long an extended self-test takes.
	SelfTestMinutes uint16
	// What it can do (OACS, SANICAP) and has (VWC).
	CanFormat, CanSelfTest, CanManageNamespaces       bool
	CanSanitizeCrypto, CanSanitizeBlock, CanOverwrite bool
	// What Format NVM does (FNA): FormatsAll and ErasesAll say that it takes all
	// namespaces, whichever is named.
	FormatsAll, ErasesAll, CanEraseCrypto bool
	VolatileWriteCache                    bool
}

// DecodeController reads an Identify Controller page. A page that is too short is
// an error; fields are taken as they are.
func DecodeController(b []byte) (Controller, error) {
	if len(b) < IdentifyBytes {
		return Controller{}, short("identify controller", len(b), IdentifyBytes)
	}
	oacs, sanicap, version := u16(b, 256), u32(b, 328), u32(b, 80)
	c := Controller{
		VendorID: u16(b, 0), SubsystemVendorID: u16(b, 2),
		Serial: text(b[4:24]), Model: text(b[24:64]), Firmware: text(b[64:72]),
		ControllerID:  u16(b, 78),
		NQN:           untilNUL(b[768:1024]),
		CapacityBytes: u128(b, 280), UnallocatedBytes: u128(b, 296),
		NamespacesMax:   u32(b, 516),
		ErrorEntriesMax: int(b[262]) + 1,
		FirmwareSlots:   int(b[260] >> 1 & 7),
		SelfTestMinutes: u16(b, 316),
		CanFormat:       oacs&(1<<1) != 0, CanManageNamespaces: oacs&(1<<3) != 0, CanSelfTest: oacs&(1<<4) != 0,
		CanSanitizeCrypto: sanicap&1 != 0, CanSanitizeBlock: sanicap&2 != 0, CanOverwrite: sanicap&4 != 0,
		FormatsAll: b[524]&1 != 0, ErasesAll: b[524]&2 != 0, CanEraseCrypto: b[524]&4 != 0,
		VolatileWriteCache: b[525]&1 != 0,
	}
	c.WarningCelsius, c.CriticalCelsius = limit(u16(b, 266)), limit(u16(b, 268))
	if version != 0 {
		c.Version = fmt.Sprintf("%d.%d.%d", version>>16, version>>8&0xff, version&0xff)
	}
	if power := b[77]; power != 0 && power < 32 {
		c.TransferBytesMax = 4096 << power
	}
	return c, nil
}

// limit is a temperature threshold in °C, 0 where there is none.
func limit(kelvin uint16) int {
	degrees, is := celsius(kelvin)
	if !is {
		return 0
	}
	return degrees
}

// untilNUL is a string that ends at the first NUL.
func untilNUL(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return text(b[:i])
		}
	}
	return text(b)
}

// Namespace is what a controller says of a namespace: Identify, CNS 00h (NVM
// Command Set 4.1.5.1).
type Namespace struct {
	// Blocks of BlockBytes are its size, its capacity and what is in use.
	SizeBlocks, CapacityBlocks, UsedBlocks uint64
	BlockBytes                             uint32
	// Format is the index of the format in use, for [Format].
	Format uint8
	// MetadataBytes go with each block.
	MetadataBytes uint16
	// EUI64 and NGUID are its identifiers in hexadecimal; empty where it has none.
	EUI64, NGUID string
	// ThinProvisioned: its capacity may be less than its size.
	ThinProvisioned bool
}

// blockPowerMin and Max bound a block: 512 bytes to 16 MiB.
const (
	blockPowerMin = 9
	blockPowerMax = 24
)

// DecodeNamespace reads an Identify Namespace page. All zeros is a namespace that
// is not there, which is an error like a format outside the bounds.
func DecodeNamespace(b []byte) (Namespace, error) {
	if len(b) < IdentifyBytes {
		return Namespace{}, short("identify namespace", len(b), IdentifyBytes)
	}
	if u64(b, 0) == 0 {
		return Namespace{}, fmt.Errorf("nvme: the namespace has no blocks; it is not active")
	}
	// Bits 3:0 and 6:5 together are the index of the format in use.
	index := int(b[26]&0xf | b[26]>>5&3<<4)
	if index > int(b[25]) {
		return Namespace{}, fmt.Errorf("nvme: the namespace uses format %d of %d", index, int(b[25])+1)
	}
	format := u32(b, 128+4*index)
	power := format >> 16 & 0xff
	if power < blockPowerMin || power > blockPowerMax {
		return Namespace{}, fmt.Errorf("nvme: the namespace has blocks of 2^%d bytes", power)
	}
	return Namespace{
		SizeBlocks: u64(b, 0), CapacityBlocks: u64(b, 8), UsedBlocks: u64(b, 16),
		BlockBytes: 1 << power, Format: uint8(index), MetadataBytes: uint16(format),
		NGUID: identifier(b[104:120]), EUI64: identifier(b[120:128]),
		ThinProvisioned: b[24]&1 != 0,
	}, nil
}

// identifier is in hexadecimal digits, or empty if it is all zeros.
func identifier(b []byte) string {
	for _, c := range b {
		if c != 0 {
			return fmt.Sprintf("%x", b)
		}
	}
	return ""
}

// DecodeActive reads a list of active namespaces: Identify, CNS 02h (Base
// 5.17.2.2). It ends at the first zero; what is not sorted is refused, so that a
// reader that asks on from the last id comes to an end.
func DecodeActive(b []byte) ([]uint32, error) {
	if len(b) < IdentifyBytes {
		return nil, short("active namespaces", len(b), IdentifyBytes)
	}
	var list []uint32
	for at := 0; at < IdentifyBytes; at += 4 {
		id := u32(b, at)
		if id == 0 {
			break
		}
		if len(list) > 0 && id <= list[len(list)-1] {
			return nil, fmt.Errorf("nvme: namespace %d is listed after %d", id, list[len(list)-1])
		}
		list = append(list, id)
	}
	return list, nil
}
