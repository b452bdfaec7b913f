package vm

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// fakeEnv makes this test binary play QEMU: its value says which one.
const fakeEnv = "MOTE_FAKE_QEMU"

// silence is longer than any test. A select without cases is no such wait: in a
// program without C Go ends it, as a deadlock.
const silence = time.Hour

func TestMain(m *testing.M) {
	if play := os.Getenv(fakeEnv); play != "" {
		os.Exit(fakeQEMU(play))
	}
	os.Exit(m.Run())
}

// fakeQEMU keeps QEMU's side of the wires and nothing else: a console that
// echoes, a monitor that knows quit and the power button. What it breaks:
//
//	refuse  ends before the monitor greets, with a word on standard error
//	mute    never greets
//	deaf    stays when its monitor is hung up
//	starter starts a machine of its own and waits to be killed
func fakeQEMU(play string) int {
	switch play {
	case "refuse":
		fmt.Fprintln(os.Stderr, "qemu: -M nonsense: unsupported machine type")
		return 1
	case "mute":
		time.Sleep(silence)
	case "starter":
		return fakeStarter()
	case "leader", "behind":
		return fakeGroups(play)
	case "probed":
		return probeDone
	case "asleep":
		time.Sleep(silence)
	}
	go func() {
		for typed := bufio.NewScanner(os.Stdin); typed.Scan(); {
			fmt.Printf("typed: %s\r\n", typed.Text())
		}
	}()
	fmt.Printf("guest: up, process %d\r\n", os.Getpid())
	fmt.Print("pass") // a second line comes with the power button
	if second, err := fdConn(secondFD); err == nil {
		fmt.Fprint(second, "from the second port")
		second.Close()
	}
	monitor, err := fdConn(monitorFD)
	if err != nil {
		return 2
	}
	return fakeServe(monitor)
}

func fdConn(fd uintptr) (net.Conn, error) {
	file := os.NewFile(fd, "wire")
	defer file.Close()
	return net.FileConn(file)
}

func fakeServe(monitor net.Conn) int {
	fmt.Fprint(monitor, greeting)
	decoder := json.NewDecoder(monitor)
	for {
		var a asked
		if decoder.Decode(&a) != nil {
			if os.Getenv(fakeEnv) == "deaf" {
				time.Sleep(silence)
			}
			return 3
		}
		var result any = struct{}{}
		if strings.Contains(string(a.Arguments), "info usernet") {
			usernet, _ := os.ReadFile("testdata/usernet-two-forwards.txt")
			result = string(usernet)
		}
		text, _ := json.Marshal(result)
		fmt.Fprintf(monitor, `{"return": %s, "id": %d}`, text, a.ID)
		switch a.Execute {
		case "quit":
			return 0
		case "system_powerdown":
			fmt.Print(" away\r\n")
			return 0
		case "inject-nmi":
			return 9
		}
	}
}

// fakeStarter prints the process of the machine that it started.
func fakeStarter() int {
	os.Setenv(fakeEnv, "deaf")
	v, err := Start(context.Background(), Config{Binary: os.Args[0], Kernel: rootFile, Accel: TCG})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	line, err := v.WaitLine(context.Background(), "process")
	fmt.Println(line.Text, err)
	time.Sleep(silence)
	return 0
}
