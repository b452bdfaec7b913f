package fs

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fake answers each path with the errnos given for it, one a call, then with 0.
type fake struct {
	errnos map[string][]unix.Errno
	calls  []string
}

func (f *fake) next(path string) unix.Errno {
	f.calls = append(f.calls, path)
	list := f.errnos[path]
	if len(list) == 0 {
		return 0
	}
	f.errnos[path] = list[1:]
	return list[0]
}

func (f *fake) Mount(_, target, _ string, _ uintptr, _ string) unix.Errno { return f.next(target) }
func (f *fake) Mkdir(path string, _ uint32) unix.Errno                    { return f.next(path) }

func TestEssentialMountsAreMadeInOrder(t *testing.T) {
	f := &fake{}
	if failures := MountEssential(f); len(failures) != 0 {
		t.Errorf("failures %v", failures)
	}
	want := "/proc /sys /dev /sys/fs/cgroup /run /tmp /run/mote /run/notify"
	if got := strings.Join(f.calls, " "); got != want {
		t.Errorf("made %s, want %s", got, want)
	}
}

func TestWhatIsThereAlreadyIsAsGood(t *testing.T) {
	f := &fake{errnos: map[string][]unix.Errno{"/dev": {unix.EBUSY}, "/run/mote": {unix.EEXIST}}}
	if failures := MountEssential(f); len(failures) != 0 {
		t.Errorf("failures %v", failures)
	}
}

func TestAMountThatFailsIsTriedAgainAndThenTold(t *testing.T) {
	always := make([]unix.Errno, triesMax)
	for i := range always {
		always[i] = unix.ENODEV
	}
	f := &fake{errnos: map[string][]unix.Errno{"/proc": {unix.ENOMEM, unix.ENOMEM}, "/tmp": always, "/run/notify": {unix.ENOSPC}}}
	failures := MountEssential(f)
	if len(failures) != 2 || failures[0] != (Failure{"/tmp", unix.ENODEV}) || failures[1] != (Failure{"/run/notify", unix.ENOSPC}) {
		t.Errorf("failures %v", failures)
	}
}

// TestEssentialMountsAreHardened: no file system that PID 1 makes may bring a
// setuid program, and only /dev may hold devices.
func TestEssentialMountsAreHardened(t *testing.T) {
	for _, m := range Essential {
		if m.Flags&unix.MS_NOSUID == 0 || m.Flags&unix.MS_NOEXEC == 0 {
			t.Errorf("%s lacks nosuid or noexec", m.Target)
		}
		if m.Flags&unix.MS_NODEV == 0 && m.Target != "/dev" {
			t.Errorf("%s lacks nodev", m.Target)
		}
		if m.Type == "tmpfs" && (!strings.Contains(m.Options, "size=") || !strings.Contains(m.Options, "nr_inodes=")) {
			t.Errorf("%s has no bound: %s", m.Target, m.Options)
		}
	}
}
