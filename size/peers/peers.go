package main

import (
	"context"
	"path/filepath"
	"strings"
)

// peers are all inits that are compared with Mote, the smallest job first.
func peers(b *builder) []*peer {
	debian := func(name string) string { return name + " " + b.pool.versions[name] + ", Debian" }
	return []*peer{
		{name: "floor", version: "size/peers/files/floor.c, gcc -Os -static", init: "/init", fill: fillFloor,
			note: "the least that a C program can do; nothing is supervised beyond starting again"},
		{name: "busybox", version: debian("busybox-static"), init: "/bin/busybox", fill: fillBusybox("inittab-direct"),
			note: "every step a line of inittab, no shell"},
		{name: "busybox-sh", version: debian("busybox-static"), init: "/bin/busybox", fill: fillBusybox("inittab-shell"),
			note: "the usual way: a script"},
		{name: "finit", version: debian("finit"), init: "/sbin/finit", fill: fillFinit, words: []string{"--", "finit.show_status=off"},
			note: "no plugins"},
		{name: "runit", version: debian("runit"), init: "/sbin/runit", fill: fillRunit},
		{name: "s6", version: debian("s6"), init: "/usr/bin/s6-svscan", fill: fillS6,
			note: "s6-svscan as process 1 behind a script"},
		{name: "systemd", version: debian("systemd"), init: "/lib/systemd/systemd", fill: fillSystemd,
			note: "no journal, no udev, no generators; units of our own only"},
	}
}

// addBusybox is the interpreter of every peer with a script.
func addBusybox(b *builder, t *tree) error {
	source, err := b.pool.find("/bin/busybox")
	if err != nil {
		return err
	}
	t.file("/bin/busybox", source, 0o755)
	return nil
}

func fillFloor(ctx context.Context, b *builder, t *tree) error {
	source := filepath.Join(b.top, "size", "peers", "files", "floor.c")
	out := filepath.Join(b.folder, "floor")
	if _, err := command(ctx, b.folder, "gcc", "-Os", "-static", "-s", "-o", out, source); err != nil {
		return err
	}
	t.file("/init", out, 0o755)
	return nil
}

func fillBusybox(inittab string) func(context.Context, *builder, *tree) error {
	return func(_ context.Context, b *builder, t *tree) error {
		t.link("/init", "bin/busybox")
		t.link("/sbin/init", "../bin/busybox")
		t.text("/etc/inittab", text(inittab), 0o644)
		t.text("/etc/rc", text("rc.sh"), 0o755)
		return addBusybox(b, t)
	}
}

// run is a service's script for runit and s6.
func run(word string) string { return lines("#!/bin/busybox sh", "exec /bin/service "+word) }

var words = []string{"first", "second", "last"}

// fillRunit: runit starts /etc/runit/1 and then 2. The state of its supervisors
// is in /run, as the root is read-only.
func fillRunit(_ context.Context, b *builder, t *tree) error {
	for _, path := range []string{"/sbin/runit", "/usr/bin/runsvdir", "/usr/bin/runsv"} {
		if err := b.pool.program(t, path); err != nil {
			return err
		}
	}
	t.link("/init", "sbin/runit")
	t.text("/etc/runit/1", text("rc.sh"), 0o755)
	t.text("/etc/runit/2", lines("#!/bin/busybox sh", "export PATH=/bin:/usr/bin", "exec runsvdir /etc/service"), 0o755)
	t.text("/etc/runit/3", lines("#!/bin/busybox sh"), 0o755)
	for _, word := range words {
		t.text("/etc/service/"+word+"/run", run(word), 0o755)
		t.link("/etc/service/"+word+"/supervise", "/run/supervise."+word)
	}
	return addBusybox(b, t)
}

// fillS6: a script prepares /run/service and becomes s6-svscan.
func fillS6(_ context.Context, b *builder, t *tree) error {
	for _, path := range []string{"/usr/bin/s6-svscan", "/usr/bin/s6-supervise"} {
		if err := b.pool.program(t, path); err != nil {
			return err
		}
	}
	begin := strings.TrimPrefix(text("rc.sh"), "#!/bin/busybox sh\n")
	t.text("/init", "#!/bin/busybox sh\n"+begin+lines("busybox cp -R /etc/s6 /run/service", "export PATH=/usr/bin:/bin",
		"exec s6-svscan /run/service"), 0o755)
	for _, word := range words {
		t.text("/etc/s6/"+word+"/run", run(word), 0o755)
	}
	return addBusybox(b, t)
}
