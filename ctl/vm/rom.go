package vm

import "encoding/binary"

const (
	// romBytes is a real-mode segment, mapped up to the end of the 4 GiB space.
	romBytes = 64 << 10
	// romBase is where its first byte is: the processor starts at 0xfffffff0.
	romBase = 0xffff0000
	// probeTurns of a two-instruction loop.
	probeTurns = 20_000_000
	// Places in the ROM: 32-bit code, segment descriptors, their pointer.
	romCode32, romTable, romPointer, romReset = 0x40, 0x80, 0xa0, 0xfff0
)

// probeROM is a firmware that enters 32-bit protected mode, as every kernel
// does, counts down, and ends the machine by isa-debug-exit. Descriptors as in
// the Intel SDM, volume 3, 3.4.5.
func probeROM() []byte {
	rom := make([]byte, romBytes)
	le := binary.LittleEndian

	code := []byte{
		0xfa,                   // cli
		0x2e, 0x66, 0x0f, 0x01, // lgdt cs:[romPointer]
		0x16, romPointer, 0x00,
		0x0f, 0x20, 0xc0, // mov eax, cr0
		0x0c, 0x01, // or al, 1: protection enable
		0x0f, 0x22, 0xc0, // mov cr0, eax
		0x66, 0xea, // jmp 8:romBase+romCode32
	}
	code = le.AppendUint32(code, romBase+romCode32)
	code = le.AppendUint16(code, 8)
	copy(rom, code)

	code = le.AppendUint32([]byte{0xb9}, probeTurns) // mov ecx, probeTurns
	code = append(code,
		0x49,       // again: dec ecx
		0x75, 0xfd, // jnz again
		0xb0, 0x10, // mov al, 0x10
		0xe6, 0xf4, // out 0xf4, al: isa-debug-exit
		0xf4, // hlt
	)
	copy(rom[romCode32:], code)

	// Descriptor 0 is never used; 1 is code, 32 bits, all of the 4 GiB.
	le.PutUint64(rom[romTable+8:], 0x00cf9b000000ffff)
	le.PutUint16(rom[romPointer:], 15)
	le.PutUint32(rom[romPointer+2:], romBase+romTable)

	// jmp to the segment's first byte, relative to the next instruction.
	back := -int16(romReset + 3 - romBytes) // 13 bytes up to the wrap
	copy(rom[romReset:], le.AppendUint16([]byte{0xe9}, uint16(back)))
	return rom
}
