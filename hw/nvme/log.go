package nvme

import "fmt"

// Health is the SMART / Health Information log, LID 02h (Base 5.16.1.3).
// Counters are of the controller's whole life.
type Health struct {
	// Warnings are the bits of Critical Warning in words; none is good.
	Warnings []string
	// Celsius is the composite temperature, SensorsCelsius up to eight others.
	Celsius        int
	SensorsCelsius []int
	// SparePercent of the spare blocks are left; below SpareThresholdPercent the
	// controller warns.
	SparePercent, SpareThresholdPercent uint8
	// UsedPercent is the maker's estimate of the life that is used; it may pass
	// 100, and stays at 255.
	UsedPercent uint8
	// Bytes in units of 512,000, rounded up by the controller.
	ReadBytes, WrittenBytes         uint64
	ReadCommands, WriteCommands     uint64
	BusyMinutes                     uint64
	PowerCycles, PowerOnHours       uint64
	UnsafeShutdowns                 uint64
	MediaErrors, ErrorLogEntries    uint64
	WarningMinutes, CriticalMinutes uint32 // spent above the thresholds
}

// warnings are the bits of byte 0.
var warnings = [...]string{
	"spare blocks are below the threshold",
	"a temperature is past a threshold",
	"the media or the controller is degraded",
	"the media is read-only",
	"the backup of volatile memory failed",
	"the persistent memory region is read-only or unreliable",
}

// unitBytes is the unit of Data Units Read and Written: a thousand blocks of 512.
const unitBytes = 512_000

// DecodeHealth reads the log.
func DecodeHealth(b []byte) (Health, error) {
	if len(b) < HealthBytes {
		return Health{}, short("health", len(b), HealthBytes)
	}
	h := Health{
		SparePercent: b[3], SpareThresholdPercent: b[4], UsedPercent: b[5],
		ReadBytes: times(u128(b, 32), unitBytes), WrittenBytes: times(u128(b, 48), unitBytes),
		ReadCommands: u128(b, 64), WriteCommands: u128(b, 80),
		BusyMinutes: u128(b, 96), PowerCycles: u128(b, 112), PowerOnHours: u128(b, 128),
		UnsafeShutdowns: u128(b, 144), MediaErrors: u128(b, 160), ErrorLogEntries: u128(b, 176),
		WarningMinutes: u32(b, 192), CriticalMinutes: u32(b, 196),
	}
	h.Celsius, _ = celsius(u16(b, 1))
	for bit, what := range warnings {
		if b[0]>>bit&1 != 0 {
			h.Warnings = append(h.Warnings, what)
		}
	}
	for at := 200; at < 216; at += 2 {
		if degrees, is := celsius(u16(b, at)); is {
			h.SensorsCelsius = append(h.SensorsCelsius, degrees)
		}
	}
	return h, nil
}

// times multiplies and stays at the largest number.
func times(a, b uint64) uint64 {
	if a > ^uint64(0)/b {
		return ^uint64(0)
	}
	return a * b
}

// Failure is an entry of the Error Information log, LID 01h (Base 5.16.1.2).
type Failure struct {
	// Count numbers the failures of the controller's life, from 1.
	Count            uint64
	Queue, Command   uint16
	Namespace        uint32
	FirstBlock       uint64
	StatusType, Code uint8
	// DoNotRetry: the same command would fail again.
	DoNotRetry bool
}

// DecodeFailures reads the log, newest first; entries without a count were never
// used.
func DecodeFailures(b []byte) ([]Failure, error) {
	if len(b)%ErrorEntryBytes != 0 {
		return nil, fmt.Errorf("nvme: the error log has %d bytes, which is no number of entries of %d", len(b), ErrorEntryBytes)
	}
	var list []Failure
	for ; len(b) > 0; b = b[ErrorEntryBytes:] {
		if u64(b, 0) == 0 {
			continue
		}
		// Bit 0 is the phase tag; the status field proper stands above it.
		status := u16(b, 12) >> 1
		list = append(list, Failure{
			Count: u64(b, 0), Queue: u16(b, 8), Command: u16(b, 10),
			FirstBlock: u64(b, 16), Namespace: u32(b, 24),
			Code: uint8(status), StatusType: uint8(status >> 8 & 7), DoNotRetry: status>>14&1 != 0,
		})
	}
	return list, nil
}

// FirmwareSlots is the Firmware Slot Information log, LID 03h (Base 5.16.1.4).
type FirmwareSlots struct {
	// Active runs now; Next runs after the next reset, 0 if that changes nothing.
	Active, Next int
	// Revisions are those of slots 1 to 7; empty is an empty slot.
	Revisions [7]string
}

// DecodeFirmwareSlots reads the log.
func DecodeFirmwareSlots(b []byte) (FirmwareSlots, error) {
	if len(b) < FirmwareBytes {
		return FirmwareSlots{}, short("firmware slots", len(b), FirmwareBytes)
	}
	f := FirmwareSlots{Active: int(b[0] & 7), Next: int(b[0] >> 4 & 7)}
	for i := range f.Revisions {
		f.Revisions[i] = text(b[8+8*i:][:8])
	}
	return f, nil
}

// SelfTest is the Device Self-test log, LID 06h (Base 5.16.1.7).
type SelfTest struct {
	// Running says that one is under way, DonePercent how far it is.
	Running     bool
	DonePercent uint8
	// Results are the last twenty, newest first.
	Results []TestResult
}

// TestResult is what one self-test found.
type TestResult struct {
	Extended, Passed, Aborted bool
	// PowerOnHours is when it ended, by the controller's life.
	PowerOnHours uint64
	// FailedBlock is the first block that failed, if HasBlock.
	HasBlock    bool
	FailedBlock uint64
}

const (
	testsMax      = 20
	testBytes     = 28
	resultUnused  = 0xf
	resultPassed  = 0
	resultAborted = 4 // 1 to 4, 8 and 9 are ways to be aborted
	testExtended  = 2
)

// DecodeSelfTest reads the log.
func DecodeSelfTest(b []byte) (SelfTest, error) {
	if len(b) < SelfTestBytes {
		return SelfTest{}, short("self-test", len(b), SelfTestBytes)
	}
	s := SelfTest{Running: b[0]&0xf != 0}
	if s.Running {
		s.DonePercent = min(b[1]&0x7f, 100)
	}
	for i := range testsMax {
		e := b[4+testBytes*i:][:testBytes]
		result := e[0] & 0xf
		if result == resultUnused {
			continue
		}
		s.Results = append(s.Results, TestResult{
			Extended: e[0]>>4 == testExtended, Passed: result == resultPassed,
			Aborted:      result >= 1 && result <= resultAborted || result == 8 || result == 9,
			PowerOnHours: u64(e, 4),
			HasBlock:     e[2]&2 != 0, FailedBlock: u64(e, 16),
		})
	}
	return s, nil
}
