package nvme

import (
	"encoding/binary"
	"math"
	"reflect"
	"testing"
)

// page makes bytes of a length and lets put fill them.
func page(length int, put func(b []byte)) []byte {
	b := make([]byte, length)
	put(b)
	return b
}

var le = binary.LittleEndian

func TestController(t *testing.T) {
	b := page(IdentifyBytes, func(b []byte) {
		le.PutUint16(b[0:], 0x144d)
		le.PutUint16(b[2:], 0x1af4)
		copy(b[4:24], "S4EVNX0R123456      ")
		copy(b[24:64], "A drive of 1 TB\x01                        ")
		copy(b[64:72], "2B2QEXM7")
		b[77] = 5
		le.PutUint16(b[78:], 4)
		le.PutUint32(b[80:], 0x00010400)
		le.PutUint16(b[256:], 1<<1|1<<4)
		b[260] = 3<<1 | 1
		b[262] = 63
		le.PutUint16(b[266:], 358)
		le.PutUint16(b[268:], 0)
		le.PutUint64(b[280:], 1_000_204_886_016)
		le.PutUint16(b[316:], 35)
		le.PutUint32(b[328:], 3)
		le.PutUint32(b[516:], 1)
		b[524] = 1<<1 | 1<<2
		b[525] = 1
		copy(b[768:], "nqn.1994-11.com.example:1\x00rest")
	})
	got, err := DecodeController(b)
	want := Controller{
		VendorID: 0x144d, SubsystemVendorID: 0x1af4, Serial: "S4EVNX0R123456", Model: "A drive of 1 TB?", Firmware: "2B2QEXM7",
		ControllerID: 4, Version: "1.4.0", NQN: "nqn.1994-11.com.example:1", TransferBytesMax: 128 << 10,
		CapacityBytes: 1_000_204_886_016, NamespacesMax: 1, WarningCelsius: 85, ErrorEntriesMax: 64, FirmwareSlots: 3,
		SelfTestMinutes: 35, CanFormat: true, CanSelfTest: true, CanSanitizeCrypto: true, CanSanitizeBlock: true,
		ErasesAll: true, CanEraseCrypto: true, VolatileWriteCache: true,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestNamespace(t *testing.T) {
	b := page(IdentifyBytes, func(b []byte) {
		le.PutUint64(b[0:], 0x1000)
		le.PutUint64(b[8:], 0x1000)
		le.PutUint64(b[16:], 0x0800)
		b[24] = 1
		b[25] = 16
		b[26] = 0<<4 | 0 | 1<<5 // index 16: its high bits stand apart
		le.PutUint32(b[128+4*16:], 12<<16|8)
		copy(b[120:128], []byte{0, 0x25, 0x38, 1, 2, 3, 4, 5})
	})
	got, err := DecodeNamespace(b)
	want := Namespace{SizeBlocks: 0x1000, CapacityBlocks: 0x1000, UsedBlocks: 0x800, BlockBytes: 4096, Format: 16, MetadataBytes: 8,
		EUI64: "0025380102030405", ThinProvisioned: true}
	if err != nil || got != want {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	for what, spoil := range map[string]func(b []byte){
		"no blocks":       func(b []byte) { le.PutUint64(b, 0) },
		"unlisted format": func(b []byte) { b[25] = 15 },
		"blocks of 2^8":   func(b []byte) { b[128+4*16+2] = 8 },
		"blocks of 2^25":  func(b []byte) { b[128+4*16+2] = 25 },
	} {
		bad := append([]byte(nil), b...)
		spoil(bad)
		if _, err := DecodeNamespace(bad); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

func TestActiveEndsAndIsSorted(t *testing.T) {
	ids := func(list ...uint32) []byte {
		return page(IdentifyBytes, func(b []byte) {
			for i, id := range list {
				le.PutUint32(b[4*i:], id)
			}
		})
	}
	if got, err := DecodeActive(ids(1, 3, 9)); err != nil || !reflect.DeepEqual(got, []uint32{1, 3, 9}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := DecodeActive(ids(3, 3)); err == nil {
		t.Errorf("an id twice was taken: %v", got)
	}
}

func TestHealth(t *testing.T) {
	b := page(HealthBytes, func(b []byte) {
		b[0] = 1<<1 | 1<<3
		le.PutUint16(b[1:], 273+41)
		b[3], b[4], b[5] = 97, 10, 105
		le.PutUint64(b[32:], 3)
		le.PutUint64(b[48:], math.MaxUint64)
		le.PutUint64(b[112:], 12)
		le.PutUint64(b[128:], 4321)
		b[128+9] = 1 // past 2^64
		le.PutUint64(b[144:], 2)
		le.PutUint64(b[160:], 1)
		le.PutUint32(b[192:], 7)
		le.PutUint16(b[202:], 273+55)
	})
	got, err := DecodeHealth(b)
	want := Health{Warnings: []string{"a temperature is past a threshold", "the media is read-only"},
		Celsius: 41, SensorsCelsius: []int{55}, SparePercent: 97, SpareThresholdPercent: 10, UsedPercent: 105,
		ReadBytes: 1_536_000, WrittenBytes: math.MaxUint64, PowerCycles: 12, PowerOnHours: math.MaxUint64,
		UnsafeShutdowns: 2, MediaErrors: 1, WarningMinutes: 7}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestFailuresLeaveOutUnused(t *testing.T) {
	b := page(3*ErrorEntryBytes, func(b []byte) {
		le.PutUint64(b[0:], 9)
		le.PutUint16(b[8:], 1)
		le.PutUint16(b[10:], 77)
		le.PutUint16(b[12:], (1<<14|2<<8|0x81)<<1|1) // unrecovered read, don't retry
		le.PutUint64(b[16:], 0xabc)
		le.PutUint32(b[24:], 1)
	})
	got, err := DecodeFailures(b)
	want := []Failure{{Count: 9, Queue: 1, Command: 77, Namespace: 1, FirstBlock: 0xabc, StatusType: 2, Code: 0x81, DoNotRetry: true}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := DecodeFailures(b[:65]); err == nil {
		t.Error("half an entry was taken")
	}
}

func TestFirmwareSlots(t *testing.T) {
	b := page(FirmwareBytes, func(b []byte) {
		b[0] = 2<<4 | 1
		copy(b[8:], "1.0     2.0     ")
	})
	got, err := DecodeFirmwareSlots(b)
	want := FirmwareSlots{Active: 1, Next: 2, Revisions: [7]string{"1.0", "2.0"}}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestSelfTest(t *testing.T) {
	b := page(SelfTestBytes, func(b []byte) {
		b[0], b[1] = 1, 42
		for i := range testsMax {
			b[4+testBytes*i] = resultUnused
		}
		e := b[4:]
		e[0], e[2] = testExtended<<4|7, 2
		le.PutUint64(e[4:], 100)
		le.PutUint64(e[16:], 0xdead)
		e[testBytes] = 1<<4 | 2
	})
	got, err := DecodeSelfTest(b)
	want := SelfTest{Running: true, DonePercent: 42, Results: []TestResult{
		{Extended: true, PowerOnHours: 100, HasBlock: true, FailedBlock: 0xdead}, {Aborted: true}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestShortPagesAreRefused(t *testing.T) {
	for what, decode := range map[string]func(b []byte) error{
		"controller": func(b []byte) error { _, err := DecodeController(b); return err },
		"namespace":  func(b []byte) error { _, err := DecodeNamespace(b); return err },
		"active":     func(b []byte) error { _, err := DecodeActive(b); return err },
		"health":     func(b []byte) error { _, err := DecodeHealth(b); return err },
		"firmware":   func(b []byte) error { _, err := DecodeFirmwareSlots(b); return err },
		"self-test":  func(b []byte) error { _, err := DecodeSelfTest(b); return err },
	} {
		if decode(make([]byte, HealthBytes-1)) == nil {
			t.Errorf("%s: half a page was taken", what)
		}
	}
}

// TestCommands holds the kernel's structure, and the fields that decide what is
// destroyed.
func TestCommands(t *testing.T) {
	for _, tc := range []struct {
		c              Command
		opcode         byte
		namespace      uint32
		word10, word11 uint32
	}{
		{IdentifyController(), 0x06, 0, 1, 0},
		{IdentifyNamespace(7), 0x06, 7, 0, 0},
		{ActiveNamespaces(3), 0x06, 3, 2, 0},
		{ReadHealth(), 0x02, 0xffffffff, 2 | 127<<16, 0},
		{ReadFailures(4), 0x02, 0xffffffff, 1 | 63<<16, 0},
		{ReadSelfTest(), 0x02, 0xffffffff, 6 | 140<<16, 0},
		{StartSelfTest(true), 0x14, 0xffffffff, 2, 0},
		{Format(2, 17, EraseCrypto), 0x80, 2, 1 | 2<<9 | 1<<12, 0},
		{StartSanitize(SanitizeBlock), 0x84, 0, 2, 0},
		{StartSanitize(SanitizeOverwrite), 0x84, 0, 3 | 1<<4, 0},
	} {
		b := tc.c.Append(nil, 0x1122334455667788)
		if len(b) != CommandBytes || b[0] != tc.opcode || u32(b, 4) != tc.namespace || u32(b, 40) != tc.word10 ||
			u32(b, 44) != tc.word11 || u64(b, 24) != 0x1122334455667788 || int(u32(b, 36)) != tc.c.DataBytes ||
			u32(b, 64) != tc.c.TimeoutMsec {
			t.Errorf("%s: % x", tc.c.What, b)
		}
		if destroys := tc.opcode >= 0x80; destroys != tc.c.Destroys {
			t.Errorf("%s: Destroys is %t", tc.c.What, tc.c.Destroys)
		}
	}
}

// FuzzPages: no page makes a decoder panic, whatever its length.
func FuzzPages(f *testing.F) {
	f.Add(make([]byte, IdentifyBytes))
	f.Add(make([]byte, HealthBytes))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = DecodeController(b)
		_, _ = DecodeNamespace(b)
		if list, err := DecodeActive(b); err == nil && len(list) > IdentifyBytes/4 {
			t.Errorf("%d ids in one page", len(list))
		}
		_, _ = DecodeHealth(b)
		_, _ = DecodeFailures(b)
		_, _ = DecodeFirmwareSlots(b)
		if s, err := DecodeSelfTest(b); err == nil && (len(s.Results) > testsMax || s.DonePercent > 100) {
			t.Errorf("%+v", s)
		}
	})
}
