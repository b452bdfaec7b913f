package hw

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mote/wire"
)

func TestDecodeCrashHead(t *testing.T) {
	for text, want := range map[string]string{
		"Panic#2 Part1\nlog": "Panic 2 1 log", "Oops#1 Part12\n": "Oops 1 12 ", "Panic#1 Part0\nx": "", "Panic#1 Part1": "",
		"": "", "\n": "", "#1 Part1\n": "", "Panic# Part1\n": "", "Panic#1 Part\n": "", "Panic#1 Pare1\n": "", "Panic #1 Part1\n": "",
		"Panic#4294967296 Part1\n": "", "\x28\xb5\x2f\xfd\n": "",
	} {
		got := ""
		if head, rest, ok := DecodeCrashHead([]byte(text)); ok {
			got = string(head.Kind) + " " + wire.Decimal(uint64(head.Count)) + " " + wire.Decimal(uint64(head.Part)) + " " + string(rest)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestNextLogLine(t *testing.T) {
	for line, want := range map[string]struct {
		nsec int64
		text string
	}{
		"<0>[   12.000034] Kernel panic - not syncing: x": {12_000_034_000, "Kernel panic - not syncing: x"},
		"[    0.100000] a": {100_000_000, "a"}, "<6>[12345.999999]b": {12_345_999_999_000, "b"},
		"plain": {0, "plain"}, "<6>": {0, "<6>"}, "[": {0, "["}, "[]": {0, "[]"}, "[x.123456] y": {0, "[x.123456] y"},
		"[1.12345] y": {0, "[1.12345] y"}, "<": {0, "<"}, "": {0, ""}, "[99999999999.000000] z": {0, "[99999999999.000000] z"},
	} {
		nsec, text, rest := NextLogLine([]byte(line + "\nrest"))
		if nsec != want.nsec || string(text) != want.text || string(rest) != "rest" {
			t.Errorf("%q is %d %q, rest %q", line, nsec, text, rest)
		}
	}
}

func TestCrashReason(t *testing.T) {
	for text, want := range map[string]string{"Kernel panic - not syncing: Out of memory": "Out of memory", "Kernel panic": "", "": "",
		"x Kernel panic - not syncing: y": ""} {
		if got := string(CrashReason([]byte(text))); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// crashes is a store with an oops and a panic, in three pieces and one that nobody
// can read.
func crashes() *fake {
	return &fake{files: map[string]string{
		CrashFolder:                   "dmesg-erst-4 dmesg-erst-9.enc.z console-ramoops-0 dmesg-erst-1 dmesg-erst-3 dmesg- dmesg-erst-2",
		CrashFolder + "/dmesg-erst-1": "Oops#1 Part1\na", CrashFolder + "/dmesg-erst-2": "Panic#2 Part1\nd",
		CrashFolder + "/dmesg-erst-3": "Panic#2 Part2\nc", CrashFolder + "/dmesg-erst-4": "Oops#1 Part2\nb",
		CrashFolder + "/dmesg-erst-9.enc.z": "garbage",
	}}
}

func TestFindCrashRecords(t *testing.T) {
	f := crashes()
	var out [CrashRecordsMax]CrashRecord
	count, errno := FindCrashRecords(f, &out)
	var names []string
	for i := range out[:count] {
		names = append(names, strings.TrimPrefix(out[i].Path(), CrashFolder+"/dmesg-erst-"))
	}
	if got := strings.Join(names, " "); errno != 0 || got != "4 1 3 2 9.enc.z" {
		t.Errorf("%s, %v", got, errno)
	}
	if len(f.open) != 0 {
		t.Errorf("left open: %v", f.open)
	}
	if count > 0 && out[count-1].Readable {
		t.Error("what can't be read counts as readable")
	}
}

func TestFindCrashRecordsInTrouble(t *testing.T) {
	var out [CrashRecordsMax]CrashRecord
	for _, call := range []string{"open " + CrashFolder, "getdents"} {
		f := crashes()
		f.fails = map[string]unix.Errno{call: unix.EMFILE}
		if _, errno := FindCrashRecords(f, &out); errno != unix.EMFILE {
			t.Errorf("%s: %v", call, errno)
		}
		if len(f.open) != 0 {
			t.Errorf("%s: left open: %v", call, f.open)
		}
	}
	f := crashes()
	f.short = true
	if count, errno := FindCrashRecords(f, &out); errno != 0 || count != 5 || !out[3].Readable {
		t.Errorf("read byte by byte: %d records, %v", count, errno)
	}
	// One that can't be opened now is left out, and so not erased.
	f = crashes()
	f.fails = map[string]unix.Errno{"open " + CrashFolder + "/dmesg-erst-2": unix.EMFILE}
	if count, errno := FindCrashRecords(f, &out); errno != unix.EMFILE || count != 4 {
		t.Errorf("%d records, %v", count, errno)
	}
	// More than there is room for: the first ones.
	many := &fake{files: map[string]string{}}
	for n := range uint32(2 * CrashRecordsMax) {
		many.files[CrashFolder] += " dmesg-efi_pstore-" + wire.Decimal(uint64(n))
		many.files[CrashFolder+"/dmesg-efi_pstore-"+wire.Decimal(uint64(n))] = "Panic#1 Part" + wire.Decimal(uint64(n)+1) + "\n"
	}
	if count, errno := FindCrashRecords(many, &out); errno != 0 || count != CrashRecordsMax || out[count-1].Part != 1 {
		t.Errorf("%d records, %v", count, errno)
	}
}

func FuzzCrashRecord(f *testing.F) {
	f.Add([]byte("Panic#2 Part1\n<0>[   12.000034] Kernel panic - not syncing: x\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, rest, ok := DecodeCrashHead(b)
		if !ok && rest != nil {
			t.Fatal("a rest of what is no record")
		}
		lines := 0
		for len(rest) > 0 {
			before := len(rest)
			var nsec int64
			var text []byte
			nsec, text, rest = NextLogLine(rest)
			if len(rest) >= before || nsec < 0 || len(text) > before {
				t.Fatalf("%d of %d bytes are left, %d ns", len(rest), before, nsec)
			}
			CrashReason(text)
			lines++
		}
		if lines > strings.Count(string(b), "\n")+1 {
			t.Fatalf("%d lines", lines)
		}
	})
}
