// Command uinit is what u-root's init starts when it is done: the place where
// its users put what their machine is for. That init starts nothing again, so
// supervising is here: as little of it as does the job, with the libraries that
// u-root itself has.
package main

import (
	"log"
	"os/exec"

	"golang.org/x/sys/unix"

	"mote/size/peers/inits/address"
)

func main() {
	for _, m := range [][2]string{{"tmpfs", "/run"}, {"cgroup2", "/sys/fs/cgroup"}} {
		if err := unix.Mount(m[0], m[1], m[0], 0, ""); err != nil {
			log.Fatalf("uinit: mount %s: %v", m[1], err)
		}
	}
	for _, word := range []string{"first", "second", "last"} {
		go supervise(word)
	}
	if err := address.Set(); err != nil {
		log.Fatalf("uinit: network: %v", err)
	}
	select {}
}

// supervise starts a service again whenever it ends.
func supervise(word string) {
	for {
		if err := exec.Command("/bin/service", word).Run(); err != nil {
			log.Printf("uinit: %s: %v", word, err)
		}
	}
}
