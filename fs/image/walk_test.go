package image

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseListed(t *testing.T) {
	for _, c := range []struct {
		line string
		want Found
	}{
		{"-rwxr-xr-x 0/0                 1400000 2026-01-01 00:00 squashfs-root/init",
			Found{Path: "/init", Kind: KindFile, Mode: 0o755, SizeBytes: 1400000}},
		{"drwxr-x--- 1000/65535               72 2026-01-01 00:00 squashfs-root/a/b",
			Found{Path: "/a/b", Kind: KindFolder, Mode: 0o750, UID: 1000, GID: 65535, SizeBytes: 72}},
		{"drwxr-xr-x 0/0                      72 2026-01-01 00:00 squashfs-root",
			Found{Path: "", Kind: KindFolder, Mode: 0o755, SizeBytes: 72}},
		{"crw------- 0/0                   5,  1 2026-01-01 00:00 squashfs-root/dev/console",
			Found{Path: "/dev/console", Kind: KindChar, Mode: 0o600, Major: 5, Minor: 1}},
		{"crw------- 0/0                 240,255 2026-01-01 00:00 squashfs-root/dev/x",
			Found{Path: "/dev/x", Kind: KindChar, Mode: 0o600, Major: 240, Minor: 255}},
		{"lrwxrwxrwx 0/0                      18 2026-01-01 00:00 squashfs-root/etc/x -> ../run/x",
			Found{Path: "/etc/x", Kind: KindLink, Mode: 0o777, SizeBytes: 18, Target: "../run/x"}},
		{"-rwsr-xr-x 0/0                       1 2026-01-01 00:00 squashfs-root/s",
			Found{Path: "/s", Kind: KindFile, Mode: 0o4755, SizeBytes: 1}},
		{"-rwSr-Sr-T 0/0                       1 2026-01-01 00:00 squashfs-root/s",
			Found{Path: "/s", Kind: KindFile, Mode: 0o7644, SizeBytes: 1}},
		{"drwxr-sr-t 0/0                       3 2026-01-01 00:00 squashfs-root/t",
			Found{Path: "/t", Kind: KindFolder, Mode: 0o3755, SizeBytes: 3}},
		// What no Kind names is still seen, and nothing declares it.
		{"brw------- 0/0                   8,  1 2026-01-01 00:00 squashfs-root/sda1",
			Found{Path: "/sda1", Mode: 0o600, Major: 8, Minor: 1}},
	} {
		got, err := parseListed(c.line)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if got.Path != c.want.Path || got.Kind != c.want.Kind || got.Mode != c.want.Mode || got.UID != c.want.UID ||
			got.GID != c.want.GID || got.SizeBytes != c.want.SizeBytes || got.Target != c.want.Target ||
			got.Major != c.want.Major || got.Minor != c.want.Minor {
			t.Errorf("%s:\n got %+v\nwant %+v", c.line, got, c.want)
		}
	}
	for _, line := range []string{
		"",
		"Parallel unsquashfs: Using 2 processors",
		"-rwxr-xr-x 0/0 1400000 2026-01-01 00:00 elsewhere/init",
		"-rwxr-xr-x root/root 1400000 2026-01-01 00:00 squashfs-root/init",
		"-rwxr-xr-x 0/0 many 2026-01-01 00:00 squashfs-root/init",
		"-rwxr-xr-x 0/0 1 2026-01-01 00:00 squashfs-root/a b",
		"-rwx 0/0 1 2026-01-01 00:00 squashfs-root/a",
		"crw------- 0/0 5 2026-01-01 00:00 squashfs-root/dev/console",
	} {
		if got, err := parseListed(line); err == nil {
			t.Errorf("%q was read as %+v", line, got)
		}
	}
}

// tinyELF is a 64-bit ELF header (elf(5), 64 bytes) for a machine with one
// program header (56 bytes) of a type.
func tinyELF(machine uint16, segment uint32) []byte {
	b := make([]byte, 64+56)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)       // e_type: ET_EXEC
	le.PutUint16(b[18:], machine) // e_machine
	le.PutUint32(b[20:], 1)       // e_version
	le.PutUint64(b[32:], 64)      // e_phoff
	le.PutUint16(b[52:], 64)      // e_ehsize
	le.PutUint16(b[54:], 56)      // e_phentsize
	le.PutUint16(b[56:], 1)       // e_phnum
	le.PutUint32(b[64:], segment) // p_type
	return b
}

// Numbers of elf(5).
const (
	emX8664   = 62
	emAArch64 = 183
	ptLoad    = 1
	ptDynamic = 2
	ptInterp  = 3
)

func TestInspectFinds(t *testing.T) {
	const why = "a test"
	static := Entry{Path: "/init", Kind: KindFile, Mode: 0o755, Content: tinyELF(emX8664, ptLoad), Reason: why}
	file := func(mode uint32, content []byte) Entry {
		return Entry{Path: "/x", Kind: KindFile, Mode: mode, Content: content, Reason: why}
	}
	for _, c := range []struct {
		name string
		in   Entry  // what is in the image
		said *Entry // what was declared, when it is something else
		want string
	}{
		{"nothing", file(0o644, []byte("text")), nil, ""},
		{"a static program", file(0o755, tinyELF(emX8664, ptLoad)), nil, ""},
		{"a program with an interpreter", file(0o755, tinyELF(emX8664, ptInterp)), nil, "/x: is dynamic"},
		{"a shared object", file(0o755, tinyELF(emX8664, ptDynamic)), nil, "/x: is dynamic"},
		{"a shared object that nobody may run", file(0o644, tinyELF(emX8664, ptDynamic)), nil, "/x: is dynamic"},
		{"another machine's program", file(0o755, tinyELF(emAArch64, ptLoad)), nil, "/x: is for EM_AARCH64"},
		{"half a program", file(0o755, tinyELF(emX8664, ptLoad)[:40]), nil, "/x: is a damaged ELF"},
		{"a script", file(0o755, []byte("#!/bin/sh\n")), nil, "/x: is a script"},
		{"a script that nobody may run", file(0o644, []byte("#!/bin/sh\n")), nil, "/x: is a script"},
		{"a text that may be run", file(0o755, []byte("text")), nil, "/x: may be executed, but is no ELF"},
		{"setuid", file(0o4755, tinyELF(emX8664, ptLoad)), nil, "/x: has a setuid"},
		{"setgid", file(0o2755, tinyELF(emX8664, ptLoad)), nil, "/x: has a setuid or setgid"},
		{"everybody's file", file(0o646, nil), nil, "/x: is writable for everybody"},
		{"everybody's folder", Entry{Path: "/x", Kind: KindFolder, Mode: 0o777, Reason: why}, nil,
			"/x: is writable for everybody"},
		{"no reason", file(0o644, nil), &Entry{Path: "/x", Kind: KindFile, Mode: 0o644}, "/x: nobody declared it"},
		{"not declared", file(0o644, nil), &Entry{Path: "/init", Kind: KindFile, Mode: 0o755, Reason: why},
			"/x: nobody declared it"},
		{"another mode", file(0o644, nil), &Entry{Path: "/x", Kind: KindFile, Mode: 0o640, Reason: why},
			"/x: is file 644 0:0, declared as file 640 0:0"},
		{"another owner", file(0o644, nil), &Entry{Path: "/x", Kind: KindFile, Mode: 0o644, UID: 9, Reason: why},
			"declared as file 644 9:0"},
		{"another device", Entry{Path: "/x", Kind: KindChar, Mode: 0o600, Major: 1, Minor: 1, Reason: why},
			&Entry{Path: "/x", Kind: KindChar, Mode: 0o600, Major: 1, Minor: 3, Reason: why}, "/x: is char"},
		{"missing", static, &Entry{Path: "/y", Kind: KindFile, Reason: why}, "/y: is declared, but not in the image"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Table{static}
			if c.in.Path != static.Path {
				in = append(in, c.in)
			}
			declared := in
			if c.said != nil {
				declared = Table{static, *c.said}
			}
			needPacker(t)
			out := filepath.Join(t.TempDir(), "x.squashfs")
			if err := quick().write(t.Context(), in, out); err != nil {
				t.Fatal(err)
			}
			found, err := Walk(t.Context(), out)
			if err != nil {
				t.Fatal(err)
			}
			err = Inspect(found, declared)
			if c.want == "" && err != nil {
				t.Fatalf("found fault: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestWalkRefusesWhatIsNoImage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x")
	mustWrite(t, file, "not a file system")
	if _, err := Walk(t.Context(), file); err == nil {
		t.Error("a text was walked")
	}
}

func FuzzParseListed(f *testing.F) {
	f.Add("-rwxr-xr-x 0/0                 1400000 2026-01-01 00:00 squashfs-root/init")
	f.Add("crw------- 0/0                   5,  1 2026-01-01 00:00 squashfs-root/dev/console")
	f.Add("lrwxrwxrwx 0/0                      18 2026-01-01 00:00 squashfs-root/etc/x -> ../run/x")
	f.Add(" -> , ")
	f.Fuzz(func(t *testing.T, line string) {
		got, err := parseListed(line)
		if err == nil && (got.Mode > 0o7777 || strings.ContainsAny(got.Path, " \t\n") || !strings.Contains(line, listedRoot+got.Path)) {
			t.Errorf("%q was read as %+v", line, got)
		}
	})
}
