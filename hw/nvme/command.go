package nvme

import (
	"encoding/binary"
	"fmt"
)

// Opcodes of admin commands (Base 5, figure 138).
const (
	opGetLog   = 0x02
	opIdentify = 0x06
	opSelfTest = 0x14
	opFormat   = 0x80
	opSanitize = 0x84
)

// allNamespaces addresses the controller where a command names a namespace.
const allNamespaces = 0xffffffff

// NamespaceMax is the highest number of a namespace (Base 3.2.1.2).
const NamespaceMax = 0xfffffffe

// Log identifiers of Get Log Page.
const (
	logErrors   = 0x01
	logHealth   = 0x02
	logFirmware = 0x03
	logSelfTest = 0x06
)

// CommandBytes is the length of the kernel's struct nvme_passthru_cmd
// (include/uapi/linux/nvme_ioctl.h).
const CommandBytes = 72

// Command is an admin command: what differs between those that are sent here.
type Command struct {
	// What names it in errors.
	What      string
	opcode    uint8
	namespace uint32
	words     [6]uint32 // command dwords 10 to 15
	// DataBytes is the length of the page that the controller writes, 0 for none.
	DataBytes int
	// TimeoutMsec bounds it; the kernel resets a controller that takes longer.
	TimeoutMsec uint32
	// Destroys says that data is lost when it is done.
	Destroys bool
}

// askMsec bounds a command that only reads; the next one is tried on another day.
const askMsec = 5_000

// Append writes the command as the kernel's structure, data standing at address.
func (c Command) Append(b []byte, address uintptr) []byte {
	le := binary.LittleEndian
	b = append(b, c.opcode, 0, 0, 0)
	b = le.AppendUint32(b, c.namespace)
	b = le.AppendUint64(b, 0) // dwords 2 and 3
	b = le.AppendUint64(b, 0) // metadata
	b = le.AppendUint64(b, uint64(address))
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, uint32(c.DataBytes))
	for _, w := range c.words {
		b = le.AppendUint32(b, w)
	}
	b = le.AppendUint32(b, c.TimeoutMsec)
	return le.AppendUint32(b, 0) // the kernel's answer: dword 0
}

// IdentifyController asks for a [Controller].
func IdentifyController() Command {
	return identify("identify controller", 0, 1)
}

// IdentifyNamespace asks for a [Namespace].
func IdentifyNamespace(id uint32) Command {
	return identify(fmt.Sprintf("identify namespace %d", id), id, 0)
}

// ActiveNamespaces asks for up to 1,024 ids greater than after.
func ActiveNamespaces(after uint32) Command {
	return identify("list namespaces", after, 2)
}

func identify(what string, namespace, structure uint32) Command {
	return Command{What: what, opcode: opIdentify, namespace: namespace, words: [6]uint32{structure},
		DataBytes: IdentifyBytes, TimeoutMsec: askMsec}
}

// ReadHealth asks for a [Health].
func ReadHealth() Command { return getLog("read the health log", logHealth, HealthBytes) }

// ReadFirmwareSlots asks for [FirmwareSlots].
func ReadFirmwareSlots() Command {
	return getLog("read the firmware slots", logFirmware, FirmwareBytes)
}

// ReadSelfTest asks for a [SelfTest].
func ReadSelfTest() Command { return getLog("read the self-test log", logSelfTest, SelfTestBytes) }

// ReadFailures asks for the newest count entries of the error log.
func ReadFailures(count int) Command {
	return getLog("read the error log", logErrors, count*ErrorEntryBytes)
}

// getLog is Get Log Page (Base 5.16): dword 10 has the page and how many dwords
// less one.
func getLog(what string, page uint32, length int) Command {
	return Command{What: what, opcode: opGetLog, namespace: allNamespaces,
		words: [6]uint32{page | uint32(length/4-1)<<16}, DataBytes: length, TimeoutMsec: askMsec}
}

// StartSelfTest begins a self-test of the controller and all namespaces (Base
// 5.9); the log tells how it goes.
func StartSelfTest(extended bool) Command {
	code := uint32(1)
	if extended {
		code = 2
	}
	return Command{What: "start a self-test", opcode: opSelfTest, namespace: allNamespaces,
		words: [6]uint32{code}, TimeoutMsec: askMsec}
}

// Erase says how Format NVM deals with old data (Base 5.14).
type Erase uint32

// The ways to erase.
const (
	EraseUserData Erase = 1
	EraseCrypto   Erase = 2
)

// formatMsec bounds a format: the kernel's own bound for it is half an hour too.
const formatMsec = 30 * 60 * 1000

// Format writes a namespace anew with the format at index, as its Identify page
// lists them. All its data is lost.
func Format(namespace uint32, index uint8, how Erase) Command {
	return Command{What: fmt.Sprintf("format namespace %d", namespace), opcode: opFormat, namespace: namespace,
		words: [6]uint32{uint32(index&0xf) | uint32(how)<<9 | uint32(index>>4&3)<<12}, TimeoutMsec: formatMsec, Destroys: true}
}

// Sanitize erases all of the controller's namespaces and caches, also over power
// cuts (Base 5.24). The controller goes on by itself when the command is done.
type Sanitize uint32

// The ways to sanitize.
const (
	SanitizeBlock     Sanitize = 2
	SanitizeOverwrite Sanitize = 3
	SanitizeCrypto    Sanitize = 4
)

// StartSanitize begins it.
func StartSanitize(how Sanitize) Command {
	words := [6]uint32{uint32(how)}
	if how == SanitizeOverwrite {
		words[0] |= 1 << 4 // one pass, of zeros
	}
	return Command{What: "sanitize", opcode: opSanitize, words: words, TimeoutMsec: formatMsec, Destroys: true}
}
