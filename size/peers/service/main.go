// Command service is what every init of the comparison runs three times: it
// does nothing, or looks on.
//
//	service first    exists
//	service second   exists, and tells so by sd_notify where it is asked to
//	service last     waits for both and for the network, says that the boot is
//	                 over, and then looks at PID 1: what it weighs, what an
//	                 orphan costs it, how fast it starts a dead service again
//
// Whoever exists has written its number and the time into /run/bench.NAME.
// What last sees it tells in the kernel's log, so that each line has the
// guest's own time: "mote: mark job", and "mote: peer KEY VALUE" a figure.
//
// Always true here: the word is the last argument, taken from /proc, since
// reading arguments otherwise needs package os and its start.
package main

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	folder = "/run/"
	prefix = "bench."
	// lookNsec is the pause between two looks at what ready waits for, and
	// slowNsec where the time of the look itself says nothing: each costs a
	// counted boot 20,000 instructions.
	lookNsec = 200_000
	slowNsec = 5_000_000
	// waitNsec bounds each wait of last: a peer that fails shall say so.
	waitNsec = 60_000_000_000
)

func main() {
	word, err := lastArgument()
	switch {
	case err != nil:
	case word == "first" || word == "second":
		if err = exist(word); err == nil {
			err = notify()
		}
	case word == "last":
		err = last()
	default:
		err = errors.New("no such service: " + word)
	}
	if err != nil {
		say("mote: peer failed " + word + ": " + err.Error())
		unix.Exit(1)
	}
	for {
		_ = unix.Pause() // EINTR is all it returns: the runtime's own signals
	}
}

// lastArgument reads the word that says what to do.
func lastArgument() (string, error) {
	text, err := readFile("/proc/self/cmdline")
	words := strings.Split(strings.TrimRight(text, "\x00"), "\x00")
	return words[len(words)-1], err
}

// exist tells that this service runs, since when, and as which process. The
// file is whole or not there: it is renamed into place.
func exist(word string) error {
	// The time first: it is the first line that the new program could print.
	nsec := now()
	path := folder + prefix + word
	fd, err := unix.Open(path+".new", unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return errors.New("open " + path + ".new: " + err.Error())
	}
	text := strconv.Itoa(unix.Getpid()) + " " + strconv.FormatInt(nsec, 10)
	_, err = unix.Write(fd, []byte(text))
	unix.Close(fd)
	if err == nil {
		err = unix.Rename(path+".new", path)
	}
	if err != nil {
		return errors.New("write " + path + ": " + err.Error())
	}
	return nil
}

// notify says READY=1 where a supervisor wants to hear it, see sd_notify(3).
func notify() error {
	path, is := unix.Getenv("NOTIFY_SOCKET")
	if !is {
		return nil
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return errors.New("socket: " + err.Error())
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, []byte("READY=1"), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: path}); err != nil {
		return errors.New("notify " + path + ": " + err.Error())
	}
	return nil
}

// now is CLOCK_BOOTTIME in ns.
func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &t) // can't fail for this clock
	return t.Nano()
}

// say writes a line into the kernel's log, as loud as it takes to be printed.
func say(text string) {
	fd, err := unix.Open("/dev/kmsg", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return // nobody to tell; the host sees that nothing comes
	}
	_, _ = unix.Write(fd, []byte("<2>"+text))
	unix.Close(fd)
}

func readFile(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", errors.New("open " + path + ": " + err.Error())
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096) // status and meminfo are 1.5 KiB
	n, err := unix.Read(fd, buf)
	if err != nil {
		return "", errors.New("read " + path + ": " + err.Error())
	}
	return string(buf[:n]), nil
}

// until looks again and again, and gives up after waitNsec.
func until(what string, everyNsec int64, is func() bool) error {
	if !within(waitNsec, everyNsec, is) {
		return errors.New("waited a minute for " + what)
	}
	return nil
}

// within looks again and again, at most limitNsec long, and says whether it is.
func within(limitNsec, everyNsec int64, is func() bool) bool {
	for end := now() + limitNsec; !is(); {
		if now() > end {
			return false
		}
		pause := unix.NsecToTimespec(everyNsec)
		_ = unix.Nanosleep(&pause, nil)
	}
	return true
}
