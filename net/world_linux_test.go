// As linux_test.go: the loop's part of a Net on the real kernel.
//
//go:build amd64

package netcfg

import (
	"os"
	"runtime"
	"testing"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"mote/hw"
	"mote/wire"
)

// namespace moves the test to a fresh network namespace, on a thread that is
// given up with it.
func namespace(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("a network namespace needs root")
	}
	runtime.LockOSThread() // never unlocked: the runtime ends the thread
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skip(err)
	}
}

// world is one Net with its socket, in this thread's namespace.
type world struct {
	t  *testing.T
	n  *Net
	fd int
	// packets are the sockets of clients by slot, -1 for none.
	packets [PacketSocketsMax]int
	news    []string
	buffer  []byte
	from    hw.Sender
	done    []string
	resolv  string
}

func newWorld(t *testing.T, want ...wire.Link) *world {
	t.Helper()
	n := New(want, "node-7", Linux{}.Random())
	n.MakeSecret(Linux{})
	fd, err := n.OpenSocket(Linux{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	w := &world{t: t, n: n, fd: fd, buffer: make([]byte, ReceiveSize)}
	for i := range w.packets {
		w.packets[i] = -1
	}
	t.Cleanup(func() {
		for slot := range w.packets {
			w.closePacket(slot)
		}
	})
	return w
}

func (w *world) closePacket(slot int) {
	if w.packets[slot] >= 0 {
		unix.Close(w.packets[slot])
		w.packets[slot] = -1
	}
}

// act does one op as the loop does.
func (w *world) act(op Op) {
	var request [MessageSizeMax]byte
	now := boottime(w.t)
	switch {
	case op.Kind == OpResolv:
		w.resolv = string(w.n.AppendResolv(nil))
		w.n.Done(op, now)
	case op.Slow():
		if op.Kind == OpLinkUp && op.Name.String() != "lo" {
			w.rules6(op)
		}
		if errno := RunSlow(Linux{}, op); errno != 0 {
			w.n.Failed(op, errno, boottime(w.t))
		} else {
			w.n.Done(op, boottime(w.t))
		}
	case op.Kind == OpOpen:
		fd, errno := OpenPacket(Linux{}, op)
		if errno != 0 {
			w.n.Failed(op, errno, now)
			return
		}
		w.closePacket(op.PacketSlot())
		w.packets[op.PacketSlot()] = fd
		w.n.Done(op, now)
	case op.Kind == OpClose:
		w.closePacket(op.PacketSlot())
	case op.Kind == OpSend:
		w.n.Send(Linux{}, w.packets[op.PacketSlot()], op, request[:], now)
	default:
		w.n.Act(Linux{}, w.fd, op, request[:], now)
	}
}

// rules6 sets what the loop's worker sets before a link comes up (init/core/link.go).
func (w *world) rules6(op Op) {
	w.t.Helper()
	rules := map[string]string{"accept_ra": "0", "optimistic_dad": "1"}
	if op.RA {
		rules["accept_ra"], rules["stable_secret"] = "2", string(w.n.AppendSecret(nil))
	}
	for rule, value := range rules {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+op.Name.String()+"/"+rule, []byte(value), 0); err != nil {
			w.t.Error(err)
		}
	}
}

// takePackets drains the sockets of clients.
func (w *world) takePackets() (busy bool) {
	for slot, fd := range w.packets {
		for fd >= 0 {
			outcome := w.n.TakePacket(Linux{}, fd, slot, w.buffer, boottime(w.t))
			if outcome == OutcomeBroken {
				w.closePacket(slot)
			}
			busy = busy || outcome != OutcomeDrained
			if outcome != OutcomeTaken {
				break
			}
		}
	}
	return busy
}

func boottime(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

// turn is one turn of a loop; it tells whether anything was done.
func (w *world) turn() bool {
	w.t.Helper()
	busy := false
	for {
		outcome := w.n.Take(Linux{}, w.fd, w.buffer, &w.from, boottime(w.t))
		if outcome == OutcomeBroken {
			w.t.Fatal("the socket broke")
		}
		if outcome == OutcomeDrained {
			break
		}
		busy = true
	}
	busy = w.takePackets() || busy
	for _, op := range w.n.Decide(boottime(w.t), nil) {
		busy = true
		if !op.Dump() {
			w.done = append(w.done, op.String())
		}
		w.act(op)
	}
	for line, ok := w.n.AppendNews(nil, boottime(w.t)); ok; line, ok = w.n.AppendNews(nil, boottime(w.t)) {
		w.news = append(w.news, string(line))
	}
	return busy
}

// until turns the loop until true, woken by the socket and by deadlines only.
func (w *world) until(what string, is func() bool) {
	w.t.Helper()
	w.untilMsec(30_000, what, is) // of a busy host; discovery and the ARP probe alone take up to 5 s
}

// untilMsec is until with another limit.
func (w *world) untilMsec(msec int64, what string, is func() bool) {
	w.t.Helper()
	end := boottime(w.t) + msec*nsecPerMsec
	for !is() {
		now := boottime(w.t)
		if now > end {
			w.t.Fatalf("no %s: %q; done %q, news %q", what, w.n.WaitingFor(0), w.done, w.news)
		}
		if w.turn() {
			continue
		}
		wait := end - now
		if next := w.n.NextDeadline(); next != 0 {
			wait = min(wait, max(next-now, 0))
		}
		fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}
		for _, fd := range w.packets {
			if fd >= 0 {
				fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
			}
		}
		unix.Poll(fds, int(wait/nsecPerMsec)+1)
	}
}

// request sends one message to the kernel, which must accept it.
func request(t *testing.T, message []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := unix.Write(fd, message); err != nil {
		t.Fatal(err)
	}
	var b [4096]byte
	size, err := unix.Read(fd, b[:])
	if err != nil {
		t.Fatal(err)
	}
	var m Message
	if _, ok := NextMessage(b[:size], &m); !ok || m.Kind != MessageAnswer || m.Errno != 0 {
		t.Fatalf("the kernel answers %v, %+v", ok, m)
	}
}

// vethMessage makes a pair of links; the attributes are the library's work.
func vethMessage(t *testing.T, name, peer string) []byte {
	t.Helper()
	inner := netlink.NewAttributeEncoder()
	inner.String(unix.IFLA_IFNAME, peer)
	peerAttrs, err := inner.Encode()
	if err != nil {
		t.Fatal(err)
	}
	ae := netlink.NewAttributeEncoder()
	ae.String(unix.IFLA_IFNAME, name)
	ae.Nested(unix.IFLA_LINKINFO, func(info *netlink.AttributeEncoder) error {
		info.String(unix.IFLA_INFO_KIND, "veth")
		info.Nested(unix.IFLA_INFO_DATA, func(pair *netlink.AttributeEncoder) error {
			pair.Bytes(1, append(make([]byte, linkBodySize), peerAttrs...)) // VETH_INFO_PEER
			return nil
		})
		return nil
	})
	attrs, err := ae.Encode()
	if err != nil {
		t.Fatal(err)
	}
	b := appendHead(nil, msgNewLink, flagAck|flagCreate|flagExcl, 1)
	b = append(append(b, make([]byte, linkBodySize)...), attrs...)
	return finish(b, 0)
}

// linkMessage sets flags of a link, or its name, or deletes it.
func linkMessage(kind uint16, index, flags, mask uint32, name string) []byte {
	b := appendHead(nil, kind, flagAck, 1)
	b = append32(append32(b, 0), index)
	b = append32(append32(b, flags), mask)
	if name != "" {
		b = append16(append16(b, uint16(attrHeadSize+len(name)+1)), attrLinkName)
		b = append(append(b, name...), 0)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return finish(b, 0)
}
