package sim

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The model must itself be as Linux is where the loop depends on it.

func quietWorld() *world {
	p := newPlan(1)
	p.faultOneIn = 0
	return newWorld(p, false)
}

// TestEpollOutlivesNumber: an entry of a description that a child still holds
// goes on being reported after its number was closed; see epoll(7).
func TestEpollOutlivesNumber(t *testing.T) {
	w := quietWorld()
	w.check.services = nil
	r, _, _ := w.Pipe()
	f := w.file(r)
	f.refs++ // a child's copy
	w.EpollAdd(0, r, epollIn, 7)
	f.ops.(*pipeEnd).pipe.bytes = []byte("x")
	w.Close(r)
	var evs [4]unix.EpollEvent
	if n := w.readyEvents(evs[:]); n != 1 || evs[0].Fd != 7 {
		t.Errorf("%d events, the first with tag %d", n, evs[0].Fd)
	}
	f.drop()
	if n := w.readyEvents(evs[:]); n != 0 {
		t.Error("an entry outlived its last copy")
	}
}

func TestDescriptorsAreUsedAgain(t *testing.T) {
	w := quietWorld()
	a, b, _ := w.Pipe()
	w.Close(a)
	if c, _ := w.Open("/dev/null", 0, 0); c != a || b == a {
		t.Errorf("opened %d, want the lowest free number %d", c, a)
	}
}

func TestPipeEndsAndFills(t *testing.T) {
	w := quietWorld()
	r, wr, _ := w.Pipe()
	out := w.file(wr).ops
	if n, e := out.write(make([]byte, pipeBytes+1)); n != pipeBytes || e != 0 {
		t.Errorf("took %d bytes, %v", n, e)
	}
	if _, e := out.write([]byte{1}); e != eAGAIN {
		t.Errorf("a full pipe gives %v", e)
	}
	w.Read(r, make([]byte, pipeBytes))
	if _, e := w.Read(r, make([]byte, 1)); e != eAGAIN {
		t.Errorf("an empty pipe gives %v", e)
	}
	w.Close(wr)
	if n, e := w.Read(r, make([]byte, 1)); n != 0 || e != 0 || w.file(r).ops.ready()&epollHup == 0 {
		t.Errorf("an ended pipe gives %d bytes, %v", n, e)
	}
}

// TestOrphansGoToPID1: and only what PID 1 has to wait for becomes a zombie.
func TestOrphansGoToPID1(t *testing.T) {
	w := quietWorld()
	cg := w.cgroups[cgroupRoot]
	parent := w.spawn(nil, cg, "s0")
	child := w.spawn(parent, cg, "s0")
	other := w.spawn(parent, cg, "s0")
	w.die(other, 0)
	if other.life != gone {
		t.Error("a child of a living parent waits for PID 1")
	}
	w.die(parent, 9)
	w.die(child, 3<<8)
	got := map[int32]uint32{}
	for {
		pid, status, e := w.Wait()
		if e == unix.ECHILD {
			break
		}
		got[pid] = status
	}
	if len(got) != 2 || got[parent.pid] != 9 || got[child.pid] != 3<<8 {
		t.Errorf("reaped %v", got)
	}
}

// TestHeldDiesLate: uninterruptible sleep puts a kill off, and nothing else does.
func TestHeldDiesLate(t *testing.T) {
	w := quietWorld()
	p := w.spawn(nil, w.cgroups[cgroupRoot], "s0")
	p.onSignal = func(uint8) {}
	w.hold(p, -1)
	w.signal(p, sigTERM)
	w.signal(p, sigKILL)
	if p.life != running {
		t.Error("died while it hung")
	}
	w.release(p)
	if p.life != zombie || p.status != uint32(sigKILL) {
		t.Errorf("after its release: %d, status %d", p.life, p.status)
	}
}

// TestEmptyCgroupIsToldOnce: by EPOLLPRI until it is read, and at most every
// 10 ms.
func TestEmptyCgroupIsToldOnce(t *testing.T) {
	w := quietWorld()
	w.makeCgroup(cgroupRoot + "/a")
	f, _ := w.openCgroup(cgroupRoot + "/a/cgroup.events")
	b := make([]byte, 64)
	f.ops.read(b)
	p := w.spawn(nil, w.cgroups[cgroupRoot+"/a"], "a")
	if f.ops.ready()&epollPri == 0 {
		t.Error("the first process is not told of")
	}
	f.ops.read(b)
	w.die(p, 0)
	if f.ops.ready()&epollPri != 0 {
		t.Error("told twice within 10 ms")
	}
	w.now += notifyNsec
	w.runDue()
	if f.ops.ready()&epollPri == 0 {
		t.Error("the end is not told of")
	}
	if n, _ := f.ops.read(b); string(b[:11]) != "populated 0" || n == 0 {
		t.Errorf("reads %q", b[:n])
	}
}

// TestRoutesFollowTheirAddress: as the kernel does, without a word.
func TestRoutesFollowTheirAddress(t *testing.T) {
	w := quietWorld()
	tab := &w.links
	tab.plug("eth0")
	l := tab.named("eth0")
	r := route{link: l.index, gateway: [4]byte{10, 0, 0, 1}, protocol: 205}
	if e := tab.addRoute(r); e != unix.ENETDOWN {
		t.Errorf("a link that is down takes a route: %v", e)
	}
	tab.set(l, true)
	if e := tab.addRoute(r); e != unix.ENETUNREACH {
		t.Errorf("a gateway out of reach: %v", e)
	}
	tab.addAddress(address{link: l.index, ip: [4]byte{10, 0, 0, 2}, bits: 24}, false)
	if e := tab.addRoute(r); e != 0 {
		t.Errorf("route: %v", e)
	}
	if e := tab.addRoute(r); e != unix.EEXIST {
		t.Errorf("a second route: %v", e)
	}
	tab.dropAddress(0)
	if len(tab.routes) != 0 {
		t.Error("the route outlived the last address")
	}
}
