// Command installer puts a release onto a disk of the machine that it runs on; it is
// the only service of the medium that `mote image build --installer` makes.
//
//	installer -release FILE -to DISK [-overwrite] [-auth DIR] [-then stay|poweroff|reboot]
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	fsjob "mote/fs/job"
	hwjob "mote/hw/job"
	"mote/wire"
)

const (
	// disksLimit bounds the wait for disks to be found.
	disksLimit = 30 * time.Second
	// controlPath is PID 1's control socket, which root may use; see init/core.
	controlPath = "/run/mote/control"
	// consolePath is where whoever waits for it looks.
	consolePath = "/dev/console"
)

func main() {
	console, err := os.OpenFile(consolePath, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := run(os.Args[1:], console); err != nil {
		fmt.Fprintf(console, "\r\n%v\r\n", err)
		os.Exit(1)
	}
}

// options are what the arguments say.
type options struct {
	release, auth, target string
	overwrite             bool
	then                  wire.Verb // zero: nothing
}

func parse(args []string) (o options, err error) {
	var then string
	set := flag.NewFlagSet("installer", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.release, "release", "", "")
	set.StringVar(&o.target, "to", "", "")
	set.StringVar(&o.auth, "auth", "", "")
	set.BoolVar(&o.overwrite, "overwrite", false, "")
	set.StringVar(&then, "then", "stay", "")
	if err := set.Parse(args); err != nil {
		return o, fmt.Errorf("installer: %w", err)
	}
	verb, _ := wire.VerbOf(then)
	switch {
	case o.release == "" || o.target == "" || set.NArg() > 0:
		return o, errors.New("installer: give -release FILE and -to DISK, and flags only")
	case then != "stay" && verb != wire.VerbPowerOff && verb != wire.VerbReboot:
		return o, fmt.Errorf("installer: -then %s; give stay, poweroff or reboot", then)
	}
	o.then = verb
	return o, nil
}

// run installs, and tells on the console what, or that it is done.
func run(args []string, console io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	words, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	key, err := fsjob.ReleaseKey(string(words))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), disksLimit)
	defer cancel()
	probe := hwjob.Probe{Root: os.DirFS("/"), BootNsec: func() int64 { return 0 }}
	done, err := fsjob.Install(fsjob.Installation{Release: o.release, Key: key, Auth: o.auth,
		Target: o.target, Overwrite: o.overwrite, Disks: probe.Disks(ctx)})
	if err != nil {
		return err
	}
	fmt.Fprintf(console, "\r\ninstalled: Mote %s (%s) on %s, %s, %d bytes; take the medium out before the next start\r\n",
		done.Version, done.Profile, done.Disk, done.Model, done.Bytes)
	return ask(o.then)
}

// ask asks PID 1 for what follows.
func ask(verb wire.Verb) error {
	if verb == 0 {
		return nil
	}
	request, ok := wire.AppendRequest(nil, &wire.Request{ID: 1, Verb: verb})
	if !ok {
		return fmt.Errorf("installer: %s is no request", verb)
	}
	conn, err := net.Dial("unix", controlPath)
	if err != nil {
		return fmt.Errorf("installer: ask PID 1 for %s: %w", verb, err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		return fmt.Errorf("installer: ask PID 1 for %s: %w", verb, err)
	}
	// Its answer may not come any more: what was asked for ends this process too.
	_, _ = conn.Read(make([]byte, 1))
	return nil
}
