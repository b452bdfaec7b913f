package main

import (
	"context"
	"fmt"
)

// finitRestarts is after how many deaths finit gives a service up: more than
// are counted here.
const finitRestarts = 120

// fillFinit: finit mounts what it needs itself, and the rest by fstab with the
// program mount. It has its sockets in /var/run. None of its plugins is there:
// this job needs none.
func fillFinit(_ context.Context, b *builder, t *tree) error {
	if err := b.pool.program(t, "/sbin/finit"); err != nil {
		return err
	}
	t.link("/init", "sbin/finit")
	for _, path := range []string{"/bin/mount", "/bin/sh"} {
		t.link(path, "busybox")
	}
	t.link("/var/run", "/run")
	t.folder("/lib/x86_64-linux-gnu/finit/plugins")
	t.text("/etc/fstab", lines("/dev/root / auto ro 0 0", "tmpfs /run tmpfs mode=0755 0 0", "tmpfs /tmp tmpfs mode=1777 0 0"), 0o644)
	t.text("/etc/network.sh", lines("#!/bin/busybox sh", "export PATH=/bin",
		"busybox ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up", "busybox route add default gw 10.0.2.2"), 0o755)
	conf := []string{"runlevel 2", "run [S] log:null /etc/network.sh -- Network"}
	for i, word := range words {
		conf = append(conf, fmt.Sprintf("service :%d [2] restart:%d log:null /bin/service %s -- %s", i+1, finitRestarts, word, word))
	}
	t.text("/etc/finit.conf", lines(conf...), 0o644)
	return addBusybox(b, t)
}
