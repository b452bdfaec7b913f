//go:build qemu

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/size/installed"
	"mote/wire"
)

// TestQEMUPanicInERST: the log of a panic comes back from the firmware's error
// store, once.
func TestQEMUPanicInERST(t *testing.T) {
	store := filepath.Join(t.TempDir(), "erst")
	if err := os.WriteFile(store, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	panicked(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Devices: []string{"acpi-erst,memdev=erst"},
		Args: []string{"-object", "memory-backend-file,id=erst,share=on,size=65536,mem-path=" + store}})
}

// TestQEMUPanicInEFI: the same from EFI's variables.
func TestQEMUPanicInEFI(t *testing.T) {
	const firmware = "/usr/share/OVMF/OVMF_"
	variables := installed.Read(t, firmware+"VARS_4M.fd")
	store := filepath.Join(t.TempDir(), "variables")
	if err := os.WriteFile(store, variables, 0o600); err != nil {
		t.Fatal(err)
	}
	panicked(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", MemoryBytes: 256 << 20,
		Args: []string{"-drive", "if=pflash,format=raw,unit=0,readonly=on,file=" + firmware + "CODE_4M.fd",
			"-drive", "if=pflash,format=raw,unit=1,file=" + store}})
}

// panicked boots a machine three times: to a panic, to a node that tells of it, and
// to one that has nothing to tell.
func panicked(t *testing.T, c vm.Config) {
	t.Helper()
	hog := behave("hog", wire.ReadyExec, "eat", "67108864")
	hog.Limits.MemoryMaxBytes = 8 << 20
	first := c
	first.Append = []string{"sysctl.vm.panic_on_oom=2"}
	vmtest.Wait(t, launch(t, first, []wire.Service{hog}).VM)

	const told = "the boot before ended in a panic of the kernel: "
	g := boot(t, c, nil)
	g.says(told + "Out of memory: compulsory panic_on_oom is enabled")
	g.says(" lines of its log are kept")
	var logs wire.Logs
	if err := wire.DecodeLogs(g.control(wire.VerbPrevious, ""), &logs); err != nil {
		t.Fatal(err)
	}
	if len(logs.Records) == 0 {
		t.Fatalf("nothing is kept:\n%s", g.Tail())
	}
	var text strings.Builder
	for i, r := range logs.Records {
		if i > 0 && r.TimeNsec != 0 && r.TimeNsec < logs.Records[i-1].TimeNsec {
			t.Errorf("%q comes before what was logged earlier", r.Text)
		}
		text.WriteString(string(r.Text) + "\n")
	}
	inOrder(t, text.String(), "testprog invoked oom-killer", "Kernel panic - not syncing: Out of memory")
	t.Logf("%d records, %d bytes, from %.3f s to %.3f s", len(logs.Records), text.Len(),
		float64(logs.Records[0].TimeNsec)/1e9, float64(logs.Records[len(logs.Records)-1].TimeNsec)/1e9)
	g.dial("kill 1 15")
	vmtest.Wait(t, g.VM)

	g = boot(t, c, nil)
	if err := wire.DecodeLogs(g.control(wire.VerbPrevious, ""), &logs); err != nil || len(logs.Records) > 0 {
		t.Errorf("%d records, %v", len(logs.Records), err)
	}
	if strings.Contains(g.console(), told) {
		t.Errorf("the panic is told twice:\n%s", g.Tail())
	}
}
