// As linux_test.go: the distribution's server of time, chronyd.
//
//go:build amd64

package netcfg

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mote/size/installed"
	"mote/wire"
)

// What is decided is checked against the clock that chronyd serves, this machine's; the
// clock itself is not touched: we believe to be an hour behind.
func TestChronydTellsTheTime(t *testing.T) {
	s := newSite(t)
	installed.Program(t, "chronyd")
	dir := t.TempDir()
	config := filepath.Join(dir, "conf")
	text := "local stratum 3\nallow all\ncmdport 0\nbindcmdaddress /\nport 123\nuser root\npidfile " + dir + "/pid\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s.serve("chronyd", "-d", "-x", "-f", config)
	w := newWorld(t, wire.Link{Name: "mote0", Address: [4]byte{10, 9, 0, 7}, PrefixBits: 24})
	w.until("ready", w.n.Ready)
	fd, errno := OpenClock(Linux{})
	if errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Close(fd)
	var c Clock
	const behind = 3600 * nsecPerSec
	clock := func() int64 { return time.Now().UnixNano() - behind }
	c.Serve([][16]byte{{10: 0xff, 11: 0xff, 12: 10, 13: 9, 14: 0, 15: 1}}, 7, boottime(t))
	buffer := make([]byte, 512)
	for end := boottime(t) + 30*nsecPerSec; boottime(t) < end; {
		if to, request, due := c.Ask(buffer[:0], boottime(t), clock()); due {
			AskTime(Linux{}, fd, to, request)
		}
		unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(c.Next()-boottime(t), 0)/nsecPerMsec)+1)
		n, errno := Linux{}.Read(fd, buffer)
		if errno != 0 {
			continue // nothing yet, or the word that nobody listens yet
		}
		if move, ok := c.Take(buffer[:n], boottime(t), clock()); ok {
			if off := move.OffsetNsec - behind; !move.Step || !move.First || max(off, -off) > nsecPerSec {
				t.Errorf("%+v", move)
			}
			return
		}
	}
	t.Fatal("chronyd did not answer")
}
