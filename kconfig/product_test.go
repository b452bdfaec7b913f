package kconfig

import (
	"os"
	"strings"
	"testing"
)

// TestProductFragmentsFitTogether joins the real fragments, alone and with each
// optional one, without a kernel source.
func TestProductFragmentsFitTogether(t *testing.T) {
	room := os.DirFS("fragments")
	sets := [][]string{nil, {"screen", "measure"}}
	names := optional(room, "x86_64")
	if len(names) < 2 {
		t.Fatalf("optional fragments: %v; screen and measure are missing", names)
	}
	for _, name := range names {
		sets = append(sets, []string{name})
	}
	for _, with := range sets {
		list, err := List(room, "x86_64", with)
		if err != nil {
			t.Errorf("%v: %v", with, err)
			continue
		}
		if _, problems := Join(list); len(problems) > 0 {
			t.Errorf("%v: %v", with, problems)
		}
	}
}

// TestProductPromises holds lines that other rooms build on.
func TestProductPromises(t *testing.T) {
	list, err := List(os.DirFS("fragments"), "x86_64", nil)
	if err != nil {
		t.Fatal(err)
	}
	wants, problems := Join(list)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	have := map[string]string{}
	for _, w := range wants {
		have[w.Symbol] = w.Value
	}
	for line, why := range map[string]string{
		"MODULES=n":                     "what isn't in the image can't be loaded",
		"IO_URING=n":                    "no service may pass seccomp by it",
		"VT=n":                          "the screen is a fragment of its own",
		"SLUB_TINY=n":                   "it removes the hardened allocator in silence",
		"JUMP_LABEL=y":                  "it is off in tinyconfig",
		"INPUT=y":                       "ACPI_BUTTON is dropped without it",
		"ACPI_BUTTON=y":                 "the power button ends the machine in order",
		"DM_INIT=y":                     "the root is set up by the kernel, without an initramfs",
		"BLK_DEV_RAM=y":                 "a node may run from RAM alone",
		"BLK_DEV_WRITE_MOUNTED=y":       "without it a SquashFS on /dev/ram0 can't be mounted as root",
		"PVH=y":                         "tests boot vmlinux without a boot loader",
		"SECURITY_LOCKDOWN_LSM_EARLY=y": "lockdown holds before PID 1",
	} {
		name, value, _ := strings.Cut(line, "=")
		if got, ok := have["CONFIG_"+name]; !ok || got != value {
			t.Errorf("the fragments say %s=%s, want %s: %s", name, got, value, why)
		}
	}
}

// TestFragmentsStartWithTheirConcern: the first line of each says what it is for.
func TestFragmentsStartWithTheirConcern(t *testing.T) {
	list, err := List(os.DirFS("fragments"), "x86_64", optional(os.DirFS("fragments"), "x86_64"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		first, _, _ := strings.Cut(string(f.Text), "\n")
		if len(first) < 20 || !strings.HasPrefix(first, "# ") || strings.HasPrefix(first, "# replaces") {
			t.Errorf("%s begins with %q", f.Name, first)
		}
	}
}

// TestProductChecks reads the list that the score is made with.
func TestProductChecks(t *testing.T) {
	text, err := os.ReadFile("checks/x86_64.checks")
	if err != nil {
		t.Fatal(err)
	}
	checks, err := ParseChecks("x86_64.checks", text)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range checks {
		if k := c.Symbol + "=" + c.Want; seen[k] {
			t.Errorf("%s is in the list twice", k)
		} else {
			seen[k] = true
		}
	}
	// The length of the list whose source its head names.
	if len(checks) != 259 {
		t.Errorf("%d checks, want 259", len(checks))
	}
}
