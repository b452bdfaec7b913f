package sim

import (
	"maps"
	"slices"
	"testing"

	"mote/fs"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// errnosOf lists every error that a call of the seam can give where PID 1 makes
// it, by the ERRORS of its man page in section 2; those that only a wrong
// argument brings about (EFAULT, EBADF of a descriptor that is open) are left out,
// as no world makes them.
var errnosOf = map[string][]errno{
	"accept":            {unix.EAGAIN, unix.ECONNABORTED, unix.EINTR, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EPERM, unix.EPROTO},
	"bind":              {unix.EACCES, unix.EADDRINUSE, unix.ENOMEM, unix.ENOSPC, unix.EROFS, unix.ENOENT, unix.ENOTDIR, unix.EPERM},
	"bind packet":       {unix.ENODEV, unix.ENOMEM, unix.EADDRINUSE, unix.EACCES},
	"filter":            {unix.ENOMEM, unix.EPERM},
	"send packet":       {unix.EINTR, unix.EAGAIN, unix.ENOBUFS, unix.ENETDOWN, unix.ENXIO, unix.EPERM},
	"read packet":       {unix.EINTR, unix.EAGAIN, unix.ENETDOWN, unix.ENOMEM, unix.EIO},
	"chmod":             {unix.EACCES, unix.EIO, unix.ENOENT, unix.ENOMEM, unix.EPERM, unix.EROFS},
	"chown":             {unix.EACCES, unix.EIO, unix.ENOENT, unix.ENOMEM, unix.EPERM, unix.EROFS, unix.EDQUOT},
	"clone":             {unix.EAGAIN, unix.EBUSY, unix.ENOMEM, unix.ENOSPC, unix.EPERM, unix.EOPNOTSUPP, unix.ENODEV, unix.ENOSYS},
	"connect":           {unix.EACCES, unix.EADDRNOTAVAIL, unix.EAGAIN, unix.ECONNREFUSED, unix.EINTR, unix.ENETUNREACH, unix.ETIMEDOUT, unix.EPERM},
	"clock_settime":     {unix.EINVAL, unix.EPERM},
	"disk fdatasync":    {unix.EIO, unix.EROFS, unix.ENOSPC, unix.EDQUOT},
	"disk open":         {unix.EACCES, unix.EBUSY, unix.EIO, unix.ENODEV, unix.ENOENT, unix.ENOMEM, unix.ENXIO, unix.EPERM, unix.EROFS, unix.EMFILE},
	"disk pread":        {unix.EIO, unix.EINTR, unix.ENXIO, unix.ENOMEM},
	"disk pwrite":       {unix.EIO, unix.EINTR, unix.ENOSPC, unix.EPERM, unix.EROFS, unix.EFBIG, unix.ENXIO},
	"epoll_add":         {unix.ENOMEM, unix.ENOSPC, unix.EPERM},
	"epoll_create":      {unix.EMFILE, unix.ENFILE, unix.ENOMEM},
	"epoll_mod":         {unix.ENOMEM, unix.ENOSPC},
	"epoll_wait":        {unix.EINTR},
	"landlock":          {unix.EOPNOTSUPP, unix.ENOSYS},
	"stat":              {unix.EACCES, unix.EIO, unix.ENOENT, unix.ENOMEM},
	"view":              {unix.EBUSY, unix.EINVAL, unix.EMFILE, unix.ENODEV, unix.ENOENT, unix.ENOMEM, unix.ENOSPC, unix.EPERM, unix.ENOSYS},
	"getdents":          {unix.ENOENT, unix.ENOMEM, unix.EIO},
	"ioctl watchdog":    {unix.EINVAL, unix.EOPNOTSUPP, unix.ENODEV, unix.EIO},
	"listen":            {unix.EADDRINUSE, unix.EOPNOTSUPP},
	"memfd_create":      {unix.EMFILE, unix.ENFILE, unix.ENOMEM},
	"mkdir":             {unix.EACCES, unix.EDQUOT, unix.ENOMEM, unix.ENOSPC, unix.EROFS, unix.EPERM, unix.EAGAIN},
	"mlock":             {unix.EAGAIN, unix.ENOMEM, unix.EPERM},
	"mmap":              {unix.ENOMEM, unix.EAGAIN},
	"open":              {unix.EACCES, unix.EBUSY, unix.EINTR, unix.EIO, unix.EMFILE, unix.ENFILE, unix.ENODEV, unix.ENOMEM, unix.ENXIO, unix.EPERM, unix.EROFS},
	"pidfd_send_signal": {unix.EPERM, unix.ESRCH},
	"pipe":              {unix.EMFILE, unix.ENFILE, unix.ENOMEM},
	"prlimit":           {unix.EPERM},
	"read":              {unix.EAGAIN, unix.EINTR, unix.EIO, unix.ENOMEM},
	"read signal":       {unix.EAGAIN, unix.EINTR, unix.EIO, unix.ENOMEM},
	"read file":         {unix.EINTR, unix.EIO, unix.ENOMEM, unix.ENODEV},
	"reboot":            {unix.EINVAL, unix.EPERM},
	"recvmsg":           {unix.EAGAIN, unix.EINTR, unix.ENOBUFS, unix.ENOMEM},
	"sethostname":       {unix.EPERM},
	"sched_setattr":     {unix.EBUSY, unix.EPERM, unix.ENOSYS},
	"setsockopt":        {unix.ENOMEM, unix.EPERM},
	"signal pipe":       {unix.EMFILE, unix.ENFILE},
	"socket":            {unix.EACCES, unix.EAFNOSUPPORT, unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.EPERM},
	"timerfd_create":    {unix.EMFILE, unix.ENFILE, unix.ENODEV, unix.ENOMEM},
	"unlink":            {unix.EACCES, unix.EBUSY, unix.EIO, unix.ENOMEM, unix.EPERM, unix.EROFS},
	"wait4":             {unix.EINTR},
	"write cgroup":      {unix.EACCES, unix.EBUSY, unix.EINTR, unix.EINVAL, unix.EIO, unix.ENODEV, unix.ENOMEM, unix.EOPNOTSUPP},
	"write console":     {unix.EAGAIN, unix.EINTR, unix.EIO},
	"write netlink":     {unix.EINTR, unix.ENOBUFS, unix.ENOMEM, unix.EPERM, unix.ECONNREFUSED},
	"write peer":        {unix.EAGAIN, unix.ECONNRESET, unix.EINTR, unix.EPIPE, unix.ENOMEM},
	"write watchdog":    {unix.EINTR, unix.EIO, unix.ENODEV},
}

// phases of a run, in which a call is made to fail.
const (
	phaseBoot = iota
	phaseRun
	phaseEnd
	phasesCount
)

// planned is one cell: the call fails so in the phase, once or always.
type planned struct {
	call   string
	errno  errno
	phase  int
	always bool
}

// vital are the calls without which there is no loop: PID 1 says so and restarts.
func (c planned) vital() bool {
	return c.phase == phaseBoot && c.always && (c.call == "epoll_create" || c.call == "timerfd_create" ||
		c.call == "signal pipe" || c.call == "epoll_add" || c.call == "mmap") || c.phase == phaseBoot && permanent(unix.ErrnoName(c.errno))
}

// cell runs one.
func (c planned) run() (out outcome, hits int) {
	services := []wire.Service{service("a", wire.ReadyExec), service("b", wire.ReadyTCP, "a"), service("c", wire.ReadyNotify)}
	services[1].ReadyAddress = "127.0.0.1:80"
	services[2].Isolation = placed("c")
	p := &plan{seed: 1, manifest: &wire.Manifest{Node: "node", Services: services,
		Links: []wire.Link{{Name: "eth0", DHCP4: true}}}, driverNsec: 1 * msec, syncNsec: 100 * msec,
		processLimit: 100, chaosNsec: 3 * sec, calm: !c.always, cycle: !c.always, ending: endReboot, operations: 6,
		tempers: []temper{steady, steady, steady}, bootFaults: true, endingFaults: true}
	p.script = func(int, int) (conduct, bool) { return good(), true }
	return run(p, options{disk: newDisk(fs.StateBytes), fails: func(w *world, call string) errno {
		phase := phaseRun
		switch {
		case w.booting:
			phase = phaseBoot
		case w.check.halted:
			phase = phaseEnd
		}
		if call != c.call || phase != c.phase || hits > 0 && !c.always || c.call == "reboot" && hits > 2 {
			return 0
		}
		hits++
		return c.errno
	}}), hits
}

// unseen are calls of the table that no cell makes, with the reason.
var unseen = map[string]string{
	"epoll_mod":     "no peer here is too slow for its answer",
	"clock_settime": "the clock here is right",
}

// TestEveryErrno makes each call fail with each of its errors, in each phase of a
// run, once and always: PID 1 lives, leaks nothing, and after a single failure
// everything is up again. Only what the loop can't be without may restart the
// machine, at boot. With -v it prints how many cells each call has in each phase.
func TestEveryErrno(t *testing.T) {
	cells, restarts, never := 0, 0, 0
	t.Log("call              errors  boot  run  end: cells in which it fails so")
	for _, call := range slices.Sorted(maps.Keys(errnosOf)) {
		var inPhase [phasesCount]int
		for _, e := range errnosOf[call] {
			for phase := range phasesCount {
				for _, always := range []bool{false, true} {
					c := planned{call, e, phase, always}
					if c.impossible() {
						continue
					}
					out, hits := c.run()
					switch {
					case hits == 0:
						never++
						continue
					case c.vital() && out.broken.rule == ruleRun:
						restarts++
					case out.broken.rule != ruleNone:
						t.Errorf("%s %s in phase %d, always %v: breaks rule %d (%s): %s", call, unix.ErrnoName(e), phase, always,
							out.broken.rule, out.broken.rule.sentence(), out.broken.what)
					}
					inPhase[phase]++
				}
			}
		}
		all := inPhase[phaseBoot] + inPhase[phaseRun] + inPhase[phaseEnd]
		t.Logf("%-17s %6d %5d %4d %4d", call, len(errnosOf[call]), inPhase[phaseBoot], inPhase[phaseRun], inPhase[phaseEnd])
		if (all == 0) != (unseen[call] != "") {
			t.Errorf("%s fails in %d cells; excused: %q", call, all, unseen[call])
		}
		cells += all
	}
	t.Logf("%d cells of call × errno × phase × once or always; %d of them restart the machine at boot; %d more do not occur", cells, restarts, never)
}

// impossible tells of cells that no Linux makes.
func (c planned) impossible() bool {
	switch {
	case c.always && (c.errno == unix.EAGAIN || c.errno == unix.EINTR):
		return true // what is ready and never lets itself be read
	case !c.always && c.call == "landlock":
		return true // a kernel that has none does not get it later
	}
	return c.always && c.call == "recvmsg" // each such read takes a datagram away, so it ends by itself
}
