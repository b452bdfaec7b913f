package main

import (
	"os"

	fsjob "mote/fs/job"
	hwjob "mote/hw/job"
	"mote/wire"
)

// eraseDisk formats a namespace, or sanitizes a controller, that the system does not
// use.
func eraseDisk(o options) error {
	words, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(wire.ManifestPath)
	if err != nil {
		return err
	}
	keep, err := fsjob.KeptDevices(string(words), manifest)
	if err != nil {
		return err
	}
	e := hwjob.Erasure{Probe: &hwjob.Probe{Root: os.DirFS("/"), BootNsec: bootNsec, OpenNVMe: hwjob.OpenNVMe},
		Keep: keep, Hold: hwjob.HoldDisk, Serial: o.serial}
	if o.job == "format" {
		return e.Format(o.disk, o.how)
	}
	return e.Sanitize(o.disk, o.how)
}
