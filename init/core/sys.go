package core

import "golang.org/x/sys/unix"

// Errno is the error of a system call; 0 means that it succeeded.
type Errno = unix.Errno

// Sys is every system call that the loop makes, and nothing else.
//
// One implementation is Linux (linux.go), the other is the simulator's model
// (init/sim). A method is one call of the kernel, or a few that belong together
// and can't be told apart by who decides. All descriptors are close-on-exec and
// non-blocking unless said otherwise. None may wait, except EpollWait.
type Sys interface {
	// Now is CLOCK_BOOTTIME in ns.
	Now() int64

	// Clock is CLOCK_REALTIME in ns, SetClock sets it.
	Clock() int64
	SetClock(nsec int64) Errno
	// AdjustClock is clock_adjtime(2) on CLOCK_REALTIME.
	AdjustClock(t *unix.Timex) Errno

	EpollCreate() (int32, Errno)
	// EpollAdd watches fd; tag comes back with each event, see tagOf.
	EpollAdd(epfd, fd int32, events uint32, tag uint64) Errno
	EpollMod(epfd, fd int32, events uint32, tag uint64) Errno
	EpollDel(epfd, fd int32) Errno
	// EpollWait waits without limit; the timer is one of the descriptors.
	EpollWait(epfd int32, evs []unix.EpollEvent, poll bool) (int, Errno)
	TimerCreate() (int32, Errno)
	// TimerSet arms the timer for an instant of Now; 0 disarms it.
	TimerSet(fd int32, at int64) Errno
	// SignalPipe installs the handlers and gives the pipe that they wake.
	SignalPipe() (int32, Errno)
	// Signals gives the signals that came since the last call: bit n is signal n.
	Signals() uint64

	// Hold keeps the directories in which the kernel shows itself, for Open, Mkdir and
	// At: what is mounted over them later is not seen.
	Hold() Errno
	// At gives the descriptor that a child looks a path up from, and the rest of it.
	At(path string) (dirfd int, rest string)
	Open(path string, flags int, mode uint32) (int32, Errno)
	Read(fd int32, b []byte) (int, Errno)
	Write(fd int32, b []byte) (int, Errno)
	// ReadAt reads from the start of fd; kernfs files are read again this way.
	ReadAt(fd int32, b []byte, off int64) (int, Errno)
	Close(fd int32) Errno
	// Pipe's read end is non-blocking, its write end blocks: it is a service's.
	Pipe() (r, w int32, err Errno)
	Mkdir(path string, mode uint32) Errno
	Unlink(path string) Errno
	Rmdir(path string) Errno
	Chown(path string, uid, gid uint32) Errno
	Chmod(path string, mode uint32) Errno
	Mount(source, target, fstype string, flags uintptr, opts string) Errno
	Sethostname(name string) Errno
	// SetFileLimit raises how many descriptors PID 1 may have open.
	SetFileLimit(n uint64) Errno

	Socket(domain, typ, proto int) (int32, Errno)
	BindUnix(fd int32, path string) Errno
	Listen(fd int32, backlog int) Errno
	Accept(fd int32) (int32, Errno)
	// PeerUID is the user of the process at the other end of a Unix socket.
	PeerUID(fd int32) (uint32, Errno)
	// BindPort is bind(2) to a port on every address of a domain.
	BindPort(fd int32, domain int, port uint16) Errno
	// SocketPair makes two connected Unix streams.
	SocketPair() (near, far int32, err Errno)
	ConnectInet(fd int32, addr [4]byte, port uint16) Errno
	ConnectUnix(fd int32, path string) Errno
	// SocketError is SO_ERROR: how a connect in progress ended.
	SocketError(fd int32) Errno

	// Room gives PID 1's one Program its place in memory: all of PID 1's memory
	// that a child gets a copy of.
	Room() (*Program, Errno)
	// Clone starts the program in a new process, see Program. The kernel's
	// clone is the one call of the loop that takes longer than a read.
	Clone(p *Program) (pid, pidfd int32, err Errno)
	// PidfdOpen is for a child that was not reaped: its number is still its own.
	PidfdOpen(pid int32) (int32, Errno)
	// View runs the program's steps in a mount namespace of their own and gives a
	// descriptor of that, or the step that failed.
	View(p *Program) (fd int32, step int, err Errno)
	// Landlock is the version of what the kernel's Landlock can do.
	Landlock() (int32, Errno)
	// Node tells which device a node stands for: type bits of its mode, number.
	Node(path string) (typ uint32, number uint64, err Errno)
	// Signal is pidfd_send_signal: it can't reach a stranger.
	Signal(pidfd int32, sig uint8) Errno
	// Wait reaps one dead child, wait4(-1, WNOHANG); pid 0 means none.
	Wait() (pid int32, status uint32, err Errno)
	// WatchdogTimeout asks a watchdog for a time and gives the one that it took.
	WatchdogTimeout(fd, timeoutSec int32) (int32, Errno)
	// ReserveCPU gives the loop's thread its share of a processor before whatever
	// else wants it, sched_setattr(2) with SCHED_DEADLINE; children don't get it.
	ReserveCPU() Errno
	// LockMemory keeps PID 1's program and what it uses in memory.
	LockMemory() Errno
	// Memfd makes an empty file in memory for HandOver.
	Memfd() (int32, Errno)
	// Keep says whether fd stays open across HandOver.
	Keep(fd int32, keep bool) Errno
	// HandOver seals memfd, and starts PID 1's own program anew in its place:
	// same process, same children, and the descriptors that are kept. It returns
	// only when it failed.
	HandOver(memfd int32) Errno
	// Inherited gives the sealed memfd of the program before; false when the
	// kernel started this one.
	Inherited() (int32, bool)

	// KillAll signals every process but PID 1 itself.
	KillAll(sig uint8) Errno
	// Reboot is reboot(2); it returns only when it failed.
	Reboot(cmd int) Errno
}
