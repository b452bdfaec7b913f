package job

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// What of the disks the system uses. Whatever can't be found out counts as used: the
// answer is asked before data are destroyed.

// layersMax bounds device mapper upon device mapper; the kernel's own stacks are lower.
const layersMax = 16

// inUse tells for each disk that is used what for, from PID 1's mounts, the swaps,
// what the device mapper and md have built upon disks, and keep: devices that are used
// without being any of that, as "PARTLABEL=name" or "/dev/name".
func (p *Probe) inUse(keep []string) (map[string]string, error) {
	used := map[string]string{}
	mounts, err := fs.ReadFile(p.Root, "proc/1/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("find what is mounted: %w; run this with a view of the node", err)
	}
	for line := range strings.Lines(string(mounts)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			return nil, fmt.Errorf("find what is mounted: %q is no line of mountinfo", line)
		}
		if strings.HasPrefix(fields[2], "0:") { // on no device
			continue
		}
		block := p.target("sys/dev/block/" + fields[2])
		if block == "" {
			return nil, fmt.Errorf("%s is mounted from device %s, which sysfs does not show", fields[4], fields[2])
		}
		if err := p.mark(used, block, "mounted on "+fields[4], layersMax); err != nil {
			return nil, err
		}
	}
	swaps, err := fs.ReadFile(p.Root, "proc/swaps")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("find what is swapped to: %w", err)
	}
	for line := range strings.Lines(string(swaps)) {
		if at := strings.Fields(line); len(at) > 0 && strings.HasPrefix(at[0], "/dev/") {
			if err := p.mark(used, path.Base(at[0]), "swapped to", layersMax); err != nil {
				return nil, err
			}
		}
	}
	for _, block := range p.list("sys/class/block") {
		if above := p.list("sys/class/block/" + block + "/holders"); len(above) > 0 {
			if err := p.mark(used, block, "below "+above[0], layersMax); err != nil {
				return nil, err
			}
		}
		label := p.event("sys/class/block/"+block+"/uevent", "PARTNAME")
		for _, word := range keep {
			if name, is := strings.CutPrefix(word, "PARTLABEL="); is && name == label || word == "/dev/"+block {
				if err := p.mark(used, block, "kept as "+word, layersMax); err != nil {
					return nil, err
				}
			}
		}
	}
	return used, nil
}

// mark notes the disks below a block device: those that the device mapper or md has it
// of, the disk that a partition is of, or itself.
func (p *Probe) mark(used map[string]string, block, what string, layers int) error {
	at := "sys/class/block/" + block
	if layers == 0 {
		return fmt.Errorf("%s stands on more than %d layers", block, layersMax)
	}
	if below := p.list(at + "/slaves"); len(below) > 0 {
		for _, b := range below {
			if err := p.mark(used, b, what, layers-1); err != nil {
				return err
			}
		}
		return nil
	}
	place := p.link(at)
	if place == "" {
		return fmt.Errorf("%s is used (%s), and sysfs does not show it", block, what)
	}
	disk := block
	if p.text(at+"/partition") != "" {
		disk = path.Base(path.Dir(place))
	}
	if used[disk] == "" {
		used[disk] = what
	}
	return nil
}

// namespaceDisks are the disks that are namespaces of a controller's subsystem: one
// with several controllers shows each namespace once, below the subsystem.
func (p *Probe) namespaceDisks(drive string) (list []string, err error) {
	name := p.text("sys/class/nvme/" + drive + "/subsysnqn")
	if name == "" {
		return nil, fmt.Errorf("%s: sysfs does not tell its subsystem", drive)
	}
	for _, disk := range p.list("sys/block") {
		if !strings.HasPrefix(disk, "nvme") {
			continue
		}
		of := p.target("sys/block/" + disk + "/device")
		other := p.text("sys/class/nvme/" + of + "/subsysnqn")
		if other == "" {
			other = p.text("sys/class/nvme-subsystem/" + of + "/subsysnqn")
		}
		if other == "" {
			return nil, fmt.Errorf("%s: sysfs does not tell whose namespace it is", disk)
		}
		if other == name {
			list = append(list, disk)
		}
	}
	slices.Sort(list)
	return list, nil
}
