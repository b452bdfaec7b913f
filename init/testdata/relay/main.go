// Command relay gives the tests on the host a hand inside the machine: it
// listens on the TCP address of its first argument. A connection's first line
// says what for:
//
//	control          the rest goes to PID 1's control socket and back
//	cat PATH         the file comes back
//	head PATH        the file's first 64 bytes come back
//	run PROGRAM ARG  what the program says comes back, and how it ended
//	write N PATH TEXT  the text is written into the file, N times; the error comes back
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
	"os/exec"
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
	case "head": // its first bytes
		f, err := os.Open(words[1])
		if err == nil {
			_, err = io.CopyN(conn, f, 64)
			f.Close()
		}
		if err != nil {
			fmt.Fprintln(conn, err)
		}
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
	case "run": // a program, to its end
		b, err := exec.Command(words[1], words[2:]...).CombinedOutput()
		conn.Write(b)
		if err != nil {
			fmt.Fprintln(conn, err)
		}
	case "write": // a text into a file that is there, so often
		var times int
		fmt.Sscan(words[1], &times)
		f, err := os.OpenFile(words[2], os.O_WRONLY, 0)
		for i := 0; i < times && err == nil; i++ {
			_, err = f.WriteAt([]byte(words[3]), 0)
		}
		if f != nil {
			f.Close() // a disk's cache is written out, and forgotten
		}
		fmt.Fprintln(conn, err)
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
