package job

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"mote/hw/nvme"
	"mote/hw/tpm"
	"mote/wire/inventory"
)

// tree is a file system of files with a line each; a value that begins with "->"
// is a link.
func tree(files map[string]string) fs.FS {
	t := fstest.MapFS{}
	for path, text := range files {
		if to, is := strings.CutPrefix(text, "->"); is {
			t[path] = &fstest.MapFile{Data: []byte(to), Mode: fs.ModeSymlink | 0o777}
			continue
		}
		t[path] = &fstest.MapFile{Data: []byte(text + "\n"), Mode: 0o444}
	}
	return t
}

func probe(files map[string]string) *Probe {
	return &Probe{Root: tree(files), BootNsec: func() int64 { return 42 }}
}

// clean takes away where and when a record was seen, which is the same for all.
func clean[T any](list []T, forget func(*T)) []T {
	for i := range list {
		forget(&list[i])
	}
	return list
}

func TestNothingThereIsNoError(t *testing.T) {
	i := probe(nil).Inventory(t.Context())
	if len(i.Errors) != 0 || i.Disks == nil || i.NVMe == nil || i.TPMs == nil || i.Sensors == nil {
		t.Errorf("%+v", i)
	}
	if i.TakenBootNsec != 42 || i.Version != inventory.Version {
		t.Errorf("version %d, taken %d", i.Version, i.TakenBootNsec)
	}
}

func TestDisks(t *testing.T) {
	p := probe(map[string]string{
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/size": "2048",
		"sys/block/nvme0n1": "->../devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/nsid":                     "1",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/queue/logical_block_size": "4096",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/queue/write_cache":        "write back",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/device/model":             "A drive   ",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/partition":      "1",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/start":          "64",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/size":           "128",
		"sys/devices/pci0000:00/0000:00:1d.0/0000:01:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/uevent":         "MAJOR=259\nPARTNAME=mote-state",
		"sys/block/sda": "->../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda",
		"sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda/size":          "8",
		"sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda/removable":     "1",
		"sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda/device/vendor": "QEMU",
		"sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda/device/model":  "HARDDISK",
		"sys/block/loop0/size": "8", "sys/block/ram0/size": "8", "sys/block/dm-0/size": "8",
	})
	got := clean(p.disks(), func(d *inventory.Disk) { d.Seen = inventory.Seen{} })
	want := []inventory.Disk{
		{Name: "nvme0n1", Transport: "nvme", Device: "0000:01:00.0", Model: "A drive", NamespaceID: 1, SizeBytes: 1 << 20, LogicalBlockBytes: 4096,
			WriteCache: "write back", Partitions: []inventory.Partition{{Name: "nvme0n1p1", Label: "mote-state", StartBytes: 64 * 512, SizeBytes: 128 * 512}}},
		{Name: "sda", Transport: "usb", Device: "0000:00:14.0", Model: "QEMU HARDDISK", SizeBytes: 4096, Removable: true, Partitions: []inventory.Partition{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestReaderWithoutCardCostsTheLimitOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := probe(map[string]string{"sys/bus/usb/devices/1-1:1.0/bInterfaceClass": "08"})
		begun := time.Now()
		p.settle(context.Background())
		if took := time.Since(begun); took != settleLimit {
			t.Errorf("%s", took)
		}
		p = probe(map[string]string{
			"sys/bus/usb/devices/1-1:1.0/bInterfaceClass":                               "08",
			"sys/bus/usb/devices/1-1:1.0/host0/target0:0:0/0:0:0:0/block/sda/removable": "1",
		})
		begun = time.Now()
		p.settle(context.Background())
		if took := time.Since(begun); took != 0 {
			t.Errorf("with its disk there: %s", took)
		}
	})
}

func TestSensorsHaveUnits(t *testing.T) {
	p := probe(map[string]string{
		"sys/class/hwmon/hwmon0/name": "coretemp", "sys/class/hwmon/hwmon0/temp1_input": "41500", "sys/class/hwmon/hwmon0/temp1_label": "Package",
		"sys/class/hwmon/hwmon0/temp2_input": "", // -ENODATA reads as nothing
		"sys/class/hwmon/hwmon1/name":        "nct", "sys/class/hwmon/hwmon1/fan2_input": "1200", "sys/class/hwmon/hwmon1/in0_input": "1056",
		"sys/class/hwmon/hwmon1/intrusion0_alarm": "0",
	})
	got := clean(p.sensors(t.Context()), func(s *inventory.Sensor) { s.Seen = inventory.Seen{} })
	want := []inventory.Sensor{
		{Chip: "coretemp", Label: "Package", Kind: "temperature", Value: 41.5, Unit: "°C"},
		{Chip: "nct", Label: "fan2", Kind: "fan", Value: 1200, Unit: "rpm"},
		{Chip: "nct", Label: "in0", Kind: "voltage", Value: 1.056, Unit: "V"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFirmware(t *testing.T) {
	p := probe(map[string]string{
		variables + "SecureBoot" + global:  "\x06\x00\x00\x00\x01",
		variables + "BootCurrent" + global: "\x06\x00\x00\x00\x0a\x00",
	})
	// The made files end with a newline, which variables have not.
	for name, file := range p.Root.(fstest.MapFS) {
		file.Data = file.Data[:len(file.Data)-1]
		p.Root.(fstest.MapFS)[name] = file
	}
	f := p.firmware()
	if f.Kind != "uefi" || !f.SecureBoot || f.SetupMode || f.BootCurrent != "000A" {
		t.Errorf("%+v", f)
	}
}

func TestProcessors(t *testing.T) {
	p := probe(map[string]string{
		"proc/cpuinfo": "processor\t: 0\nvendor_id\t: V\nmodel name\t: M 1\nmicrocode\t: 0x12\nphysical id\t: 0\ncore id\t\t: 0\nflags\t\t: fpu aes\n\n" +
			"processor\t: 1\nphysical id\t: 0\ncore id\t\t: 1\n\nprocessor\t: 2\nphysical id\t: 1\ncore id\t\t: 0",
		"sys/devices/system/cpu/vulnerabilities/meltdown": "Mitigation: PTI",
	})
	i := p.Inventory(t.Context())
	c := i.CPU
	if c.Threads != 3 || c.Cores != 3 || c.Sockets != 2 || c.Model != "M 1" || c.Microcode != "0x12" ||
		!reflect.DeepEqual(c.Flags, []string{"fpu", "aes"}) || c.Mitigations["meltdown"] != "Mitigation: PTI" {
		t.Errorf("%+v", c)
	}
}

// silent is a device that never answers.
type silent struct{ stop <-chan struct{} }

func (s silent) Send(nvme.Command) ([]byte, error) { <-s.stop; return nil, errors.New("stopped") }
func (s silent) Exchange([]byte) ([]byte, error)   { <-s.stop; return nil, errors.New("stopped") }
func (silent) Close() error                        { return nil }

// TestSilentDevicesCostTheirDeadlineOnly: a controller and a TPM that hang are in
// the inventory with what sysfs says of them, and an error each.
func TestSilentDevicesCostTheirDeadlineOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		p := probe(map[string]string{"sys/class/nvme/nvme0/model": "A drive", "sys/class/tpm/tpm0/tpm_version_major": "2"})
		p.OpenNVMe = func(string) (NVMeDevice, error) { return silent{stop}, nil }
		p.OpenTPM = func(string) (TPMDevice, error) { return silent{stop}, nil }
		i := p.Inventory(context.Background())
		if len(i.Errors) != 2 || len(i.NVMe) != 1 || i.NVMe[0].Model != "A drive" || len(i.TPMs) != 1 || i.TPMs[0].Name != "tpm0" {
			t.Errorf("%+v", i)
		}
		close(stop)
		synctest.Wait()
	})
}

// refusing answers every command with a status.
type refusing struct{ silent }

func (refusing) Send(c nvme.Command) ([]byte, error) { return nil, StatusError{c.What, 0x0002} }

func TestControllerThatRefuses(t *testing.T) {
	p := probe(map[string]string{"sys/class/nvme/nvme0/serial": "S1"})
	p.OpenNVMe = func(string) (NVMeDevice, error) { return refusing{}, nil }
	i := p.Inventory(t.Context())
	if len(i.Errors) != 1 || !strings.Contains(i.Errors[0].What, "identify controller: the controller answered with status type 0h, code 02h") ||
		i.NVMe[0].Serial != "S1" || i.NVMe[0].Health != nil {
		t.Errorf("%+v", i)
	}
}

// busy is a TPM that asks for patience some times before each answer.
type busy struct{ times int }

func (b *busy) Exchange([]byte) ([]byte, error) {
	if b.times > 0 {
		b.times--
		return []byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0x09, 0x22}, nil
	}
	return []byte{0x80, 1, 0, 0, 0, 10, 0, 0, 0, 0}, nil
}
func (*busy) Close() error { return nil }

func TestBusyTPMIsAskedAgainWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		take := func(answer []byte) error { return tpm.DecodeDone("ask", answer) }
		if err := exchange(&busy{times: 3}, tpm.GetRandom(8), take); err != nil {
			t.Error(err)
		}
		endless := &busy{times: 1000}
		if err := exchange(endless, tpm.GetRandom(8), take); err == nil || endless.times != 1000-triesMax {
			t.Errorf("%v after %d tries", err, 1000-endless.times)
		}
	})
}
