// Command benchprog is a service that does nothing, for measuring how fast a
// node gets to ready. What it does before it waits for ever is chosen by the
// environment, since reading arguments needs package os and 140 KB:
//
//	BENCH=wait    nothing
//	BENCH=notify  READY=1 to $NOTIFY_SOCKET, see sd_notify(3)
//	BENCH=last    a line on /dev/console that a host can stamp, then READY=1
//
// Always true here: no line is printed by any other way of BENCH, and nothing
// stands between the line and READY=1.
package main

import "golang.org/x/sys/unix"

// handshake is what the host waits for on the serial line.
const handshake = "bench: handshake\n"

// Exit statuses, each for the call that failed.
const (
	exitNotify  = 3
	exitConsole = 4
)

// main never returns: a daemon that ends would be started again.
func main() {
	way, _ := unix.Getenv("BENCH")
	if way != "wait" {
		notify(way == "last")
	}
	for {
		// EINTR is all it returns: the runtime's own signals.
		_ = unix.Pause()
	}
}

// notify tells PID 1 that the service is ready. The socket is opened first, so
// that only one call stands between the line and the message.
func notify(line bool) {
	path, _ := unix.Getenv("NOTIFY_SOCKET")
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		unix.Exit(exitNotify)
	}
	if line {
		console, err := unix.Open("/dev/console", unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
		if err != nil {
			unix.Exit(exitConsole)
		}
		if _, err := unix.Write(console, []byte(handshake)); err != nil {
			unix.Exit(exitConsole)
		}
	}
	if err := unix.Sendto(socket, []byte("READY=1"), unix.MSG_NOSIGNAL, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Exit(exitNotify)
	}
}
