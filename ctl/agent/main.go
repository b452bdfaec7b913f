// Command agent is the node's second program: what is too large or too slow for
// PID 1 runs in it, as a process with a deadline that is gone afterwards.
//
//	agent job inventory [-o FILE]              what hardware there is, as JSON
//	agent job scrub [-o FILE] [-rate BYTES]    whether the disk is as it was signed
//	agent job seal -pcrs 7,11 -in FILE [-o FILE]     seals up to 128 bytes to this TPM and its PCRs, as JSON
//	agent job unseal -in FILE [-o FILE]              gives them back while the PCRs are so
//	agent job counter -index N -do define|step|read  a number in the TPM that only grows
//	agent job quote -pcrs 7,11 -nonce HEX            what the TPM says of its PCRs, signed, as JSON
//	agent job format -disk nvme0n2 -serial S -how user-data|crypto       erases a namespace that the system does not use
//	agent job sanitize -disk nvme0 -serial S -how block|crypto|overwrite erases a whole NVMe disk, also what it has put aside
//	agent job leaf -in FILE [-o FILE]                a leaf of the node whose key and endorsement FILE has
//	agent gate -leaf FILE -roots FILE                ends TLS for PID 1, which starts it with its sockets
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	fsjob "mote/fs/job"
	hwjob "mote/hw/job"
	"mote/hw/tpm"
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
	// in is a file to read, do what a counter is to do.
	in, do string
	pcrs   tpm.Selection
	nonce  []byte
	index  uint32
	// disk is erased, if its serial number is serial, and how.
	disk, serial, how string
}

// jobs are the jobs with their words, those that have to be given first; -o goes
// with each.
var jobs = []struct{ name, must, may string }{
	{name: "inventory"},
	{name: "scrub", may: "-rate"},
	{name: "seal", must: "-pcrs -in"},
	{name: "unseal", must: "-in"},
	{name: "counter", must: "-index -do"},
	{name: "quote", must: "-pcrs -nonce"},
	{name: "leaf", must: "-in"},
	{name: "format", must: "-disk -serial -how"},
	{name: "sanitize", must: "-disk -serial -how"},
}

// parse reads the arguments.
func parse(args []string) (o options, err error) {
	if len(args) < 2 || args[0] != "job" {
		return o, errors.New("usage: agent job inventory|scrub|seal|unseal|counter|quote|leaf|format|sanitize [-o FILE] ..., or agent gate -leaf FILE -roots FILE")
	}
	o.job = args[1]
	at := slices.IndexFunc(jobs, func(j struct{ name, must, may string }) bool { return j.name == o.job })
	if at < 0 {
		return o, fmt.Errorf("job %q is unknown", o.job)
	}
	missing := strings.Fields(jobs[at].must)
	known := append(strings.Fields("-o "+jobs[at].may), missing...)
	for args = args[2:]; len(args) > 0; args = args[2:] {
		word := args[0]
		switch {
		case !slices.Contains(known, word):
			return o, fmt.Errorf("job %s: %s is unknown", o.job, word)
		case len(args) == 1:
			return o, fmt.Errorf("job %s: %s has no value", o.job, word)
		}
		if err := o.set(word, args[1]); err != nil {
			return o, fmt.Errorf("job %s: %s %s: %w", o.job, word, args[1], err)
		}
		missing = slices.DeleteFunc(missing, func(m string) bool { return m == word })
	}
	if len(missing) > 0 {
		return o, fmt.Errorf("job %s: %s is missing", o.job, strings.Join(missing, " and "))
	}
	return o, nil
}

// set takes the value of a word.
func (o *options) set(word, value string) (err error) {
	switch word {
	case "-o":
		o.out = value
	case "-in":
		o.in = value
	case "-do":
		o.do = value
	case "-disk":
		o.disk = value
	case "-serial":
		o.serial = value
	case "-how":
		o.how = value
	case "-rate":
		if o.bytesPerSec, err = strconv.ParseInt(value, 10, 64); err != nil || o.bytesPerSec < 1 {
			return errors.New("give bytes per second")
		}
	case "-pcrs":
		o.pcrs, err = parsePCRs(value)
	case "-nonce":
		o.nonce, err = parseNonce(value)
	case "-index":
		n, bad := strconv.ParseUint(value, 0, 32)
		if o.index = uint32(n); bad != nil {
			return errors.New("give a number such as 0x1800042")
		}
	}
	return err
}

// run does what the arguments name.
func run(args []string, out io.Writer) error {
	if len(args) == 5 && args[0] == "gate" && args[1] == "-leaf" && args[3] == "-roots" {
		return serveGate(context.Background(), args[2], args[4])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	if o.out == "" {
		return job(o, out)
	}
	mode := os.FileMode(0o644)
	switch o.job {
	case "unseal":
		mode = 0o600
	case "leaf":
		mode = 0o640 // the gate reads it, by its group
	}
	f, err := os.OpenFile(o.out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOCTTY, mode)
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
	case "leaf":
		return issueLeaf(o.in, out)
	case "format", "sanitize":
		return eraseDisk(o)
	}
	return useTPM(o, out)
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
