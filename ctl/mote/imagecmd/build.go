package imagecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
	"mote/ctl/vm"
	"mote/fs/image"
	"mote/fs/image/assemble"
	"mote/fs/image/disk"
	"mote/fs/image/keyset"
	"mote/fs/image/microcode"
	"mote/fs/image/release"
	"mote/fs/image/uki"
)

// buildLong is the help.
const buildLong = `Makes a release from a kernel, a profile's programs and an owner's keys, without
root and without containers:

  mote-VERSION-PROFILE-ARCH.mote      the signed release file
  mote-VERSION-PROFILE-ARCH.raw       a raw disk with it in slot A, for dd or a VM
  mote-VERSION-PROFILE-ARCH.efi       a kernel with the root inside, for netboot
  mote-VERSION-PROFILE-ARCH.spdx.json what it is made of
  mote-VERSION-PROFILE-ARCH.pcr.json  what register 11 of a TPM will have with it, and
                                      a policy over that, signed with the db key;
                                      …-netboot.pcr.json the same for the netboot kernel
  mote-VERSION-PROFILE-ARCH-installer.iso  with --installer: a CD, and as well a USB
                                      stick, that puts the release onto a disk

The same inputs, keys and time give the same bytes. The time is --time, or
SOURCE_DATE_EPOCH, or now. Loader and stub are the distribution's, of versions
that were tried; --untried takes others. With --microcode the kernel updates the
processors first thing, with --firmware drivers find theirs in the root; the files
are the makers', and their licences yours to keep (kconfig/README.md, "Firmware").`

// buildFlags are the flags of `mote image build`.
type buildFlags struct {
	keys, kernel, root, profile, version string
	manifest, machine, firmware          string
	stub, loader, out, time              string
	words, microcode, extensions         []string
	counter                              uint64
	sector                               int
	enrol, untried                       bool
	installer, overwrite                 bool
	installTo, installThen               string
}

func newBuild() *cobra.Command {
	var f buildFlags
	c := &cobra.Command{
		Use:   "build --keys DIR",
		Short: "Make a signed release, a raw disk and a netboot kernel",
		Long:  buildLong,
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return f.run(c.Context(), c.OutOrStdout()) },
	}
	const efi = "/usr/lib/systemd/boot/efi/"
	flags := c.Flags()
	flags.StringVar(&f.keys, "keys", "", "the folder that `mote image keys` made")
	flags.StringVar(&f.kernel, "kernel", filepath.Join("build", "bzImage"), "the kernel, a bzImage")
	flags.StringVar(&f.root, "root", "", "a SquashFS to take instead of building the profile's")
	flags.StringVar(&f.profile, "profile", "edge", "what is in the root")
	flags.StringVar(&f.manifest, "manifest", "", "what the node shall be, a YAML document, instead of the profile's")
	flags.StringArrayVar(&f.extensions, "extension", nil, "programs and files of yours for the root: a folder, or a SquashFS, as FILE,sha256=DIGITS if it must be a certain one; may be given again")
	flags.StringVar(&f.machine, "for", "", "the machine that the manifest is for, by its inventory's JSON")
	flags.StringVar(&f.version, "version", "0.0.0-dev", "the release's version")
	flags.Uint64Var(&f.counter, "counter", 1, "the security counter; raise it to shut out what is older")
	flags.StringVar(&f.time, "time", "", "the time of signing, in seconds since 1970")
	flags.StringVar(&f.stub, "stub", efi+"linuxx64.efi.stub", "systemd-stub")
	flags.StringVar(&f.loader, "loader", efi+"systemd-bootx64.efi", "systemd-boot")
	flags.BoolVar(&f.untried, "untried", false, "take a loader and a stub of another version than were tried")
	flags.StringArrayVar(&f.words, "word", nil, "a further kernel word; may be given again")
	flags.StringArrayVar(&f.microcode, "microcode", nil, "processor updates to put in, a file or a folder such as /lib/firmware/intel-ucode; may be given again")
	flags.StringVar(&f.firmware, "firmware", "", "a folder such as /lib/firmware, of whose files the built-in drivers' go into the root")
	flags.IntVar(&f.sector, "sector", 512, "the raw disk's sector in bytes, 512 or 4096")
	flags.BoolVar(&f.enrol, "enrol", false, "put the public keys on the raw disk: its first boot enrols them on a machine in setup mode")
	flags.BoolVar(&f.installer, "installer", false, "make the medium that installs")
	flags.StringVar(&f.installTo, "install-to", "auto", "the disk that it installs to, as nvme0n1; auto is the only one that is fixed and empty")
	flags.BoolVar(&f.overwrite, "install-overwrite", false, "let it overwrite what is on the disk")
	flags.StringVar(&f.installThen, "install-then", "poweroff", "what it does then: stay, poweroff or reboot")
	flags.StringVarP(&f.out, "out", "o", "build", "the folder for what is made")
	return c
}

// Words are the kernel words of every release, beside those that mount its root.
func Words() []string {
	return append(vm.MoteWords(),
		"console=ttyS0,115200",
		// A kernel that hangs becomes one that restarts, and is counted. A task that
		// waits for ever is no such hang, see init/core/sysctl.go.
		"softlockup_panic=1", "nmi_watchdog=panic")
}

func (f *buildFlags) run(ctx context.Context, out io.Writer) error {
	begun := time.Now()
	if f.keys == "" {
		return errors.New("image build: --keys is missing; make some with mote image keys DIR")
	}
	if !slices.Contains([]string{"stay", "poweroff", "reboot"}, f.installThen) {
		return exit.With(exit.Usage, fmt.Errorf("image build: --install-then %s; give stay, poweroff or reboot", f.installThen))
	}
	set, err := keyset.Load(f.keys)
	if err != nil {
		return err
	}
	spec := assemble.Spec{Version: f.version, Profile: f.profile, Arch: "amd64", Counter: f.counter,
		Words: append(Words(), f.words...), Keys: set}
	if spec.BuiltSec, err = f.builtSec(begun); err != nil {
		return err
	}
	if err := f.pinned(&spec); err != nil {
		return err
	}
	if spec.Kernel, err = os.ReadFile(f.kernel); err != nil {
		return fmt.Errorf("image build: %w; make one with make kernel, or name it with --kernel", err)
	}
	if len(f.microcode) > 0 {
		if spec.Microcode, err = microcode.Read(f.microcode); err != nil {
			return fmt.Errorf("image build: %w", err)
		}
	}
	root, err := f.rootFile(ctx)
	if err != nil {
		return err
	}
	if spec.Root, err = os.ReadFile(root); err != nil {
		return fmt.Errorf("image build: %w", err)
	}
	made, err := assemble.Build(spec)
	if err != nil {
		return err
	}
	if err := f.write(ctx, out, spec, made, root); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "made in %.1f s\n", time.Since(begun).Seconds())
	return err
}

// builtSec is the time of signing.
func (f *buildFlags) builtSec(now time.Time) (int64, error) {
	text := f.time
	if text == "" {
		text = os.Getenv("SOURCE_DATE_EPOCH")
	}
	if text == "" {
		return now.Unix(), nil
	}
	sec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || sec < 0 {
		return 0, fmt.Errorf("image build: time %q: give seconds since 1970", text)
	}
	return sec, nil
}

// pinned reads loader and stub.
func (f *buildFlags) pinned(spec *assemble.Spec) error {
	for _, p := range []struct {
		name, file string
		to         *assemble.Pinned
	}{{"systemd-stub", f.stub, &spec.Stub}, {"systemd-boot", f.loader, &spec.Loader}} {
		b, err := os.ReadFile(p.file)
		if err != nil {
			return fmt.Errorf("image build: %w; install the package systemd-boot-efi", err)
		}
		if *p.to, err = assemble.ReadPinned(p.name, b); err != nil {
			return err
		}
		if !p.to.Tried() && !f.untried {
			return fmt.Errorf("image build: %s %s was never tried with Mote; run the tests with it, then give --untried", p.name, p.to.Version)
		}
	}
	return nil
}

// rootFile returns the SquashFS, built now unless one was given.
func (f *buildFlags) rootFile(ctx context.Context) (string, error) {
	switch {
	case f.root != "" && f.manifest != "":
		return "", exit.With(exit.Usage, errors.New("image build: --root has a manifest in it already; leave out one of --root and --manifest"))
	case f.root != "" && f.firmware != "":
		return "", exit.With(exit.Usage, errors.New("image build: --firmware is for a root that is built; leave out one of --root and --firmware"))
	case f.root != "" && len(f.extensions) > 0:
		return "", exit.With(exit.Usage, errors.New("image build: --extension is for a root that is built; leave out one of --root and --extension"))
	case f.machine != "" && f.manifest == "":
		return "", exit.With(exit.Usage, errors.New("image build: --for is for --manifest"))
	case f.root != "":
		return f.root, nil
	}
	module, err := image.ModuleRoot(ctx)
	if err != nil {
		return "", fmt.Errorf("%w; or give a SquashFS with --root", err)
	}
	profile, err := image.FindProfile(module, f.profile)
	if err != nil {
		return "", err
	}
	spec := profile.Spec(module, "amd64")
	if f.manifest != "" {
		if spec.Manifest, err = manifest.CompileFile(f.manifest, f.machine); err != nil {
			return "", exit.With(exit.Refused, err)
		}
		// Beside the profile's own, which is of another node.
		spec.Out = strings.TrimSuffix(spec.Out, ".squashfs") + "-own.squashfs"
	}
	if f.firmware != "" {
		files, err := image.FirmwareTable(f.firmware)
		if err != nil {
			return "", err
		}
		spec.Files = append(spec.Files, files...)
		spec.Out = strings.TrimSuffix(spec.Out, ".squashfs") + "-firmware.squashfs"
	}
	for _, text := range f.extensions {
		x, err := image.ParseExtension(text)
		if err != nil {
			return "", exit.With(exit.Usage, err)
		}
		spec.Extensions = append(spec.Extensions, x)
	}
	if len(spec.Extensions) > 0 {
		spec.Out = strings.TrimSuffix(spec.Out, ".squashfs") + "-extended.squashfs"
	}
	result, err := image.Build(ctx, spec)
	return result.Out, err
}

// write puts down all that is made, and tells sizes.
func (f *buildFlags) write(ctx context.Context, out io.Writer, spec assemble.Spec, made assemble.Release, root string) error {
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return fmt.Errorf("image build: %w", err)
	}
	name := filepath.Join(f.out, made.Header.FileName())
	stem := strings.TrimSuffix(name, ".mote")
	netboot, err := assemble.Netboot(spec)
	if err != nil {
		return err
	}
	policies, err := uki.SignedPolicies(made.Parts[release.KindUKI], spec.Keys.Boot.DB.Key)
	if err != nil {
		return err
	}
	netPolicies, err := uki.SignedPolicies(netboot, spec.Keys.Boot.DB.Key)
	if err != nil {
		return err
	}
	bill, err := bill(ctx, spec, made, root)
	if err != nil {
		return err
	}
	auth, err := spec.Keys.Boot.AuthFiles()
	if err != nil {
		return err
	}
	if !f.enrol {
		auth = nil
	}
	layout, err := disk.Lay([]disk.Release{{Header: made.Header, Parts: made.Parts, Head: made.Head, Tries: disk.TriesMax}}, f.sector, auth)
	if err != nil {
		return err
	}
	files := []struct {
		name string
		b    []byte
	}{{name, made.File}, {stem + ".efi", netboot}, {stem + ".spdx.json", bill},
		{stem + ".pcr.json", policies}, {stem + "-netboot.pcr.json", netPolicies}}
	for _, file := range files {
		if err := put(file.name, file.b, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d bytes\n", file.name, len(file.b))
	}
	size, err := disk.Write(stem+".raw", layout)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s.raw: %d bytes, mostly holes\n", stem, size)
	tellParts(out, made.Header)
	if !f.installer {
		return nil
	}
	return installer(ctx, out, stem, spec, image.Installer{Auth: auth, To: f.installTo, Overwrite: f.overwrite, Then: f.installThen})
}

// tellParts tells what is in a release, and of what it was made.
func tellParts(out io.Writer, h release.Header) {
	for _, p := range h.Parts {
		fmt.Fprintf(out, "  %-6s %9d bytes\n", p.Kind, p.Bytes)
	}
	for _, s := range h.Sources {
		fmt.Fprintf(out, "  %s %s, sha256 %x\n", s.Name, s.Version, s.Sum)
	}
}
