// Command agent is the node's second program: what is too large or too slow for
// PID 1 runs in it, as a process with a deadline that is gone afterwards.
//
//	agent job inventory [-o FILE]              what hardware there is, as JSON
//	agent job scrub [-o FILE] [-rate BYTES]    whether the disk is as it was signed
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	fsjob "mote/fs/job"
	hwjob "mote/hw/job"
	netjob "mote/net/job"
	"mote/wire/inventory"
)

// inventoryLimit bounds the whole job; each device has a limit of its own.
const inventoryLimit = 60 * time.Second

// scrubLimit bounds a scrub: a slot of 60 MB at 1 KB a second.
const scrubLimit = 24 * time.Hour

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

// options are what the arguments say.
type options struct {
	job, out string
	// bytesPerSec is the most that a scrub reads; 0: no limit.
	bytesPerSec int64
}

// parse reads the arguments.
func parse(args []string) (o options, err error) {
	if len(args) < 2 || args[0] != "job" {
		return o, errors.New("usage: agent job inventory|scrub [-o FILE] [-rate BYTES-PER-SECOND]")
	}
	o.job = args[1]
	for args = args[2:]; len(args) > 0; args = args[2:] {
		switch {
		case len(args) == 1:
			return o, fmt.Errorf("job %s: %s has no value", o.job, args[0])
		case args[0] == "-o":
			o.out = args[1]
		case args[0] == "-rate" && o.job == "scrub":
			if o.bytesPerSec, err = strconv.ParseInt(args[1], 10, 64); err != nil || o.bytesPerSec < 1 {
				return o, fmt.Errorf("job %s: -rate %s: give bytes per second", o.job, args[1])
			}
		default:
			return o, fmt.Errorf("job %s: %s is unknown", o.job, args[0])
		}
	}
	return o, nil
}

// run does the job that the arguments name.
func run(args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.out == "" {
		return job(o, out)
	}
	f, err := os.OpenFile(o.out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOCTTY, 0o644)
	if err != nil {
		return err
	}
	return errors.Join(job(o, f), f.Close())
}

func job(o options, out io.Writer) error {
	switch o.job {
	case "inventory":
		return takeInventory(out)
	case "scrub":
		return scrub(o.bytesPerSec, out)
	}
	return fmt.Errorf("job %q is unknown; there are inventory and scrub", o.job)
}

func takeInventory(out io.Writer) error {
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

// scrub examines the disk that the root is on. What it found is told, as JSON, before
// it fails: anything that is not as it was signed is a failure.
func scrub(bytesPerSec int64, out io.Writer) (err error) {
	words, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	key, err := fsjob.ReleaseKey(string(words))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrubLimit)
	defer cancel()
	disk, closeDisk, err := fsjob.RootDisk()
	defer func() { err = errors.Join(err, closeDisk()) }()
	if err != nil {
		return err
	}
	report, err := fsjob.Scrub(ctx, disk, key, bytesPerSec)
	if err := json.NewEncoder(out).Encode(report); err != nil {
		return err
	}
	if err == nil && len(report.Findings) > 0 {
		f := report.Findings[0]
		err = fmt.Errorf("scrub: %d findings, the first in %s: %s", len(report.Findings), f.Where, f.What)
	}
	return err
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
