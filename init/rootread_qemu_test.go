//go:build qemu

package main_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/wire"
)

// TestQEMURootCantBeRead: a sector of the root's disk can't be read, in the first block
// of a service's program. That service fails, and says why; PID 1 and the others go on.
func TestQEMURootCantBeRead(t *testing.T) {
	// As long as a program, unlike anything else, and never run.
	var program []byte
	for n := range 4096 {
		sum := sha256.Sum256(fmt.Append(nil, n))
		program = append(program, sum[:]...)
	}
	broken := behave("broken", wire.ReadyExec)
	broken.Exec, broken.BackoffMaxMsec = []string{"/bin/broken"}, 100
	root := buildRoot(t, wire.Manifest{Node: "tested", Services: []wire.Service{broken}}, nil, image.Table{
		{Path: "/bin/broken", Kind: image.KindFile, Mode: 0o755, Content: program, Raw: true, Reason: "a test"}})
	b, err := os.ReadFile(root)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, program[:4096])
	if at < 0 {
		t.Fatal("the program does not stand in the image as it is")
	}
	g := startGuest(t, vm.Config{Append: []string{vm.StaticWord, "root=/dev/vda", "init=/init"}, Args: []string{
		"-drive", "if=none,id=root,format=raw,readonly=on,rerror=report,file.driver=blkdebug,file.image.driver=file,file.image.filename=" + root +
			fmt.Sprintf(",file.inject-error.0.event=none,file.inject-error.0.iotype=read,file.inject-error.0.sector=%d,file.inject-error.0.errno=5", (at+len(program)/2)/512),
		"-device", "virtio-blk-device,drive=root"}})
	vmtest.WaitLine(t, g.VM, "] ready")
	s := g.until("broken", "restarted", func(s wire.ServiceStatus) bool { return s.Restarts >= 3 })
	if line := g.line("broken: "); !strings.Contains(line, "EIO") {
		t.Errorf("it says %q; %+v", line, s)
	}
	if s := g.service("relay"); s.Restarts != 0 || s.State != "up" {
		t.Errorf("another service suffered: %+v", s)
	}
}

// line is the first of the console's that has a text, "" if none has.
func (g *guest) line(text string) string {
	for _, l := range g.Lines() {
		if strings.Contains(l.Text, text) {
			return l.Text
		}
	}
	return ""
}
