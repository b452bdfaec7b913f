// Command observe is a one-shot service that tells, once the node is ready,
// where the time and the memory went. It prints one line on /dev/console:
//
//	observe: {"marks":[{"name":"init","ns":401000000}],"ready_ns":…}
//
//	marks                 PID 1's timeline, ns of CLOCK_BOOTTIME
//	init_ns               the mark "init", PID 1's first instruction
//	kernel_ns             the same: nothing in PID 1 is earlier
//	ready_ns              the mark "ready"
//	pid1_rss_bytes        resident set, and how much of it is anonymous and file
//	pid1_rss_source       the file of /proc/1 that says so; status is less exact
//	mem_used_bytes        MemTotal - MemAvailable; observe itself is in it
//
// With OBSERVE_SEC=60 in its environment it goes on as weigh.go says.
//
// Always true here: the resident set is read by another process than the one it
// is of. It needs CAP_SYS_PTRACE for /proc/1/smaps_rollup.
package main

import (
	"errors"

	"golang.org/x/sys/unix"
	"mote/wire"
)

const (
	controlPath = "/run/mote/control"
	// readyWaitMsec bounds how long the mark "ready" may be missing: the
	// service that observe needs may not be the last one of the node's.
	readyWaitMsec = 30_000
	// kernelWaitMsec bounds how long the kernel's mark may be missing: its log may
	// have lost the line.
	kernelWaitMsec = 2_000
	// askAgainMsec is the pause between two questions.
	askAgainMsec = 20
)

// main writes the line in one call, so that no other line stands in it.
func main() {
	line, err := observe()
	if err != nil {
		_, _ = unix.Write(unix.Stderr, []byte("observe: "+err.Error()+"\n"))
		unix.Exit(1)
	}
	console, err := unix.Open("/dev/console", unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(console, line)
	}
	if err != nil {
		_, _ = unix.Write(unix.Stderr, []byte("observe: /dev/console: "+err.Error()+"\n"))
		unix.Exit(1)
	}
	if word, is := unix.Getenv("OBSERVE_SEC"); is {
		if err := weigh(console, word); err != nil {
			_, _ = unix.Write(unix.Stderr, []byte("observe: "+err.Error()+"\n"))
			unix.Exit(1)
		}
	}
}

// observe returns the whole line.
func observe() ([]byte, error) {
	var seen observation
	// Memory is read first: each question costs PID 1 some.
	if err := seen.readResident("/proc/1/"); err != nil {
		return nil, err
	}
	meminfo, err := readFile("/proc/meminfo")
	if err != nil {
		return nil, err
	}
	if err := seen.memory(meminfo); err != nil {
		return nil, err
	}
	for waitedMsec := 0; ; waitedMsec += askAgainMsec {
		timeline, err := askTimeline(controlPath)
		if err != nil {
			return nil, err
		}
		if seen.times(timeline.Marks) && (seen.kernelTold() || waitedMsec >= kernelWaitMsec) {
			return seen.line(), nil
		}
		if waitedMsec >= readyWaitMsec {
			return nil, errors.New("the node is not ready after 30 s; see its console for what it waits for")
		}
		pause := unix.NsecToTimespec(askAgainMsec * 1e6)
		_ = unix.Nanosleep(&pause, nil) // shorter when a signal came: no harm
	}
}

// readResident reads the first source that there is in folder.
func (o *observation) readResident(folder string) error {
	var first error
	for i, from := range residentSources {
		text, err := readFile(folder + from.file)
		if err == nil {
			return o.resident(i, text)
		}
		if first == nil {
			first = err
		}
	}
	return first
}

// askTimeline asks PID 1 on a connection of its own.
func askTimeline(path string) (t wire.Timeline, err error) {
	err = ask(path, wire.VerbTimeline, func(body []byte) error {
		var part wire.Timeline
		err := wire.DecodeTimeline(body, &part)
		t.Marks = append(t.Marks, part.Marks...)
		return err
	})
	return t, err
}

// ask sends a request without arguments, and gives each part of the answer's
// body to take.
func ask(path string, verb wire.Verb, take func(body []byte) error) error {
	// Blocking: a one-shot has nothing else to do, and StartMsec bounds it.
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return errors.New("socket: " + err.Error())
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		return errors.New("connect to " + path + ": " + err.Error())
	}
	request, ok := wire.AppendRequest(nil, &wire.Request{ID: 1, Verb: verb})
	if !ok {
		return errors.New("the request " + verb.String() + " is past wire's bounds")
	}
	// The whole request is smaller than any socket buffer: one write takes it.
	if _, err := unix.Write(fd, request); err != nil {
		return errors.New("write to " + path + ": " + err.Error())
	}
	for {
		payload, err := readFrame(fd)
		if err != nil {
			return err
		}
		var reply wire.Reply
		if err := wire.DecodeReply(payload, &reply); err != nil {
			return err
		}
		if reply.Error.Code != 0 {
			return reply.Error
		}
		if err := take(reply.Body); err != nil || !reply.More {
			return err
		}
	}
}

// readFrame reads exactly one frame, so that the next stays in the socket.
func readFrame(fd int) ([]byte, error) {
	// Room for the largest frame: it is one allocation of a program that ends soon.
	frame := make([]byte, 0, wire.FrameHeadSize+wire.FrameSizeMax)
	want := wire.FrameHeadSize
	for {
		n, err := unix.Read(fd, frame[len(frame):want])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, errors.New("read from PID 1: " + err.Error())
		}
		// PID 1 closes a connection whose peer misbehaves.
		if n == 0 {
			return nil, errors.New("PID 1 closed the connection in the middle of a reply")
		}
		frame = frame[:len(frame)+n]
		if len(frame) < want {
			continue
		}
		payload, used, ok := wire.NextFrame(frame)
		if !ok {
			return nil, errors.New("PID 1 sent a frame of refused length")
		}
		if used > 0 {
			return payload, nil
		}
		// The head is whole: the rest of the frame is what is missing.
		want = wire.FrameHeadSize + int(frame[0])<<24 + int(frame[1])<<16 + int(frame[2])<<8 + int(frame[3])
		if want > cap(frame) {
			return nil, errors.New("PID 1 sent a frame of refused length")
		}
	}
}

// readFile returns a file of /proc, at most one buffer: both are far smaller.
func readFile(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", errors.New("open " + path + ": " + err.Error())
	}
	defer unix.Close(fd)
	// smaps_rollup is about 1 KiB, status and meminfo 1.5 KiB.
	buf := make([]byte, 8192)
	size := 0
	for size < len(buf) {
		n, err := unix.Read(fd, buf[size:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", errors.New("read " + path + ": " + err.Error())
		}
		if n == 0 {
			break
		}
		size += n
	}
	return string(buf[:size]), nil
}
