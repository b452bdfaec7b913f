package job

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"mote/hw/nvme"
)

// drive is a controller that tells who it is, and keeps what it was sent.
type drive struct {
	oacs    uint16
	fna     byte
	sanicap uint32
	sent    []string
	closed  bool
}

func (d *drive) Close() error { d.closed = true; return nil }

func (d *drive) Send(c nvme.Command) ([]byte, error) {
	d.sent = append(d.sent, c.What)
	b := make([]byte, c.DataBytes)
	switch {
	case c.Destroys:
		return nil, nil
	case strings.HasPrefix(c.What, "identify controller"):
		copy(b[4:24], "S1                  ")
		binary.LittleEndian.PutUint16(b[256:], d.oacs)
		binary.LittleEndian.PutUint32(b[328:], d.sanicap)
		b[524] = d.fna
	default:
		binary.LittleEndian.PutUint64(b, 100)
		binary.LittleEndian.PutUint32(b[128:], 9<<16)
	}
	return b, nil
}

// node is a machine whose root is on nvme0n1 below verity, and whose nvme0n2 and
// nvme1n1 nobody uses.
func node() map[string]string {
	files := map[string]string{
		"proc/1/mountinfo":     "21 1 254:0 / / ro - squashfs /dev/root ro\n22 21 0:20 / /proc rw - proc proc rw",
		"sys/dev/block/254:0":  "->../../devices/virtual/block/dm-0",
		"sys/class/block/dm-0": "->../../devices/virtual/block/dm-0", "sys/devices/virtual/block/dm-0/slaves/nvme0n1p2/partition": "2",
		"sys/class/nvme/nvme0/subsysnqn": "nqn.a", "sys/class/nvme/nvme1/subsysnqn": "nqn.b",
	}
	for disk, of := range map[string]string{"nvme0n1": "nvme0", "nvme0n2": "nvme0", "nvme1n1": "nvme1"} {
		at := "sys/devices/pci0000:00/0000:00:03.0/nvme/" + of + "/" + disk
		files["sys/block/"+disk] = "->../devices/pci0000:00/0000:00:03.0/nvme/" + of + "/" + disk
		files["sys/class/block/"+disk] = "->../../devices/pci0000:00/0000:00:03.0/nvme/" + of + "/" + disk
		files[at+"/nsid"] = disk[len(disk)-1:]
		files[at+"/device"] = "->../../" + of
		for _, part := range []string{"1", "2", "3"} {
			files["sys/class/block/"+disk+"p"+part] = "->../../devices/pci0000:00/0000:00:03.0/nvme/" + of + "/" + disk + "/" + disk + "p" + part
			files[at+"/"+disk+"p"+part+"/partition"] = part
			files[at+"/"+disk+"p"+part+"/uevent"] = "PARTNAME=" + disk + "-" + part
		}
	}
	return files
}

type nothing struct{}

func (nothing) Close() error { return nil }

// erasure is one on a machine, with a controller that can all.
func erasure(files map[string]string) (Erasure, *drive) {
	d := &drive{oacs: 2, sanicap: 7}
	p := probe(files)
	p.OpenNVMe = func(string) (NVMeDevice, error) { return d, nil }
	return Erasure{Probe: p, Serial: "S1", Hold: func(string) (io.Closer, error) { return nothing{}, nil }}, d
}

func TestEraseWhatNobodyUses(t *testing.T) {
	e, d := erasure(node())
	if err := e.Format("nvme0n2", "user-data"); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(d.sent, []string{"identify controller", "identify namespace 2", "format namespace 2"}) || !d.closed {
		t.Errorf("%q", d.sent)
	}
	e, d = erasure(node())
	if err := e.Sanitize("nvme1", "block"); err != nil || !slices.Contains(d.sent, "sanitize") {
		t.Errorf("%v, %q", err, d.sent)
	}
}

// TestEraseRefuses: whatever the system uses, and whatever is not certain, is not
// erased: no command that destroys was sent.
func TestEraseRefuses(t *testing.T) {
	const format, sanitize = "format", "sanitize"
	mounted := func(f map[string]string, line, dev, link string) {
		f["proc/1/mountinfo"] += "\n" + line
		f["sys/dev/block/"+dev] = "->../../devices/x/" + link
	}
	for name, tc := range map[string]struct {
		do, disk string
		change   func(f map[string]string, e *Erasure, d *drive)
		want     string
	}{
		"the root below verity":          {format, "nvme0n1", nil, "nvme0n1: the system uses it: mounted on /"},
		"the root's controller":          {sanitize, "nvme0", nil, "nvme0n1: the system uses it: mounted on /"},
		"all, where it formats only all": {format, "nvme0n2", func(_ map[string]string, _ *Erasure, d *drive) { d.fna = 1 }, "nvme0n1: the system uses it"},
		"all, where it erases only all":  {format, "nvme0n2", func(_ map[string]string, _ *Erasure, d *drive) { d.fna = 2 }, "nvme0n1: the system uses it"},
		"a mounted partition": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) {
			mounted(f, "30 1 259:9 / /data rw - ext4 /dev/x rw", "259:9", "nvme1n1p3")
		}, "mounted on /data"},
		"the state area by its label":  {format, "nvme1n1", func(_ map[string]string, e *Erasure, _ *drive) { e.Keep = []string{"PARTLABEL=nvme1n1-3"} }, "kept as PARTLABEL=nvme1n1-3"},
		"the state area by its device": {format, "nvme0n2", func(_ map[string]string, e *Erasure, _ *drive) { e.Keep = []string{"/dev/nvme0n2"} }, "kept as /dev/nvme0n2"},
		"a disk below another": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) {
			f["sys/devices/pci0000:00/0000:00:03.0/nvme/nvme1/nvme1n1/nvme1n1p1/holders/dm-1/x"] = ""
		}, "below dm-1"},
		"swap": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) {
			f["proc/swaps"] = "Filename Type\n/dev/nvme1n1p2 partition"
		}, "swapped to"},
		"what the kernel does not let go": {format, "nvme1n1", func(_ map[string]string, e *Erasure, _ *drive) {
			e.Hold = func(string) (io.Closer, error) { return nil, fs.ErrPermission }
		}, "the system uses it"},
		"another serial":               {format, "nvme1n1", func(_ map[string]string, e *Erasure, _ *drive) { e.Serial = "S2" }, `its serial number is "S1", not "S2"`},
		"no serial":                    {format, "nvme1n1", func(_ map[string]string, e *Erasure, _ *drive) { e.Serial = "" }, "its serial number"},
		"no mounts to be seen":         {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) { delete(f, "proc/1/mountinfo") }, "find what is mounted"},
		"a mount of an unknown device": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) { delete(f, "sys/dev/block/254:0") }, "which sysfs does not show"},
		"a subsystem that is not told": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) { delete(f, "sys/class/nvme/nvme0/subsysnqn") }, "whose namespace it is"},
		"a disk that is none":          {format, "sda", nil, "no NVMe disk"},
		"a namespace without a number": {format, "nvme1n1", func(f map[string]string, _ *Erasure, _ *drive) {
			delete(f, "sys/devices/pci0000:00/0000:00:03.0/nvme/nvme1/nvme1n1/nsid")
		}, "namespace's number"},
		"a controller that can't format": {format, "nvme1n1", func(_ map[string]string, _ *Erasure, d *drive) { d.oacs = 0 }, "can't format"},
		"one that can't sanitize":        {sanitize, "nvme1", func(_ map[string]string, _ *Erasure, d *drive) { d.sanicap = 5 }, "can't sanitize so"},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(node())
			e, d := erasure(files)
			if tc.change != nil {
				tc.change(files, &e, d)
				e.Probe.Root = tree(files)
			}
			err := e.Format(tc.disk, "user-data")
			if tc.do == sanitize {
				err = e.Sanitize(tc.disk, "block")
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasSuffix(err.Error(), "; nothing was erased") {
				t.Errorf("%v, want %s", err, tc.want)
			}
			if strings.Contains(tc.want, "the system uses it") && !errors.Is(err, ErrInUse) {
				t.Errorf("%v is no ErrInUse", err)
			}
			if slices.ContainsFunc(d.sent, func(what string) bool { return strings.HasPrefix(what, "format") || what == "sanitize" }) {
				t.Errorf("sent %q", d.sent)
			}
		})
	}
}
