//go:build qemu

package imagecmd

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/fs/image/assemble"
	"mote/fs/image/disk"
	"mote/fs/image/keyset"
	"mote/fs/image/pe"
	"mote/fs/image/release"
	"mote/fs/image/secureboot"
	"mote/size/installed"
)

const (
	firmware  = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
	variables = "/usr/share/OVMF/OVMF_VARS_4M.fd"
	readyText = "] ready"
)

// factory makes releases of the real kernel and the edge root.
type factory struct {
	spec assemble.Spec
	// vars are the firmware's variables with the keys enrolled.
	vars []byte
}

func newFactory(t *testing.T) *factory {
	t.Helper()
	root, err := image.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	profile, err := image.FindProfile(root, "edge")
	if err != nil {
		t.Fatal(err)
	}
	built, err := image.Build(t.Context(), profile.Spec(root, "amd64"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := keyset.Create(filepath.Join(t.TempDir(), "keys"), "Test", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	// What the kernel refuses shall be seen: errors on the console too.
	f := &factory{spec: assemble.Spec{Version: "1.0", Profile: "edge", Arch: "amd64", Counter: 1, BuiltSec: 1767225600,
		Words: append(Words(), "loglevel=4"), Keys: set}}
	f.spec.Kernel = read(t, filepath.Join(root, "build", "bzImage"))
	f.spec.Root = read(t, built.Out)
	const efi = "/usr/lib/systemd/boot/efi/"
	installed.File(t, firmware)
	if f.spec.Stub, err = assemble.ReadPinned("systemd-stub", installed.Read(t, efi+"linuxx64.efi.stub")); err != nil {
		t.Fatal(err)
	}
	if f.spec.Loader, err = assemble.ReadPinned("systemd-boot", installed.Read(t, efi+"systemd-bootx64.efi")); err != nil {
		t.Fatal(err)
	}
	if f.vars, err = secureboot.Enrol(installed.Read(t, variables), set.Boot); err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// release makes one of a version, whose parts the caller may change.
func (f *factory) release(t *testing.T, version string) disk.Release {
	t.Helper()
	spec := f.spec
	spec.Version = version
	made, err := assemble.Build(spec)
	if err != nil {
		t.Fatal(err)
	}
	return disk.Release{Header: made.Header, Parts: made.Parts, Head: made.Head}
}

// machine is one that boots a disk with the slots under Secure Boot.
func (f *factory) machine(t *testing.T, sectorBytes int, auth map[string][]byte, slots ...disk.Release) vm.Config {
	t.Helper()
	layout, err := disk.Lay(slots, sectorBytes, auth)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	raw, vars := filepath.Join(dir, "disk.raw"), filepath.Join(dir, "vars.fd")
	if _, err := disk.Write(raw, layout); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vars, f.vars, 0o600); err != nil {
		t.Fatal(err)
	}
	return vm.Config{MemoryBytes: 256 << 20, Firmware: &vm.Firmware{Code: firmware, Vars: vars, Secure: true},
		Disks: []vm.Disk{{Path: raw, SectorBytes: sectorBytes}}, RNG: true}
}

// refused waits until somebody refuses to start something, and fails if a kernel
// starts instead.
func refused(t *testing.T, v *vm.VM) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), vmtest.Limit)
	defer cancel()
	line, err := v.WaitMatch(ctx, "a refusal", func(line string) bool {
		line = strings.ToLower(line)
		return strings.Contains(line, "access denied") || strings.Contains(line, "security violation") ||
			strings.Contains(line, "security policy violation") || started(line)
	})
	if err != nil {
		t.Fatal(err)
	}
	if started(strings.ToLower(line.Text)) {
		t.Fatalf("a changed image was started: %s", line.Text)
	}
	t.Log(line.Text)
}

// started says whether a line is of a kernel, or of what it starts.
func started(line string) bool {
	return strings.Contains(line, "efi stub:") || strings.Contains(line, "mote 0.")
}

// section is a part of a program, for the caller to change in place.
func section(t *testing.T, program []byte, name string) []byte {
	t.Helper()
	f, err := pe.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	b := f.Section(name)
	if len(b) == 0 {
		t.Fatalf("no section %s", name)
	}
	return b
}

// changed are releases that an attacker who can write the disk makes of a good
// one. Each must be refused by firmware.
func changed(f *factory) []struct {
	name   string
	change func(t *testing.T, p release.Contents)
} {
	flip := func(k release.Kind, name string) func(*testing.T, release.Contents) {
		return func(t *testing.T, p release.Contents) {
			b := section(t, p[k], name)
			b[len(b)/2] ^= 1
		}
	}
	return []struct {
		name   string
		change func(t *testing.T, p release.Contents)
	}{
		{"command line", func(t *testing.T, p release.Contents) {
			// The same length, so that nothing else changes.
			b := section(t, p[release.KindUKI], ".cmdline")
			at := bytes.Index(b, []byte("panic=1 "))
			copy(b[at:], "panic=0 ")
		}},
		{"kernel", flip(release.KindUKI, ".linux")},
		{"stub", flip(release.KindUKI, ".text")},
		{"loader", flip(release.KindLoader, ".text")},
		{"kernel without a signature", func(t *testing.T, p release.Contents) {
			p[release.KindUKI] = unsigned(t, p[release.KindUKI])
		}},
		{"loader without a signature", func(t *testing.T, p release.Contents) {
			p[release.KindLoader] = unsigned(t, p[release.KindLoader])
		}},
		{"kernel signed by another", func(t *testing.T, p release.Contents) {
			other, err := secureboot.NewSigner("Test db", time.Now(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if p[release.KindUKI], err = secureboot.SignProgram(p[release.KindUKI], other); err != nil {
				t.Fatal(err)
			}
		}},
		{"root inside", func(t *testing.T, p release.Contents) {
			b, err := assemble.Netboot(f.spec)
			if err != nil {
				t.Fatal(err)
			}
			root := section(t, b, ".initrd")
			root[len(root)/2] ^= 1
			p[release.KindUKI] = b
		}},
	}
}

// unsigned is a program with its signature taken off, and no trace of it.
func unsigned(t *testing.T, program []byte) []byte {
	t.Helper()
	f, err := pe.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	b := bytes.Clone(program[:len(program)-len(f.Signature())])
	// The fifth directory of the optional header, see package pe.
	header := int(binary.LittleEndian.Uint32(b[0x3c:])) + 24
	clear(b[header+144 : header+152])
	return b
}

// TestQEMUSecureBoot boots a release, and not the same with another word.
func TestQEMUSecureBoot(t *testing.T) {
	f := newFactory(t)
	t.Run("as it was signed", func(t *testing.T) {
		v := vmtest.Start(t, f.machine(t, 512, nil, f.release(t, "1.0")))
		vmtest.WaitLine(t, v, "UEFI Secure Boot is enabled")
		vmtest.WaitLine(t, v, readyText)
		// What the node says of itself is what this machine has.
		line := vmtest.WaitLine(t, v, "security: protected: ").Text
		for _, want := range []string{"firmware starts what the owner signed", "each block of the root (verity)", "older releases are refused"} {
			if !strings.Contains(line, want) {
				t.Errorf("does not say %q: %s", want, line)
			}
		}
		line = vmtest.WaitLine(t, v, "not protected: ").Text
		for _, want := range []string{"failed boots are not counted", "hangs before PID 1", "no TPM"} {
			if !strings.Contains(line, want) {
				t.Errorf("does not say %q: %s", want, line)
			}
		}
	})
	t.Run("with another word", func(t *testing.T) {
		slot := f.release(t, "1.0")
		changed(f)[0].change(t, slot.Parts)
		refused(t, vmtest.Start(t, f.machine(t, 512, nil, slot)))
	})
}

// TestQEMURootInside boots the kernel that has the root inside: firmware reads
// it, as it would over HTTP, and then there is no disk in use.
func TestQEMURootInside(t *testing.T) {
	f := newFactory(t)
	slot := f.release(t, "1.0")
	var err error
	if slot.Parts[release.KindUKI], err = assemble.Netboot(f.spec); err != nil {
		t.Fatal(err)
	}
	v := vmtest.Start(t, f.machine(t, 512, nil, slot))
	vmtest.WaitLine(t, v, "UEFI Secure Boot is enabled")
	vmtest.WaitLine(t, v, readyText)
}
