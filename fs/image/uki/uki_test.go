package uki

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"mote/fs/image/pe"
	"mote/size/installed"
)

// kernel is as much of a bzImage as is looked at.
func kernel(version string) []byte {
	b := make([]byte, 0x400)
	copy(b[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(b[0x20e:], 0x100)
	copy(b[0x300:], version)
	return b
}

func TestKernelRelease(t *testing.T) {
	if got, err := KernelRelease(kernel("6.12.117 (a@b) #1\x00")); got != "6.12.117" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	far := kernel("6")
	binary.LittleEndian.PutUint16(far[0x20e:], 0xffff)
	for name, b := range map[string][]byte{"empty": nil, "another file": make([]byte, 0x400), "no version": kernel(""),
		"version behind the end": far, "no end": kernel(strings.Repeat("6", 0x100))} {
		if got, err := KernelRelease(b); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestBuild(t *testing.T) {
	stub := installed.Read(t, "/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
	s := Spec{Stub: stub, Kernel: kernel("6.12.1 x\x00"), Words: []string{"quiet", "root=/dev/dm-0"},
		Name: "Mote", Profile: "edge", Version: "1.2"}
	b, err := Build(s)
	if err != nil {
		t.Fatal(err)
	}
	f, err := pe.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{".cmdline": "quiet root=/dev/dm-0", ".uname": "6.12.1", ".linux": string(s.Kernel),
		".osrel": "ID=mote\nNAME=Mote\nPRETTY_NAME=\"Mote 1.2 (edge)\"\nVERSION_ID=1.2\nIMAGE_ID=mote-edge\nIMAGE_VERSION=1.2\n"} {
		if got := string(f.Section(name)); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if f.Section(".initrd") != nil {
		t.Error("there is a root inside that nobody asked for")
	}
	both := s
	both.Microcode, both.Root = []byte("early"), []byte("root")
	if b, err := Build(both); err != nil {
		t.Error(err)
	} else if f, err := pe.Parse(b); err != nil || string(f.Section(".initrd")) != "earlyroot" {
		t.Errorf("microcode and root are %q, %v", f.Section(".initrd"), err)
	}
	if again, err := Build(s); err != nil || !bytes.Equal(again, b) {
		t.Error("the same has other bytes the second time")
	}
	for name, spoil := range map[string]func(*Spec){
		"a long line":      func(s *Spec) { s.Words = []string{strings.Repeat("a", 2048)} },
		"two lines":        func(s *Spec) { s.Words = []string{"a\nb"} },
		"no kernel":        func(s *Spec) { s.Kernel = nil },
		"no stub":          func(s *Spec) { s.Stub = []byte("MZ") },
		"an image as stub": func(s *Spec) { s.Stub = b },
	} {
		bad := s
		spoil(&bad)
		if _, err := Build(bad); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}
