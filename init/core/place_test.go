//go:build amd64

package core

import (
	"os"
	"strings"
	"testing"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// shell runs a script as a service and gives what it printed.
func shell(t *testing.T, st *start, isolation wire.Isolation, script string) string {
	t.Helper()
	out := outFile(t)
	spec := &wire.Service{Name: "placed", Exec: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/usr/bin:/bin"}, Isolation: isolation}
	ended, report := runChild(t, spec, st, out)
	text, _ := os.ReadFile(out.Name())
	if ended != (end{kind: endExit}) || len(report) != 0 {
		t.Fatalf("ended %+v, reported %v:\n%s", ended, report, text)
	}
	return string(text)
}

func wants(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+text, "\n"+line+"\n") {
			t.Errorf("no line %q in:\n%s", line, text)
		}
	}
}

// What nobody declared is not there, for root neither.
func TestViewIsTheLeast(t *testing.T) {
	text := shell(t, &start{}, wire.Isolation{}, `
		echo dev: $(ls /dev); echo processes: $(ls -d /proc/[0-9]* | wc -l)
		for f in /tmp/mote-x /run/mote-x /dev/mote-x /dev/shm/mote-x /proc/sys/kernel/hostname; do
			( : > $f ) 2> /dev/null && echo wrote $f
		done
		echo > /dev/null && echo null; echo end`)
	// sh, and the subshell that ls runs in; ls itself has ended or not.
	wants(t, text, "dev: fd full null random shm stderr stdin stdout urandom zero", "null", "end")
	if strings.Contains(text, "wrote") || strings.Count(text, "\n") != 4 {
		t.Errorf("it sees or writes too much:\n%s", text)
	}
}

// Modes are not what hides from a service that passes them.
func TestModesPassedSeeNoMore(t *testing.T) {
	text := shell(t, &start{caps: 1 << unix.CAP_DAC_READ_SEARCH}, wire.Isolation{}, `
		ls /sys/firmware /proc/acpi 2> /dev/null | grep -v :; cat /proc/keys /proc/iomem 2> /dev/null; echo end`)
	wants(t, text, "end")
	if strings.Trim(text, "\n") != "end" {
		t.Errorf("it sees too much:\n%s", text)
	}
}

// What was declared is there, as declared, and belongs to the service's user.
func TestPlaceByDeclaration(t *testing.T) {
	os.Mkdir("/run/mote-shared", 0o700)
	t.Cleanup(func() { os.RemoveAll("/run/mote-shared") })
	text := shell(t, &start{uid: 12345, gid: 23456}, wire.Isolation{
		Devices: []string{"tty"},
		Writable: []wire.Writable{{Path: "/tmp", SizeBytes: 1 << 16, Mode: 0o1770}, {Path: "/run/mote-shared", Shared: true, Mode: 0o750},
			{Path: "/mnt", Sealed: true, Mode: 0o755}, {Path: "/mnt/inner"}},
		Files: []wire.File{{Path: "/mnt/key", Content: "secret\n", Mode: 0o440}, {Path: "/mnt/passwd", Source: "/etc/passwd"}},
	}, `
		ls -dn /dev/tty /tmp /run/mote-shared /mnt /mnt/inner /mnt/key | awk '{print $1, $3, $4, $NF}'
		cat /mnt/key; cmp /mnt/passwd /etc/passwd && echo same
		for f in /tmp/x /run/mote-shared/x /mnt/x /mnt/inner/x /mnt/passwd /x; do ( : > $f ) 2> /dev/null && echo wrote $f; done
		head -c 100000 /dev/zero > /tmp/big 2> /dev/null || echo full
		printf '#!/bin/sh\n' > /mnt/inner/run; chmod 755 /mnt/inner/run; /mnt/inner/run 2> /dev/null && echo ran; echo end`)
	wants(t, text, "crw------- 12345 23456 /dev/tty", "drwxrwx--T 12345 23456 /tmp", "drwxr-x--- 12345 23456 /run/mote-shared",
		"drwxr-xr-x 12345 23456 /mnt", "drwx------ 12345 23456 /mnt/inner", "-r--r----- 0 0 /mnt/key", "same",
		"wrote /tmp/x", "wrote /run/mote-shared/x", "wrote /mnt/inner/x", "full", "end")
	for _, wrong := range []string{"wrote /mnt/x", "wrote /mnt/passwd", "wrote /x", "ran", "secret"} {
		if strings.Contains(text, wrong+"\n") {
			t.Errorf("%s:\n%s", wrong, text)
		}
	}
	if _, err := os.Stat("/run/mote-shared/x"); err != nil {
		t.Errorf("what it wrote into the shared folder is not the node's: %v", err)
	}
}

// A pid namespace has one process and its children; a user namespace one user.
func TestNamespacesOfItsOwn(t *testing.T) {
	text := shell(t, &start{uid: 12345, gid: 23456, caps: 1 << unix.CAP_SYS_ADMIN},
		wire.Isolation{Namespaces: []string{"pid", "user", "uts", "net"}, Syscalls: []string{"files", "process", "identity", "resources", "namespaces"}}, `
		echo pid $$ user $(id -u):$(id -g); ls -d /proc/[0-9]* | head -1; test -e /proc/meminfo && echo meminfo
		cat /proc/self/uid_map | tr -s ' '; hostname inside && hostname; grep CapEff /proc/self/status
		grep -c : /proc/self/net/dev; echo end`)
	wants(t, text, "pid 1 user 0:0", "/proc/1", " 0 12345 1", "inside", "CapEff:\t0000000000200000", "1", "end")
	if strings.Contains(text, "meminfo") {
		t.Errorf("/proc has more than processes:\n%s", text)
	}
	if name, _ := os.Hostname(); name == "inside" {
		t.Fatal("it named the tests' machine")
	}
	text = shell(t, &start{uid: 12345, gid: 23456, caps: 1 << unix.CAP_NET_RAW},
		wire.Isolation{Namespaces: []string{"user"}, InsideID: 7}, `id -u; grep -E 'CapEff|CapAmb|CapBnd' /proc/self/status`)
	wants(t, text, "7", "CapEff:\t0000000000002000", "CapAmb:\t0000000000002000", "CapBnd:\t0000000000002000")
}

// Landlock's limits on files and ports.
func TestLandlockByDeclaration(t *testing.T) {
	text := shell(t, &start{uid: 12345, gid: 23456}, wire.Isolation{Reads: []string{"/usr/", "/lib/", "/lib64/", "/bin/", "/etc/passwd"},
		Writable: []wire.Writable{{Path: "/tmp"}}, TCPConnect: []uint16{1}}, `
		for f in /etc/passwd /etc/hosts /proc/version /dev/null; do ( : < $f ) 2> /dev/null && echo read $f; done
		ls /etc 2> /dev/null; : > /tmp/x && echo wrote; echo end`)
	wants(t, text, "read /etc/passwd", "read /dev/null", "wrote", "end")
	if strings.Count(text, "\n") != 4 {
		t.Errorf("it reads too much:\n%s", text)
	}
}

// BenchmarkStart is from a child's clone to its being reaped, of a program that
// ends at once: with the node's view and no Landlock, by default, and with mounts
// of its own.
func BenchmarkStart(b *testing.B) {
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer null.Close()
	a := testAround(b)
	a.nullFD = int32(null.Fd())
	for _, c := range []struct {
		name      string
		isolation wire.Isolation
	}{
		{"node-view", wire.Isolation{NodeView: true}},
		{"default", wire.Isolation{}},
		{"tmpfs", wire.Isolation{Writable: []wire.Writable{{Path: "/tmp"}}}},
		{"pid", wire.Isolation{Namespaces: []string{"pid"}}},
		{"user", wire.Isolation{Namespaces: []string{"user"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			spec := &wire.Service{Name: "x", Exec: []string{"/bin/true"}, Isolation: c.isolation}
			st := &start{uid: 12345, gid: 12345, cgroupFD: -1, outputs: [2]int32{a.nullFD, a.nullFD}}
			st.syscalls, _ = wire.SyscallSets(nil)
			st.place(&wire.Manifest{}, &spec.Isolation)
			sys, p := &Linux{}, room(b)
			var status unix.WaitStatus
			b.ReportAllocs()
			for b.Loop() {
				buildService(p, spec, st, a, -1)
				pid, pidfd, errno := sys.Clone(p)
				if errno != 0 {
					b.Fatal(errno)
				}
				if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil || status != 0 {
					b.Fatal(err, status)
				}
				unix.Close(int(pidfd))
			}
		})
	}
}
