package main

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// tell sends one sd_notify(3) message, and nothing when nobody wants it.
func tell(message string) {
	path, wanted := unix.Getenv("NOTIFY_SOCKET")
	if !wanted {
		return
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	must("socket", err)
	defer unix.Close(fd)
	must("sendto "+path, unix.Sendto(fd, []byte(message), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: path}))
}

// notify tells each of its further arguments and READY=1 in one message.
func notify(a arguments) {
	sleep(a.number(0, 0))
	// READY=1 stands last: whoever reads it has read the others.
	lines := []string{"READY=1"}
	if len(a) > 1 {
		lines = append(a[1:], lines...)
	}
	tell(strings.Join(lines, "\n"))
	wait()
}

// listen serves an IPv4 address as "127.0.0.1:7" or ":7".
func listen(a arguments) {
	host, port, _ := strings.Cut(a.text(0), ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		refuse("the port in " + strconv.Quote(a.text(0)) + " is no number")
	}
	at := &unix.SockaddrInet4{Port: int(number)}
	// No host is INADDR_ANY, the zero value.
	if host != "" {
		parts := strings.Split(host, ".")
		if len(parts) != len(at.Addr) {
			refuse(strconv.Quote(host) + " is no IPv4 address")
		}
		for i, part := range parts {
			n, err := strconv.ParseUint(part, 10, 8)
			if err != nil {
				refuse(strconv.Quote(host) + " is no IPv4 address")
			}
			at.Addr[i] = byte(n)
		}
	}
	serve(unix.AF_INET, at)
}

// listenUnix serves a path; what an earlier run left there is removed.
func listenUnix(a arguments) {
	_ = unix.Unlink(a.text(0))
	serve(unix.AF_UNIX, &unix.SockaddrUnix{Name: a.text(0)})
}

// serve accepts for ever, and closes what it accepted.
func serve(family int, at unix.Sockaddr) {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must("socket", err)
	// Connections of an earlier run may still be in TIME_WAIT.
	if family == unix.AF_INET {
		must("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
	}
	must("bind", unix.Bind(fd, at))
	must("listen", unix.Listen(fd, 16))
	for {
		// A peer that is gone before it was accepted is no error of ours.
		peer, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if err == nil {
			_ = unix.Close(peer)
		} else if err != unix.EINTR && err != unix.ECONNABORTED {
			must("accept", err)
		}
	}
}
