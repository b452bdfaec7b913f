package core

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// room is a Program in memory that children get.
func room(t testing.TB) *Program {
	t.Helper()
	p, errno := new(Linux).Room()
	if errno != 0 {
		t.Fatalf("room: %v", errno)
	}
	t.Cleanup(func() {
		if err := unix.MunmapPtr(unsafe.Pointer(p), unsafe.Sizeof(*p)); err != nil {
			t.Error(err)
		}
	})
	return p
}

// TestEveryDescriptorIsClosedOnExec: whatever the seam opens, no program that a
// child executes gets it.
func TestEveryDescriptorIsClosedOnExec(t *testing.T) {
	sys := &Linux{}
	check := func(name string, fd int32, errno Errno) {
		t.Helper()
		if errno == unix.ENOSYS {
			t.Skipf("%s: no such call here", name) // user-mode QEMU
		}
		if errno != 0 {
			t.Fatalf("%s: %v", name, errno)
		}
		t.Cleanup(func() { sys.Close(fd) })
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: flags %#x, %v: it would leak", name, flags, err)
		}
	}
	both := func(name string, a, b int32, errno Errno) {
		t.Helper()
		check(name, a, errno)
		check(name, b, errno)
	}

	fd, errno := sys.EpollCreate()
	check("epoll_create1", fd, errno)
	fd, errno = sys.TimerCreate()
	check("timerfd_create", fd, errno)
	fd, errno = sys.SignalPipe()
	check("signal pipe, read end", fd, errno)
	check("signal pipe, write end", signalPipe, 0)
	fd, errno = sys.Open("/dev/null", unix.O_RDWR, 0)
	check("open", fd, errno)
	r, w, errno := sys.Pipe()
	both("pipe2", r, w, errno)
	fd, errno = sys.Memfd()
	check("memfd_create", fd, errno)
	listener, errno := sys.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check("socket", listener, errno)
	path := t.TempDir() + "/s"
	peer, errno := sys.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check("socket", peer, errno)
	if sys.BindUnix(listener, path) != 0 || sys.Listen(listener, 1) != 0 || sys.ConnectUnix(peer, path) != 0 {
		t.Fatal("no connection")
	}
	fd, errno = sys.Accept(listener)
	check("accept4", fd, errno)
	p := room(t)
	p.reset("empty", -1, -1)
	pid, fd, errno := sys.Clone(p)
	check("clone3's pidfd", fd, errno)
	fd, errno = sys.PidfdOpen(pid)
	check("pidfd_open", fd, errno)
	var status unix.WaitStatus
	unix.Wait4(int(pid), &status, 0, nil)
}
