// The program guest is the whole userspace of the machines in ctl/vm's tests:
// it obeys one word a line on its console, and says what it sees.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	must(os.MkdirAll("/dev", 0o755))
	if err := syscall.Mount("dev", "/dev", "devtmpfs", 0, ""); err != nil && err != syscall.EBUSY {
		must(err)
	}
	must(os.MkdirAll("/proc", 0o755))
	must(syscall.Mount("proc", "/proc", "proc", 0, ""))
	// Ctrl-Alt-Del shall be a signal, or nothing; here it is nothing.
	must(syscall.Reboot(syscall.LINUX_REBOOT_CMD_CAD_OFF))
	for _, path := range glob("/dev/input/event*") {
		f, err := os.Open(path) // before "up": a key finds only those who listen
		must(err)
		go watchKeys(f)
	}
	words, err := os.ReadFile("/proc/cmdline")
	must(err)
	fmt.Printf("guest: words %s", words)
	fmt.Println("guest: up")
	typed := bufio.NewScanner(os.Stdin)
	for typed.Scan() {
		obey(typed.Text())
	}
	must(fmt.Errorf("console: %v", typed.Err()))
}

func obey(word string) {
	switch word {
	case "second":
		must(os.WriteFile("/dev/ttyS1", []byte("guest: second port\n"), 0))
	case "uptime":
		text, err := os.ReadFile("/proc/uptime")
		must(err)
		fmt.Printf("guest: uptime %s", text)
	case "off":
		must(syscall.Reboot(syscall.LINUX_REBOOT_CMD_POWER_OFF))
	case "reboot":
		must(syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART))
	case "panic":
		os.Exit(7)
	default:
		fmt.Printf("guest: heard %s\n", word)
	}
}

// watchKeys reports presses, struct input_event of linux/input.h: two words of
// time, type, code, value.
func watchKeys(f *os.File) {
	event := make([]byte, 24)
	for {
		_, err := f.Read(event)
		must(err)
		if binary.LittleEndian.Uint16(event[16:]) == 1 && binary.LittleEndian.Uint32(event[20:]) == 1 {
			fmt.Printf("guest: key %d\n", binary.LittleEndian.Uint16(event[18:]))
		}
	}
}

func glob(pattern string) []string {
	paths, err := filepath.Glob(pattern)
	must(err)
	return paths
}

// must ends the guest, and with it the machine.
func must(err error) {
	if err != nil {
		fmt.Println("guest:", err)
		os.Exit(1)
	}
}
