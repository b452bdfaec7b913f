package main

import "context"

// fillSystemd makes the smallest root in which systemd does the job: its own
// units are left out, so that nothing is started that the others have not.
func fillSystemd(_ context.Context, b *builder, t *tree) error {
	for _, path := range []string{"/lib/systemd/systemd"} {
		if err := b.pool.program(t, path); err != nil {
			return err
		}
	}
	t.link("/init", "lib/systemd/systemd")
	t.link("/etc/systemd/system/default.target", "bench.target")
	t.text("/etc/machine-id", lines("0123456789abcdef0123456789abcdef"), 0o644)
	t.text("/etc/os-release", lines("ID=bench"), 0o644)
	t.text("/etc/systemd/system.conf", lines("[Manager]", "ShowStatus=no", "DefaultStandardOutput=null", "DefaultStandardError=null",
		"LogTarget=kmsg", "LogLevel=err", "DefaultStartLimitBurst=1000"), 0o644)
	t.text("/etc/systemd/system/bench.target", unit("[Unit]", "DefaultDependencies=no", "Requires=last.service", "AllowIsolate=yes"), 0o644)
	for _, target := range []string{"sysinit", "basic", "shutdown", "umount", "final", "rescue", "emergency"} {
		t.text("/etc/systemd/system/"+target+".target", unit("[Unit]", "DefaultDependencies=no"), 0o644)
	}
	t.text("/etc/systemd/system/network.service", unit("[Unit]", "DefaultDependencies=no",
		"[Service]", "Type=oneshot", "RemainAfterExit=yes",
		"ExecStart=/bin/busybox ifconfig lo up",
		"ExecStart=/bin/busybox ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up",
		"ExecStart=/bin/busybox route add default gw 10.0.2.2"), 0o644)
	kinds := map[string]string{"first": "exec", "second": "notify", "last": "notify"}
	for _, word := range words {
		body := []string{"[Unit]", "DefaultDependencies=no"}
		if word == "last" {
			body = append(body, "Wants=first.service second.service network.service", "After=first.service second.service network.service")
		}
		body = append(body, "[Service]", "Restart=always", "RestartSec=0", "TasksMax=16", "ExecStart=/bin/service "+word)
		t.text("/etc/systemd/system/"+word+".service", unit(append(body, "Type="+kinds[word])...), 0o644)
	}
	return addBusybox(b, t)
}

func unit(body ...string) string { return lines(body...) }
