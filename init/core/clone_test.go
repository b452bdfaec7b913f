//go:build amd64

// The clone of a child is tested where clone3 exists: user-mode QEMU, in which
// the arm64 tests run, has none.

package core

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// runChild runs a service's child to its end and gives its status and what it
// reported.
func runChild(t *testing.T, spec *wire.Service, st *start, out *os.File) (end, []byte) {
	t.Helper()
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	st.cgroupFD = -1
	st.oomFile = oomFile
	st.outputs = [2]int32{int32(out.Fd()), int32(out.Fd())}
	st.env = spec.Env
	st.syscalls, _ = wire.SyscallSets(spec.Isolation.Syscalls)
	st.place(&wire.Manifest{}, &spec.Isolation)
	sys, p := &Linux{}, room(t)
	a := testAround(t)
	a.nullFD = int32(null.Fd())
	for n, path := range st.devices {
		a.nodes[n].typ, a.nodes[n].number, _ = sys.Node(path)
	}
	buildService(p, spec, st, a, int32(w.Fd()))
	pid, pidfd, errno := sys.Clone(p)
	w.Close()
	if errno != 0 {
		t.Fatalf("clone: %v", errno)
	}
	defer unix.Close(int(pidfd))
	report := make([]byte, 64)
	n, _ := r.Read(report) // until exec closes it, or the child's report
	var status unix.WaitStatus
	if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil {
		t.Fatal(err)
	}
	return endOf(uint32(status)), report[:n]
}

// most fills all that places a service.
func most(i *wire.Isolation) {
	long := func(n int, size int) string {
		s := "/" + string(rune('a'+n)) + strings.Repeat("/x", size)
		return s[:size]
	}
	i.Namespaces = []string{"mount", "ipc", "uts", "net", "pid", "user"}
	for n := range wire.WritableMax {
		i.Devices = append(i.Devices, long(n, wire.DeviceNameSizeMax+1)[1:])
		i.Writable = append(i.Writable, wire.Writable{Path: "/run" + long(n, wire.ViewPathSizeMax-4), SizeBytes: 1<<64 - 1, Sealed: true})
		i.Files = append(i.Files, wire.File{Path: long(n, wire.ViewPathSizeMax), Source: long(n, wire.ViewPathSizeMax)})
		i.Reads = append(i.Reads, long(n, wire.ReadsSizeMax/wire.ReadsMax-1))
		i.TCPBind, i.TCPConnect = append(i.TCPBind, uint16(n)), append(i.TCPConnect, uint16(n))
	}
}

// ownMounts gives this thread, which is never unlocked, a mount namespace of its own.
// Where the tests run in a folder that somebody calls a root (chroot), that folder is
// mounted over the namespace's root first, as PID 1's root is a mount too.
func ownMounts() error {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	private := func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }
	if err := private(); err != unix.EINVAL {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	tree, err := unix.OpenTree(unix.AT_FDCWD, "/", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return err
	}
	defer unix.Close(tree)
	space, err := unix.Open("/proc/thread-self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(space)
	for _, step := range []func() error{
		func() error { return unix.Setns(space, unix.CLONE_NEWNS) }, // to the root of the namespace
		func() error { return unix.MoveMount(tree, "", unix.AT_FDCWD, "/", unix.MOVE_MOUNT_F_EMPTY_PATH) },
		func() error { return unix.Setns(space, unix.CLONE_NEWNS) }, // to what lies over it now
		func() error { return unix.Chdir(here) },
		private,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// testAround makes the services' view in a mount namespace of this test's thread,
// which ends with it.
func testAround(t testing.TB) *around {
	t.Helper()
	if err := ownMounts(); err != nil {
		t.Fatal(err)
	}
	sys, p := &Linux{}, new(Program)
	buildView(p, nil) // modes belong to the whole machine
	a := &around{}
	var step int
	var errno Errno
	if a.viewFD, step, errno = sys.View(p); errno != 0 {
		t.Fatalf("%s: %v", p.StepName(step), errno)
	}
	t.Cleanup(func() { unix.Close(int(a.viewFD)) })
	if a.procFD, errno = sys.Open("/proc", unix.O_PATH|unix.O_DIRECTORY, 0); errno != 0 {
		t.Fatal(errno)
	}
	t.Cleanup(func() { unix.Close(int(a.procFD)) })
	if a.landlock, errno = sys.Landlock(); errno != 0 {
		t.Fatal(errno)
	}
	return a
}

// outFile makes a file that stands for the output pipes.
func outFile(t *testing.T) *os.File {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestChildIsWhatWasDeclared starts this test binary as a service, which looks
// at itself.
func TestChildIsWhatWasDeclared(t *testing.T) {
	for fd := 3; fd < 100; fd++ {
		unix.CloseOnExec(fd) // what this test itself was started with
	}
	out := outFile(t)
	// A child of another user must reach the test binary: /proc/self/exe does
	// not go through folders that only root may enter.
	spec := &wire.Service{Name: "self", Exec: []string{"/proc/self/exe", "-test.run=TestHelperLooksAtItself"},
		Env: []string{"MOTE_TEST_CHILD=1", "A=b"}, Dir: "/proc",
		Rlimits: []wire.Rlimit{{Name: "nofile", Soft: 77, Hard: 99}, {Name: "core", Soft: 0, Hard: 0}}}
	ended, report := runChild(t, spec, &start{uid: 12345, gid: 23456, caps: 1 << unix.CAP_NET_BIND_SERVICE}, out)
	if ended != (end{kind: endExit}) || len(report) != 0 {
		t.Fatalf("ended %+v, reported %v", ended, report)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"uid 12345 gid 23456 groups []", "CapEff 0000000000000400", "CapPrm 0000000000000400",
		"CapBnd 0000000000000400", "CapAmb 0000000000000400", "NoNewPrivs 1", "SigBlk 0000000000000000",
		"SigIgn 0000000000000000", "nofile 99", "dir /proc", "env MOTE_TEST_CHILD=1 A=b", "fds 0 1 2",
		"leader true",
	} {
		if !strings.Contains(string(text), want+"\n") {
			t.Errorf("missing %q in:\n%s", want, text)
		}
	}
}

func TestChildReportsItsFailedStep(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/garbage", []byte{0, 1, 2}, 0o755); err != nil {
		t.Fatal(err)
	}
	busy, err := os.OpenFile(dir+"/busy", os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	for _, c := range []struct {
		name, exec, dir, step string
		errno                 Errno
	}{
		{"missing", "/nowhere/at/all", "/", "exec", unix.ENOENT},
		{"no program", "/etc/passwd", "/", "exec", unix.EACCES},
		{"garbage", dir + "/garbage", "/", "exec", unix.ENOEXEC},
		{"being written", dir + "/busy", "/", "exec", unix.ETXTBSY},
		{"bad directory", "/bin/true", "/nowhere", "working directory", unix.ENOENT},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := &wire.Service{Name: "x", Exec: []string{c.exec}, Dir: c.dir}
			ended, b := runChild(t, spec, &start{caps: 1<<wire.CapsMax - 1}, outFile(t))
			if ended != (end{kind: endExit, code: exitStepFailed}) || len(b) != 8 {
				t.Fatalf("ended %+v, reported %v", ended, b)
			}
			p, st := new(Program), &start{caps: 1<<wire.CapsMax - 1}
			st.place(&wire.Manifest{}, &spec.Isolation)
			buildService(p, spec, st, testAround(t), 0)
			step, errno := p.StepName(int(b[0])), Errno(b[4])
			if step != c.step || errno != c.errno {
				t.Errorf("reported %q %v, want %q %v", step, errno, c.step, c.errno)
			}
		})
	}
}

// TestCloneDoesNotWait: a child that gets nowhere before its exec (a frozen
// cgroup, a dead disk, no share of the processor) holds up nobody. This one reads
// from a pipe in which nothing is.
func TestCloneDoesNotWait(t *testing.T) {
	sys := &Linux{}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	p := room(t)
	p.reset("waits", -1, -1)
	p.add("read", unix.SYS_READ, uintptr(fds[0]), p.words(0), 1, 0, 0)
	held := atomic.Bool{}
	rescue := time.AfterFunc(5*time.Second, func() {
		held.Store(true)
		unix.Write(fds[1], []byte{1})
	})
	pid, pidfd, errno := sys.Clone(p)
	if rescue.Stop() {
		unix.Write(fds[1], []byte{1})
	}
	unix.Close(fds[1])
	if errno != 0 {
		t.Fatal(errno)
	}
	defer unix.Close(int(pidfd))
	if held.Load() {
		t.Error("clone came back only when the child went on")
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil || status != 0 {
		t.Errorf("the child ended with %#x, %v", status, err)
	}
}

// TestMayFail: a step that may fail ends nothing, and what it would have kept is no
// descriptor for the ones behind it.
func TestMayFail(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		may  uintptr
		want []byte // the report
	}{
		"there":           {"/dev/null", MayFail, nil},
		"not there":       {"/nowhere", MayFail, nil},
		"must not fail":   {"/nowhere", 0, []byte{0, 0, 0, 0, byte(unix.ENOENT), 0, 0, 0}},
		"fails behind it": {"/dev/full", MayFail, []byte{2, 0, 0, 0, byte(unix.ENOSPC), 0, 0, 0}},
	} {
		var fds [2]int
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		sys, p := &Linux{}, room(t)
		p.reset("may", -1, int32(fds[1]))
		p.add("open", c.may|KeepResult|unix.SYS_OPENAT, 0, p.str(c.path), unix.O_RDWR, 0, 0)
		p.add("write", c.may|UseResult|unix.SYS_WRITE, 0, p.words(1), 8, 0, 0)
		if c.path == "/dev/full" {
			p.add("write", UseResult|unix.SYS_WRITE, 0, p.words(1), 8, 0, 0)
		}
		pid, pidfd, errno := sys.Clone(p)
		if errno != 0 {
			t.Fatal(errno)
		}
		unix.Close(fds[1])
		report := make([]byte, 64)
		n, _ := unix.Read(fds[0], report)
		var status unix.WaitStatus
		if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil {
			t.Fatal(err)
		}
		unix.Close(int(pidfd))
		unix.Close(fds[0])
		if string(report[:n]) != string(c.want) || (status != 0) != (c.want != nil) {
			t.Errorf("%s: reports %v, ends with %#x; want %v", name, report[:n], status, c.want)
		}
	}
}

func TestProgramKnowsItsBounds(t *testing.T) {
	p := new(Program)
	spec := &wire.Service{Name: "x", Exec: []string{"/bin/" + strings.Repeat("x", programTextMax)}}
	buildService(p, spec, &start{}, new(around), 0)
	if _, _, errno := (&Linux{}).Clone(p); errno != unix.E2BIG {
		t.Errorf("a program past its bounds: %v, want E2BIG", errno)
	}
	// The largest service that the manifest allows must fit.
	spec = &wire.Service{Name: "x", Exec: []string{"/bin/x"}, Isolation: wire.Isolation{Importance: wire.ImportanceMax}}
	for len(spec.Exec) < wire.ArgvMax {
		spec.Exec = append(spec.Exec, strings.Repeat("a", wire.ArgvSizeMax/wire.ArgvMax-2))
	}
	for len(spec.Env) < wire.EnvMax {
		spec.Env = append(spec.Env, "K="+strings.Repeat("v", wire.EnvSizeMax/wire.EnvMax-4))
	}
	for len(spec.Rlimits) < wire.RlimitsMax {
		spec.Rlimits = append(spec.Rlimits, wire.Rlimit{Name: "nofile"})
	}
	st := &start{uid: 1, caps: 1<<20 - 1, syscalls: wire.SyscallsDefault, env: append(spec.Env, "NOTIFY_SOCKET="+notifyDir+"x")}
	most(&spec.Isolation)
	st.place(&wire.Manifest{}, &spec.Isolation)
	buildService(p, spec, st, &around{landlock: 99}, 0)
	if p.overflow {
		t.Errorf("the largest service does not fit: %d steps, %d bytes, %d pointers", p.stepsCount, p.textUsed, p.ptrsUsed)
	}
}

// BenchmarkClone measures how long the loop is held by the start of a child.
func BenchmarkClone(b *testing.B) {
	sys, p := &Linux{}, room(b)
	var status unix.WaitStatus
	for b.Loop() {
		p.reset("bench", -1, -1)
		pid, pidfd, errno := sys.Clone(p)
		if errno != 0 {
			b.Fatal(errno)
		}
		b.StopTimer()
		unix.Close(int(pidfd))
		if _, err := unix.Wait4(int(pid), &status, 0, nil); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// TestOOMOrder: whom the kernel's OOM killer takes first follows from the importance
// that a service declares. PID 1 is never taken, as the kernel spares the first process.
func TestOOMOrder(t *testing.T) {
	before := 1001
	for _, c := range []struct {
		importance uint8
		score      int
	}{{1, 800}, {4, 200}, {0, 0}, {9, -800}} {
		out := outFile(t)
		spec := &wire.Service{Name: "order", Exec: []string{"/bin/cat", "/proc/self/oom_score_adj"},
			Isolation: wire.Isolation{Importance: c.importance}}
		ended, report := runChild(t, spec, &start{uid: 12345, gid: 23456}, out)
		if len(report) == reportSize && report[4] == byte(unix.EACCES) && c.score < 0 {
			t.Logf("importance %d: this user may not lower a score", c.importance)
			continue
		}
		text, err := os.ReadFile(out.Name())
		if ended != (end{kind: endExit}) || len(report) != 0 || err != nil {
			t.Fatalf("importance %d: ended %+v, reported %v, %v", c.importance, ended, report, err)
		}
		score, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || score != c.score || score >= before {
			t.Errorf("importance %d: %q, want %d", c.importance, text, c.score)
		}
		before = score
	}
}
