//go:build qemu

package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/size/installed"
	"mote/wire"
	"mote/wire/inventory"
)

const (
	stormUevents = 10_000
	drivesBytes  = 16 << 20
	// nvmeFolder has nvme-cli and its libraries in the image.
	nvmeFolder = "/nvme"
)

// hardware boots a PC with a TPM, an NVMe controller of two namespaces, of which the
// first is the state area, room for more to be plugged in, and rules for names of cards.
func hardware(t *testing.T) *guest {
	t.Helper()
	installed.Program(t, "swtpm")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "mote-hw-") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	tpm, err := vm.StartTPM(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tpm.Close(); err != nil {
			t.Error(err)
		}
	})
	c := vm.Config{Machine: vm.Q35, Accel: vm.TCG, CPUs: 2, MemoryBytes: 512 << 20, Kernel: filepath.Join(root, "build", "bzImage"), RNG: true,
		Append: []string{"mote.state=/dev/nvme0n1"}, Args: tpm.Args("crb"),
		Devices: []string{"nvme,id=nvme,serial=MOTE0001", "nvme-ns,drive=ns1,bus=nvme,nsid=1", "nvme-ns,drive=ns2,bus=nvme,nsid=2,logical_block_size=4096,physical_block_size=4096",
			"qemu-xhci,id=usb", "pcie-root-port,id=port1,chassis=1,slot=1", "pcie-root-port,id=port2,chassis=2,slot=2"}}
	for _, id := range []string{"ns1", "ns2", "late", "stick"} {
		path := filepath.Join(dir, id)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, drivesBytes); err != nil {
			t.Fatal(err)
		}
		c.Args = append(c.Args, "-drive", "if=none,format=raw,id="+id+",file="+path)
	}
	man := wire.Manifest{Node: "tested",
		Links: []wire.Link{{Name: "lan0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 2}}},
		LinkRules: []wire.LinkRule{{Name: "lan0", Match: []string{"DRIVER=virtio_net", "MAC=52:54:00:12:34:56"}},
			{Name: "hot0", Match: []string{"DRIVER=e1000e", "PCI_SLOT_NAME=" + hotSlot}}}}
	agent := image.Program{Path: "/bin/agent", Package: "./ctl/agent", Module: root, Flags: image.ProgramFlags(), Reason: "tells the hardware"}
	g := launchManifest(t, c, man, []image.Program{agent}, nvmeFiles(t))
	vmtest.WaitLine(t, g.VM, "] ready")
	return g
}

// hotSlot is the first device behind port1.
const hotSlot = "0000:01:00.0"

// nvmeFiles are nvme-cli with its loader and libraries, in a folder of their own.
func nvmeFiles(t *testing.T) image.Table {
	t.Helper()
	program := installed.Program(t, "nvme")
	said, err := exec.CommandContext(t.Context(), "ldd", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	const why = "the oracle of our decoders"
	table := image.Table{{Path: nvmeFolder, Kind: image.KindFolder, Mode: 0o755, Reason: why},
		{Path: nvmeFolder + "/nvme", Kind: image.KindFile, Mode: 0o755, Source: program, Reason: why}}
	for word := range strings.FieldsSeq(string(said)) {
		if strings.HasPrefix(word, "/") {
			table = append(table, image.Entry{Path: nvmeFolder + "/" + filepath.Base(word), Kind: image.KindFile, Mode: 0o755, Source: word, Reason: why})
		}
	}
	return table
}

// number reads a file of the kernel's.
func (g *guest) number(path string) (n int) {
	g.t.Helper()
	if _, err := fmt.Sscan(g.ask("cat %s", path), &n); err != nil {
		g.t.Fatal(err)
	}
	return n
}

// run runs a program in the machine to its end.
func (g *guest) run(line string) string {
	g.t.Helper()
	return strings.TrimSpace(g.ask("run %s", line))
}

// nvme asks nvme-cli, into what.
func (g *guest) nvme(line string, what any) {
	g.t.Helper()
	g.decode(g.run(nvmeFolder+"/ld-linux-x86-64.so.2 --library-path "+nvmeFolder+" "+nvmeFolder+"/nvme "+line+" -o json"), what)
}

func (g *guest) decode(text string, what any) {
	g.t.Helper()
	if err := json.Unmarshal([]byte(text), what); err != nil {
		g.t.Fatalf("%v: %s", err, text)
	}
}

// inventory has the agent look.
func (g *guest) inventory() (i inventory.Inventory) {
	g.t.Helper()
	g.decode(g.run("/bin/agent job inventory"), &i)
	return i
}

// TestQEMUHardware looks at one machine from all sides.
func TestQEMUHardware(t *testing.T) {
	g := hardware(t)
	t.Run("names", func(t *testing.T) {
		g := g.in(t)
		if names := strings.Fields(g.ask("list /sys/class/net")); !slices.Contains(names, "lan0") || slices.Contains(names, "eth0") {
			t.Errorf("links: %q", names)
		}
		if console := g.console(); !strings.Contains(console, "network: lan0 10.0.2.15/24") {
			t.Error("the network is not ready by the name")
		}
	})
	t.Run("nvme-cli", func(t *testing.T) { compareNVMe(g.in(t)) })
	t.Run("erase", func(t *testing.T) { eraseNVMe(g.in(t)) })
	t.Run("tpm", func(t *testing.T) { useTPM(g.in(t)) })
	t.Run("storm", func(t *testing.T) { storm(g.in(t)) })
}

// useTPM counts by the resource manager of the kernel.
func useTPM(g *guest) {
	g.t.Helper()
	var defined, raised struct{ Value uint64 }
	g.decode(g.run("/bin/agent job counter -index 0x1800042 -do define"), &defined)
	g.decode(g.run("/bin/agent job counter -index 0x1800042 -do step"), &raised)
	if raised.Value != defined.Value+1 {
		g.t.Errorf("%d, then %d", defined.Value, raised.Value)
	}
	var quote struct{ Message, Signature []byte }
	if g.decode(g.run("/bin/agent job quote -pcrs 0,7 -nonce a5a5"), &quote); len(quote.Message) < 100 || len(quote.Signature) < 64 {
		g.t.Errorf("%+v", quote)
	}
}

// eraseNVMe erases the namespace that nobody uses, and not the state area.
func eraseNVMe(g *guest) {
	g.t.Helper()
	if said := g.ask("write 1 /dev/nvme0n2 something-of-value"); !strings.Contains(said, "<nil>") {
		g.t.Fatal(said)
	}
	const format = "/bin/agent job format -how user-data -serial "
	for _, tc := range []struct{ words, want string }{
		{"MOTE0001 -disk nvme0n1", "the system uses it: kept as /dev/nvme0n1"},
		{"MOTE0002 -disk nvme0n2", `its serial number is "MOTE0001"`},
	} {
		if said := g.run(format + tc.words); !strings.Contains(said, tc.want) {
			g.t.Errorf("%s: %q", tc.words, said)
		}
	}
	if head := g.ask("head /dev/nvme0n2"); !strings.HasPrefix(head, "something") {
		g.t.Errorf("before: %q", head)
	}
	if said := g.run(format + "MOTE0001 -disk nvme0n2"); said != "" {
		g.t.Errorf("a disk that nobody uses: %q", said)
	}
	if head := g.ask("head /dev/nvme0n2"); strings.Contains(head, "something") {
		g.t.Errorf("after: %q", head)
	}
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil || st.State != "ready" {
		g.t.Errorf("the node after it: %+v, %v", st, err)
	}
}

// storm sends uevents while a card, an NVMe controller and a USB disk come and go. At
// the end nothing of what the node knows differs from sysfs, and it was ready all along.
func storm(g *guest) {
	g.t.Helper()
	before, first := g.inventory(), g.number("/sys/kernel/uevent_seqnum")
	done := make(chan string, 2)
	for _, path := range []string{"/sys/class/net/lo/uevent", "/sys/class/block/ram0/uevent"} {
		conn := g.dial(fmt.Sprintf("write %d %s change", stormUevents/2, path))
		go func() {
			b := make([]byte, 64)
			n, _ := conn.Read(b)
			done <- string(b[:n])
		}()
	}
	devices := []vm.Device{{"driver": "e1000e", "id": "hotnic", "bus": "port1", "mac": "52:54:00:00:00:09"},
		{"driver": "nvme", "id": "hotnvme", "bus": "port2", "serial": "MOTE0002", "drive": "late"},
		{"driver": "usb-storage", "id": "hotstick", "bus": "usb.0", "drive": "stick", "serial": "STICK1", "removable": true}}
	for _, d := range devices {
		if err := g.Monitor.DeviceAdd(g.t.Context(), d); err != nil {
			g.t.Fatal(err)
		}
	}
	plugged := g.sees("everything plugged in", func(i inventory.Inventory) bool {
		return len(i.Links) == 2 && len(i.NVMe) == 2 && len(i.Disks) == len(before.Disks)+2 && slices.ContainsFunc(i.Links, func(l inventory.Link) bool { return l.Name == "hot0" })
	})
	for range 2 {
		if said := <-done; !strings.Contains(said, "<nil>") {
			g.t.Errorf("uevents: %q", said)
		}
	}
	if at := slices.IndexFunc(plugged.Links, func(l inventory.Link) bool { return l.Name == "hot0" }); plugged.Links[at].PermanentMAC != "52:54:00:00:00:09" || plugged.Links[at].Device != hotSlot {
		g.t.Errorf("hot0: %+v", plugged.Links[at])
	}
	for _, d := range devices {
		if err := g.Monitor.DeviceDel(g.t.Context(), d["id"].(string)); err != nil {
			g.t.Fatal(err)
		}
	}
	after := g.sees("everything unplugged", func(i inventory.Inventory) bool {
		return len(i.Links) == len(before.Links) && len(i.NVMe) == len(before.NVMe) && len(i.Disks) == len(before.Disks)
	})
	if len(after.PCI) != len(before.PCI) || len(after.USB) != len(before.USB) {
		g.t.Errorf("PCI %d, before %d; USB %d, before %d", len(after.PCI), len(before.PCI), len(after.USB), len(before.USB))
	}
	for _, s := range g.loop().Sources {
		if s.Name == "uevent" {
			g.t.Logf("PID 1 was woken %d times by uevents and dropped %d, the longest take %d µs", s.Events, s.Dropped, s.LongestNsec/1000)
		}
	}
	if sent := g.number("/sys/kernel/uevent_seqnum") - first; sent < stormUevents {
		g.t.Errorf("the kernel sent %d uevents only", sent)
	}
	if console := g.console(); strings.Contains(console, "network lost") || strings.Contains(console, "trouble") {
		g.t.Errorf("the console tells of trouble:\n%s", g.Tail())
	}
	var st wire.Status
	if err := wire.DecodeStatus(g.control(wire.VerbStatus, ""), &st); err != nil || st.State != "ready" {
		g.t.Errorf("not ready after the storm: %v", err)
	}
}

// sees looks until the inventory is right, and holds it against sysfs.
func (g *guest) sees(what string, right func(i inventory.Inventory) bool) (i inventory.Inventory) {
	g.t.Helper()
	for deadline := time.Now().Add(vmtest.Limit); ; {
		if i = g.inventory(); right(i) && g.sameAsSysfs(i) == "" {
			return i
		}
		if time.Now().After(deadline) {
			text, _ := json.Marshal(i)
			g.t.Fatalf("never %s; %s\n%s", what, g.sameAsSysfs(i), text)
		}
	}
}

// sameAsSysfs says in what an inventory differs from what the kernel lists.
func (g *guest) sameAsSysfs(i inventory.Inventory) string {
	g.t.Helper()
	names := map[string][]string{}
	for _, l := range i.Links {
		names["net"] = append(names["net"], l.Name)
	}
	for _, c := range i.NVMe {
		names["nvme"] = append(names["nvme"], c.Name)
	}
	for _, d := range i.Disks {
		names["block"] = append(names["block"], d.Name)
	}
	for _, p := range i.PCI {
		names["pci"] = append(names["pci"], p.Address)
	}
	for what, folder := range map[string]string{"net": "/sys/class/net", "nvme": "/sys/class/nvme", "block": "/sys/block", "pci": "/sys/bus/pci/devices"} {
		listed := slices.DeleteFunc(strings.Fields(g.ask("list %s", folder)), func(name string) bool {
			return name == "lo" || name == "bonding_masters" || strings.HasPrefix(name, "ram") || strings.HasPrefix(name, "loop") || strings.HasPrefix(name, "dm-")
		})
		slices.Sort(names[what])
		slices.Sort(listed)
		if !slices.Equal(names[what], listed) {
			return fmt.Sprintf("%s: the inventory has %q, sysfs %q", what, names[what], listed)
		}
	}
	return ""
}
