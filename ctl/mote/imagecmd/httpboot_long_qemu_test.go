//go:build qemu && long

package imagecmd

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image/assemble"
	"mote/fs/image/release"
	"mote/size/installed"
)

// TestQEMULongHTTPBoot has firmware without any disk fetch the netboot kernel from a
// server that dnsmasq names, under Secure Boot, and refuse it when a bit of the root
// in it was changed. The node gets ready without having touched a disk.
func TestQEMULongHTTPBoot(t *testing.T) {
	f := newFactory(t)
	kernel, err := assemble.Netboot(f.spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("signed", func(t *testing.T) {
		v := httpBoot(t, f, kernel)
		vmtest.WaitLine(t, v, readyText)
		vmtest.WaitLine(t, v, "the root in RAM by its signature, without verity")
	})
	t.Run("behind a disk that firmware refuses", func(t *testing.T) {
		a, b := f.release(t, "2.0"), f.release(t, "1.0")
		loader := a.Parts[release.KindLoader]
		loader[len(loader)/2] ^= 1
		c := httpMachine(t, f, kernel)
		c.Disks = f.machine(t, 512, nil, a, b).Disks
		v := vmtest.Start(t, c)
		vmtest.WaitLine(t, v, readyText)
		vmtest.WaitLine(t, v, "the root in RAM by its signature, without verity")
	})
	t.Run("changed", func(t *testing.T) {
		changed := bytes.Clone(kernel)
		initrd := section(t, changed, ".initrd")
		initrd[len(initrd)/2] ^= 1
		refused(t, httpBoot(t, f, changed))
	})
}

func httpBoot(t *testing.T, f *factory, file []byte) *vm.VM {
	t.Helper()
	return vmtest.Start(t, httpMachine(t, f, file))
}

// httpMachine is a machine on a LAN, in a network namespace, with dnsmasq and a server
// of one file.
func httpMachine(t *testing.T, f *factory, file []byte) vm.Config {
	t.Helper()
	const server, path = "10.77.0.1", "/mote.efi"
	w := newLAN(t, server)
	dir := t.TempDir()
	w.start("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--interface=wire0", "--bind-interfaces",
		"--dhcp-range=10.77.0.10,10.77.0.20,600", "--dhcp-leasefile="+filepath.Join(dir, "leases"), "--user=root", "--pid-file=",
		"--dhcp-match=set:http,option:client-arch,16", // RFC 5970, x64 UEFI HTTP
		"--dhcp-option-force=tag:http,60,HTTPClient", "--dhcp-boot=tag:http,http://"+server+path)
	var fetched atomic.Int64
	site := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		if in.URL.Path != path {
			http.NotFound(out, in)
			return
		}
		fetched.Add(1)
		http.ServeContent(out, in, "mote.efi", time.Time{}, bytes.NewReader(file))
	})}
	listener := w.listen(server + ":80")
	go site.Serve(listener)
	t.Cleanup(func() {
		site.Close()
		if fetched.Load() == 0 {
			t.Error("nobody asked for the file")
		}
	})
	vars := filepath.Join(dir, "vars.fd")
	if err := os.WriteFile(vars, f.vars, 0o600); err != nil {
		t.Fatal(err)
	}
	return vm.Config{Binary: w.inside(dir, "qemu-system-x86_64"), MemoryBytes: 512 << 20, RNG: true,
		Firmware: &vm.Firmware{Code: firmware, Vars: vars, Secure: true},
		// Without PXE, whose waits take two minutes (EDK2, OvmfPkg/README).
		Args: []string{"-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n",
			"-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n", "-netdev", "tap,id=wire,ifname=wire0,script=no,downscript=no",
			"-device", "virtio-net-pci,netdev=wire,romfile=,bootindex=1"}}
}

// lan is a network namespace with a tap device that machines and servers share.
type lan struct {
	t    *testing.T
	name string
}

func newLAN(t *testing.T, address string) lan {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	installed.Program(t, "ip")
	installed.Program(t, "dnsmasq")
	w := lan{t, fmt.Sprintf("mote-http-%d-%d", os.Getpid(), time.Now().UnixNano()%1e6)}
	w.run("ip", "netns", "add", w.name)
	t.Cleanup(func() { w.run("ip", "netns", "del", w.name) })
	for _, words := range []string{"link set lo up", "tuntap add dev wire0 mode tap", "address add " + address + "/24 dev wire0", "link set wire0 up"} {
		w.run("ip", append([]string{"-n", w.name}, strings.Fields(words)...)...)
	}
	return w
}

func (w lan) run(program string, args ...string) {
	w.t.Helper()
	if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		w.t.Fatalf("%s %s: %v: %s", program, strings.Join(args, " "), err, said)
	}
}

// start runs a server on the LAN until the test ends.
func (w lan) start(program string, args ...string) {
	w.t.Helper()
	server := exec.Command("ip", append([]string{"netns", "exec", w.name, program}, args...)...)
	var said bytes.Buffer
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if w.t.Failed() {
			w.t.Logf("%s: %s", program, &said)
		}
	})
}

// listen makes a listener whose socket is on the LAN, whoever uses it.
func (w lan) listen(address string) net.Listener {
	w.t.Helper()
	type made struct {
		listener net.Listener
		err      error
	}
	done := make(chan made, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends in its namespace
		space, err := os.Open("/run/netns/" + w.name)
		if err == nil {
			defer space.Close()
			err = unix.Setns(int(space.Fd()), unix.CLONE_NEWNET)
		}
		if err != nil {
			done <- made{err: err}
			return
		}
		listener, err := net.Listen("tcp", address)
		done <- made{listener, err}
	}()
	m := <-done
	if m.err != nil {
		w.t.Fatal(m.err)
	}
	return m.listener
}

// inside writes a program that runs another one on the LAN.
func (w lan) inside(dir, program string) string {
	w.t.Helper()
	path := filepath.Join(dir, "inside")
	text := "#!/bin/sh\nexec ip netns exec " + w.name + " " + program + " \"$@\"\n"
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		w.t.Fatal(err)
	}
	return path
}
