// Command network is a program of a gokrazy instance: it sets the address and
// is done. gokrazy's own DHCP client could do it, but waits a second first.
package main

import (
	"log"
	"os"

	"mote/size/peers/inits/address"
)

// statusDone tells gokrazy not to start a program again.
const statusDone = 125

func main() {
	if err := address.Set(); err != nil {
		log.Fatalf("network: %v", err)
	}
	os.Exit(statusDone)
}
