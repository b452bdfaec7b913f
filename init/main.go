// Command init is PID 1. Everything it does is in package core; ARCHITECTURE.md
// tells where to begin reading.
package main

import "mote/init/core"

func main() { core.Main() }
