package core

import (
	"unsafe"

	"mote/hw"

	"golang.org/x/sys/unix"
)

// legacySeals are on every legacy: nobody, PID 1 included, can change it any more.
const legacySeals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE

// Memfd is memfd_create(2), never executable.
func (*Linux) Memfd() (int32, Errno) {
	fd, err := unix.MemfdCreate("mote", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	return int32(fd), errnoOf(err)
}

// Keep is fcntl(2), F_SETFD: EBADF when fd is not open.
func (*Linux) Keep(fd int32, keep bool) Errno {
	flags := unix.FD_CLOEXEC
	if keep {
		flags = 0
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, flags)
	return errnoOf(err)
}

// HandOver seals the legacy, puts it where Inherited looks, and is execveat(2) of
// /proc/self/exe: the program that runs, wherever its file went. The environment
// is the kernel's own words, as at the first start.
func (l *Linux) HandOver(memfd int32) Errno {
	if _, err := unix.FcntlInt(uintptr(memfd), unix.F_ADD_SEALS, legacySeals); err != nil {
		return errnoOf(err)
	}
	if err := unix.Dup3(int(memfd), legacyFD, 0); err != nil {
		return errnoOf(err)
	}
	words := make([]byte, environBytesMax)
	n := 0
	if fd, errno := l.Open("/proc/self/environ", unix.O_RDONLY, 0); errno == 0 {
		n, _ = l.Read(fd, words[:len(words)-1])
		l.Close(fd)
	}
	var envp [environWordsMax + 1]*byte
	count := 0
	for at := 0; at < n && count < environWordsMax; at++ {
		if at == 0 || words[at-1] == 0 {
			envp[count] = &words[at]
			count++
		}
	}
	for n := range hw.HeldCount {
		_, at := hw.Held(n)
		l.Keep(int32(at), true)
	}
	dirfd, exe := l.At("/proc/self/exe")
	path, name := []byte(exe+"\x00"), []byte("/init\x00")
	argv := [2]*byte{&name[0], nil}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(dirfd), uintptr(unsafe.Pointer(&path[0])),
		uintptr(unsafe.Pointer(&argv)), uintptr(unsafe.Pointer(&envp)), 0, 0)
	return errno
}

// Inherited looks for the seals: nothing that the kernel gives to its first
// process has them.
func (*Linux) Inherited() (int32, bool) {
	seals, err := unix.FcntlInt(legacyFD, unix.F_GET_SEALS, 0)
	if err != nil || seals&legacySeals != legacySeals {
		return -1, false
	}
	unix.CloseOnExec(legacyFD)
	return legacyFD, true
}
