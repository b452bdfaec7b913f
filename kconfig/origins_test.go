package kconfig

import (
	"strings"
	"testing"
	"testing/fstest"
)

// smallTree has a makefile's line of each form, and options that are asked for,
// selected, or there by default.
func smallTree() fstest.MapFS {
	files := map[string]string{
		"Kbuild":          "obj-y += init/ drivers/\nobj-$(CONFIG_NET)\t+= net/\n",
		"init/Makefile":   "obj-y := main.o \\\n\tversion.o # not gone.o\n",
		"net/Makefile":    "obj-y += socket.o\nobj-$(CONFIG_INET) += ipv4/\n",
		"net/ipv4/Kbuild": "obj-y := route.o\nobj-$(CONFIG_TUN) += tunnel.o\nobj-$(CONFIG_VPN) += tunnel.o\n",
		"drivers/Makefile": "obj-$(CONFIG_DISK) += disk.o deep/er.o\ndisk-y := core.o\ndisk-$(CONFIG_DISK_EXTRA) += extra.o\n" +
			"ifdef CONFIG_OLD\nobj-y += old.o\nelse\nobj-y += new.o\nendif\nifneq ($(CONFIG_HAS),)\nlib-y += has.o\nendif\n" +
			"loop-y := loop.o\nobj-$(subst m,y,$(CONFIG_HYPER)) += hyper/\n",
		"arch/x86/Makefile":  "drivers-$(CONFIG_PCI) += arch/x86/pci/\n",
		"arch/arm/Kconfig":   "config DEF\n\tbool\n",
		"drivers/Kconfig":    "config DISK\n\tbool \"a disk\"\n\tselect CORE\n\nconfig CORE\n\tbool\n\tselect DEEP if X\n\nconfig DEEP\n\tbool\n\nconfig DISK_EXTRA\n\tdef_bool y\n",
		"drivers/Kconfig.zz": "config ROUND\n\tselect ROUNDER\nconfig ROUNDER\n\tselect ROUND\nconfig OFF\n\tselect DEEP\n",
		"net/Kconfig":        "config DEF\n\tdef_bool y\n",
	}
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

func TestOptionOfAnObject(t *testing.T) {
	m := &makefiles{tree: smallTree(), got: Config{"CONFIG_VPN": "y"}, read: map[string][]listing{}}
	for object, want := range map[string]string{
		"init/main.o": "", "init/version.o": "", "init/gone.o": "", "net/socket.o": "CONFIG_NET", "net/ipv4/route.o": "CONFIG_INET",
		// Of two lines, the one whose option is on.
		"net/ipv4/tunnel.o": "CONFIG_VPN", "drivers/core.o": "CONFIG_DISK", "drivers/extra.o": "CONFIG_DISK_EXTRA",
		"drivers/deep/er.o": "CONFIG_DISK", "drivers/old.o": "CONFIG_OLD", "drivers/new.o": "", "drivers/has.o": "CONFIG_HAS",
		"drivers/loop.o": "", "drivers/hyper/v.o": "CONFIG_HYPER", "arch/x86/pci/a.o": "CONFIG_PCI", "no/where.o": "",
	} {
		if got := m.option(object); got != want {
			t.Errorf("%s: %q, want %q", object, got, want)
		}
	}
}

func TestOriginOfAnOption(t *testing.T) {
	lines := map[string]Want{"CONFIG_DISK": {"CONFIG_DISK", "y", "storage.config", 7}}
	got := Config{}
	asked := map[string]*trail{}
	for _, name := range []string{"DISK", "CORE", "DEEP", "DISK_EXTRA", "DEF", "ROUND", "ROUNDER"} {
		got["CONFIG_"+name], asked[name] = "y", &trail{}
	}
	if err := scanTree(smallTree(), asked); err != nil {
		t.Fatal(err)
	}
	for symbol, want := range map[string]string{
		"CONFIG_DISK": "storage.config:7: CONFIG_DISK",
		"CONFIG_CORE": "storage.config:7: CONFIG_DISK selects CONFIG_CORE",
		// Not by OFF, which is not set.
		"CONFIG_DEEP":       "storage.config:7: CONFIG_DISK selects CONFIG_CORE selects CONFIG_DEEP",
		"CONFIG_DISK_EXTRA": "CONFIG_DISK_EXTRA, by its default at drivers/Kconfig:12",
		"CONFIG_DEF":        "CONFIG_DEF, by its default at net/Kconfig:1",
		"CONFIG_ROUND":      "CONFIG_ROUND, by its default at drivers/Kconfig.zz:1",
		"CONFIG_UNHEARD":    "CONFIG_UNHEARD, of which no makefile of options knows",
	} {
		if words := origin(symbol, got, lines, asked).String(); words != want {
			t.Errorf("got  %s\nwant %s", words, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	wants := []Want{{"CONFIG_NET", "y", "network.config", 3}, {"CONFIG_DISK", Off, "storage.config", 7}}
	out, err := Origins(smallTree(), Config{"CONFIG_NET": "y", "CONFIG_DISK": "y"}, wants, []string{"net/socket.o", "init/main.o", "drivers/core.o"})
	if err != nil {
		t.Fatal(err)
	}
	for object, want := range map[string]string{
		"net/socket.o": "network.config:3: CONFIG_NET", "init/main.o": "every kernel has it",
		"drivers/core.o": "CONFIG_DISK, by its default at drivers/Kconfig:1", // a line that unsets asks for nothing
	} {
		if got := out[object].String(); got != want {
			t.Errorf("%s: got %s, want %s", object, got, want)
		}
	}
}

func TestParseObjects(t *testing.T) {
	for text, kept := range map[string]bool{objectsForm + "\n1 2 3 a/b.o\n": true, "1 2 3 a/b.o\n": false} {
		got, is, err := ParseObjects([]byte(text))
		if err != nil || is != kept || len(got) != 1 || got[0] != (Object{"a/b.o", 1, 2, 3}) {
			t.Errorf("%q: %+v, kept %v, %v", text, got, is, err)
		}
	}
	if _, _, err := ParseObjects([]byte("1 x 3 a/b.o\n")); err == nil || !strings.Contains(err.Error(), "a/b.o") {
		t.Errorf("a broken line: %v", err)
	}
}
