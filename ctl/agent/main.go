// Command agent is the node's second program: what is too large or too slow for
// PID 1 runs in it, as a process with a deadline that is gone afterwards.
//
//	agent job inventory [-o FILE]   what hardware there is, as JSON
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	hwjob "mote/hw/job"
	netjob "mote/net/job"
	"mote/wire/inventory"
)

// inventoryLimit bounds the whole job; each device has a limit of its own.
const inventoryLimit = 60 * time.Second

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

// run does the job that the arguments name.
func run(args []string, out io.Writer) error {
	if len(args) < 2 || args[0] != "job" {
		return errors.New("usage: agent job NAME [-o FILE]; the only job is inventory")
	}
	if len(args) == 4 && args[2] == "-o" {
		f, err := os.OpenFile(args[3], os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOCTTY, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(job(args[1], f), f.Close())
	}
	if len(args) > 2 {
		return fmt.Errorf("job %s: arguments %q; only -o FILE is known", args[1], args[2:])
	}
	return job(args[1], out)
}

func job(name string, out io.Writer) error {
	if name != "inventory" {
		return fmt.Errorf("job %q is unknown; the only one is inventory", name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), inventoryLimit)
	defer cancel()
	probe := hwjob.Probe{
		Root: os.DirFS("/"), BootNsec: bootNsec, OpenNVMe: hwjob.OpenNVMe, OpenTPM: hwjob.OpenTPM,
		Links: func() ([]inventory.Link, error) { return netjob.Links(bootNsec) },
	}
	i := probe.Inventory(ctx)
	i.Time = now(bootNsec)
	return json.NewEncoder(out).Encode(i)
}

// bootNsec is CLOCK_BOOTTIME; the kernel can't refuse it.
func bootNsec() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts)
	return ts.Nano()
}

// now asks the kernel about its clock, see adjtimex(2).
func now(bootNsec func() int64) inventory.Time {
	var x unix.Timex
	state, err := unix.Adjtimex(&x)
	t := inventory.Time{Seen: inventory.Seen{Source: "adjtimex", BootNsec: bootNsec()}, UnixNsec: time.Now().UnixNano()}
	if err != nil {
		return t
	}
	t.Synchronized = state != unix.TIME_ERROR && x.Status&unix.STA_UNSYNC == 0
	t.MaxErrorUsec, t.EstimatedErrorUsec = x.Maxerror, x.Esterror
	if b, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource"); err == nil {
		t.ClockSource = string(b[:max(0, len(b)-1)])
	}
	return t
}
