// Command mote is the operator's: everything that is done to Mote, or with it,
// from the outside. Each command is a package or a file of its own below this
// folder, and is listed in root.go.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"mote/ctl/mote/exit"
)

// main ends with one of exit's statuses, and the error on stderr.
func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, root(), os.Args[1:])
	stop()
	code, silent := exit.Of(err)
	if !silent {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(int(code))
}
