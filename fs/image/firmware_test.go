package image

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestFirmwareIsDeclared: each row has a driver that the fragments build in, and a
// licence; the kernel's README tells the sums.
func TestFirmwareIsDeclared(t *testing.T) {
	all, err := Firmware()
	if err != nil {
		t.Fatal(err)
	}
	var options bytes.Buffer
	fragments, err := filepath.Glob("../../kconfig/fragments/*.config")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../../kconfig/fragments/x86_64/*.config")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(fragments, more...) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		options.Write(b)
	}
	sums, seen := map[string]int64{}, map[string]bool{}
	for _, f := range all {
		if !strings.Contains(options.String(), "\nCONFIG_"+f.Option+"=y\n") {
			t.Errorf("%s: no fragment builds %s in", f.Path, f.Option)
		}
		if seen[f.Path] || f.Licence == "" || f.Bytes < 0 {
			t.Errorf("%+v", f)
		}
		seen[f.Path] = true
		sums[f.Option] += f.Bytes
	}
	readme, err := os.ReadFile("../../kconfig/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for option, sum := range sums {
		if !strings.Contains(string(readme), "| `"+option+"` | ") || !strings.Contains(string(readme), grouped(sum)) {
			t.Errorf("kconfig/README.md does not tell of %s and its %s bytes", option, grouped(sum))
		}
	}
}

// grouped is a number as people write it, "45,304".
func grouped(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}

// TestFirmwareTable: what is declared and given is in the root, with its folders,
// and nothing else of the folder is.
func TestFirmwareTable(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"rtl_nic/rtl8168h-2.fw", "rtl_nic/rtl8153a-2.fw", "intel-ucode/06-8e-0c"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("composed for "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	table, err := FirmwareTable(dir)
	if err != nil {
		t.Fatal(err)
	}
	spec := standinSpec(t, standin(t))
	spec.Files = table
	found, err := Walk(t.Context(), walkBuilt(t, spec).Out)
	if err != nil {
		t.Fatal(err)
	}
	var below []string
	for _, f := range found {
		if strings.HasPrefix(f.Path, "/lib") {
			below = append(below, f.Path)
		}
		if f.Path == "/lib/firmware/rtl_nic/rtl8168h-2.fw" && string(f.Content) != "composed for rtl_nic/rtl8168h-2.fw" {
			t.Errorf("it has %q", f.Content)
		}
	}
	if got := strings.Join(below, " "); got != "/lib /lib/firmware /lib/firmware/rtl_nic /lib/firmware/rtl_nic/rtl8168h-2.fw" {
		t.Errorf("the root has %s", got)
	}
	if _, err := FirmwareTable(t.TempDir()); err == nil {
		t.Error("an empty folder was taken")
	}
}
