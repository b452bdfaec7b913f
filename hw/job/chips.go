package job

import (
	"context"
	"strconv"
	"strings"

	"mote/wire/inventory"
)

// bootStatus bit of a watchdog that fired: WDIOF_CARDRESET
// (include/uapi/linux/watchdog.h).
const cardReset = 0x20

// watchdogs reads /sys/class/watchdog (Documentation/ABI/testing/sysfs-class-watchdog).
func (p *Probe) watchdogs() []inventory.Watchdog {
	const folder = "sys/class/watchdog"
	list := []inventory.Watchdog{}
	for _, name := range p.list(folder) {
		at := folder + "/" + name + "/"
		list = append(list, inventory.Watchdog{Seen: p.seen(folder + "/" + name), Name: name, Identity: p.text(at + "identity"),
			State: p.text(at + "state"), TimeoutSec: uint32(p.number(at + "timeout")), NoWayOut: p.number(at+"nowayout") != 0,
			Fired: p.number(at+"bootstatus")&cardReset != 0})
	}
	return list
}

// A reading is a kind of attribute of a sensor's chip, and its unit
// (Documentation/hwmon/sysfs-interface.rst).
type reading struct {
	prefix, kind, unit string
	// perUnit of the file's numbers are one unit.
	perUnit float64
}

var readings = [...]reading{
	{"temp", "temperature", "°C", 1000},
	{"fan", "fan", "rpm", 1},
	{"in", "voltage", "V", 1000},
	{"curr", "current", "A", 1000},
	{"power", "power", "W", 1_000_000},
}

// sensors reads each chip under its own deadline: some ask a slow bus or a disk.
func (p *Probe) sensors(ctx context.Context) []inventory.Sensor {
	const folder = "sys/class/hwmon"
	list := []inventory.Sensor{}
	for _, name := range p.list(folder) {
		chip, err := within(ctx, name, func() ([]inventory.Sensor, error) { return p.chip(folder + "/" + name), nil })
		if err != nil {
			p.fail("/"+folder+"/"+name, err)
		}
		list = append(list, chip...)
	}
	return list
}

func (p *Probe) chip(at string) []inventory.Sensor {
	var list []inventory.Sensor
	chip := p.text(at + "/name")
	for _, file := range p.list(at) {
		channel, is := strings.CutSuffix(file, "_input")
		if !is {
			continue
		}
		for _, r := range readings {
			number, is := strings.CutPrefix(channel, r.prefix)
			if _, err := strconv.Atoi(number); !is || err != nil {
				continue
			}
			value, err := strconv.ParseFloat(p.text(at+"/"+file), 64)
			if err != nil {
				continue // a sensor without a reading now: -ENODATA
			}
			label := p.text(at + "/" + channel + "_label")
			if label == "" {
				label = channel
			}
			list = append(list, inventory.Sensor{Seen: p.seen(at + "/" + file), Chip: chip, Label: label, Kind: r.kind,
				Value: value / r.perUnit, Unit: r.unit})
		}
	}
	return list
}

// clocks are real-time clocks, and the clocks in NICs.
func (p *Probe) clocks() []inventory.Clock {
	list := []inventory.Clock{}
	for _, name := range p.list("sys/class/rtc") {
		at := "sys/class/rtc/" + name
		list = append(list, inventory.Clock{Seen: p.seen(at), Name: name, Device: p.text(at + "/name"),
			UnixSec: int64(p.number(at + "/since_epoch")), SetsSystem: p.number(at+"/hctosys") != 0})
	}
	for _, name := range p.list("sys/class/ptp") {
		at := "sys/class/ptp/" + name
		list = append(list, inventory.Clock{Seen: p.seen(at), Name: name, Device: p.text(at + "/clock_name")})
	}
	return list
}
