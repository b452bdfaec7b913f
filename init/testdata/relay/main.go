// Command relay gives the tests on the host a hand inside the machine: it
// listens on the TCP address of its first argument. A connection's first line
// says what for:
//
//	control          the rest goes to PID 1's control socket and back
//	cat PATH         the file comes back
//	list PATH        the folder's names come back, a line each
//	echo             each further line comes back
//	touch PATH       an empty file is made, and its folder
//	kill PID SIGNAL  the signal is sent; the errno's text comes back
//
// It is linked into test images only.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	listener, err := net.Listen("tcp4", os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "relay:", err)
			os.Exit(1)
		}
		go serve(conn)
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	line, err := in.ReadString('\n')
	if err != nil {
		return
	}
	words := strings.Fields(line)
	switch words[0] {
	case "control":
		relay(conn, in)
	case "cat":
		b, err := os.ReadFile(words[1])
		if err != nil {
			fmt.Fprintln(conn, err)
		}
		conn.Write(b)
	case "list":
		entries, err := os.ReadDir(words[1])
		if err != nil {
			fmt.Fprintln(conn, err)
		}
		for _, e := range entries {
			fmt.Fprintln(conn, e.Name())
		}
	case "echo":
		io.Copy(conn, in)
	case "touch":
		os.MkdirAll(filepath.Dir(words[1]), 0o755)
		if err := os.WriteFile(words[1], nil, 0o644); err != nil {
			fmt.Fprintln(conn, err)
		}
	case "kill":
		var pid, sig int
		fmt.Sscan(words[1], &pid)
		fmt.Sscan(words[2], &sig)
		fmt.Fprintln(conn, syscall.Kill(pid, syscall.Signal(sig)))
	}
}

// relay copies both ways until the host closes its end.
func relay(conn net.Conn, in io.Reader) {
	control, err := net.Dial("unix", "/run/mote/control")
	if err != nil {
		fmt.Fprintln(conn, err)
		return
	}
	defer control.Close()
	go func() {
		io.Copy(control, in)
		control.(*net.UnixConn).CloseWrite()
	}()
	io.Copy(conn, control)
}
