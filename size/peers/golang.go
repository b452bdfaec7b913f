package main

import (
	"context"
	"path/filepath"
	"strings"
)

// fromModule makes a peer that comes from the module proxy, by the pins of the
// module in inits/.
func fromModule(ctx context.Context, b *builder, module string, p *peer) (*peer, error) {
	version, err := command(ctx, b.inits(), "go", "list", "-m", "-f", "{{.Version}}", module)
	p.version = strings.TrimSpace(module + " " + version)
	return p, err
}

// inits is the folder of the module with the inits that are Go programs.
func (b *builder) inits() string { return filepath.Join(b.top, "size", "peers", "inits") }

// goPeers are the peers from the module proxy.
func goPeers(ctx context.Context, b *builder) ([]*peer, error) {
	uroot, err := fromModule(ctx, b, "github.com/u-root/u-root", &peer{name: "u-root", init: "/init", fill: fillUroot,
		note: "its init mounts, brings the loopback up and starts one program; it supervises nothing and sets no address, " +
			"which size/peers/inits/uinit does here. It tries cgroup v1 and the file systems of UEFI too, and says that they are missing"})
	if err != nil {
		return nil, err
	}
	gokrazy, err := fromModule(ctx, b, "github.com/gokrazy/gokrazy", &peer{name: "gokrazy", init: "/gokrazy/init", fill: fillGokrazy,
		// It wants to know on which disk it is to update itself; there is none.
		words: []string{"ubd0=/dev/sda2"},
		note: "a program beside it sets the static address, as its own DHCP client first waits a second; it serves a web interface, and starts a dead service after 1 s. " +
			"It has no partition for what stays, and waits only for children of its services' process groups, so that orphans stay behind"})
	return []*peer{uroot, gokrazy}, err
}

// fillUroot makes the folders that u-root's init would make itself, had it a
// root that can be written.
func fillUroot(ctx context.Context, b *builder, t *tree) error {
	for pkg, path := range map[string]string{"github.com/u-root/u-root/cmds/core/init": "/init", "./uinit": "/bin/uinit"} {
		out, err := b.gobuild(ctx, b.inits(), pkg, "uroot-"+filepath.Base(path))
		if err != nil {
			return err
		}
		t.file(path, out, 0o755)
	}
	t.folder("/buildbin", "/ubin", "/env", "/tcz", "/lib", "/usr/lib", "/var/log", "/go/pkg/linux_amd64")
	return nil
}

// fillGokrazy makes the root that its packer would make, as far as this job
// needs it.
func fillGokrazy(ctx context.Context, b *builder, t *tree) error {
	for pkg, path := range map[string]string{"./gokrazy": "/gokrazy/init", "./network": "/user/network"} {
		out, err := b.gobuild(ctx, b.inits(), pkg, "gokrazy-"+filepath.Base(path))
		if err != nil {
			return err
		}
		t.file(path, out, 0o755)
	}
	t.link("/init", "gokrazy/init")
	t.link("/user/service", "../bin/service")
	t.text("/etc/hostname", "gokrazy", 0o644)
	t.text("/etc/hosts", lines("127.0.0.1 localhost"), 0o644)
	t.link("/etc/resolv.conf", "/tmp/resolv.conf")
	t.folder("/perm")
	return nil
}
