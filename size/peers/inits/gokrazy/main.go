// Command gokrazy is the process 1 that gokrazy's packer writes for an instance
// with these services. The packer itself would make a whole disk; only its
// library, which does everything, takes part in the comparison.
package main

import (
	"log"
	"os/exec"

	"github.com/gokrazy/gokrazy"
)

func main() {
	if err := gokrazy.Boot("2026-01-01T00:00:00+00:00"); err != nil {
		log.Fatal(err)
	}
	services := []*gokrazy.Service{
		gokrazy.NewService(exec.Command("/user/network")),
	}
	for _, word := range []string{"first", "second", "last"} {
		services = append(services, gokrazy.NewService(exec.Command("/user/service", word)))
	}
	if err := gokrazy.SuperviseServices(services); err != nil {
		log.Fatal(err)
	}
	select {}
}
