//go:build qemu

package main_test

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"mote/wire/inventory"
)

// The pages of an emulated controller, as nvme-cli's JSON names their fields.
type (
	cliIdentity struct {
		SN, MN, FR, SubNQN string
		Ver, SaniCap       uint32
		OACS, WCTemp       uint16
		CCTemp             uint16
		TNVMCap            any
		VWC                uint8
	}
	cliSmart struct {
		Critical     uint8 `json:"critical_warning"`
		Kelvin       int   `json:"temperature"`
		Spare        uint8 `json:"avail_spare"`
		Threshold    uint8 `json:"spare_thresh"`
		Used         uint8 `json:"percent_used"`
		Read         any   `json:"data_units_read"`
		Written      any   `json:"data_units_written"`
		Cycles       any   `json:"power_cycles"`
		Hours        any   `json:"power_on_hours"`
		Unsafe       any   `json:"unsafe_shutdowns"`
		Media        any   `json:"media_errors"`
		ErrorEntries any   `json:"num_err_log_entries"`
	}
	cliNamespace struct {
		NSze, NCap, NUse uint64
		FLBAS            uint8
		NGUID, EUI64     string
		LBAFs            []struct{ DS uint8 }
	}
)

// number is a counter of 128 bits, which some versions write as a text.
func number(v any) (n uint64) {
	switch v := v.(type) {
	case float64:
		n = uint64(v)
	case string:
		_, _ = fmt.Sscan(strings.ReplaceAll(v, ",", ""), &n)
	}
	return n
}

// compareNVMe holds each field that the inventory has of the controller, its health,
// its firmware and its namespaces against what nvme-cli says of the same.
func compareNVMe(g *guest) {
	g.t.Helper()
	var id cliIdentity
	var first, last cliSmart
	g.nvme("id-ctrl /dev/nvme0", &id)
	g.nvme("smart-log /dev/nvme0", &first)
	list := g.inventory()
	g.nvme("smart-log /dev/nvme0", &last)
	if len(list.NVMe) != 1 || list.NVMe[0].Health == nil || len(list.Errors) > 0 {
		g.t.Fatalf("%+v", list.NVMe)
	}
	c := list.NVMe[0]
	g.same("serial", c.Serial, strings.TrimSpace(id.SN))
	g.same("model", c.Model, strings.TrimSpace(id.MN))
	g.same("firmware", c.Firmware, strings.TrimSpace(id.FR))
	g.same("NQN", c.NQN, id.SubNQN)
	g.same("version", c.NVMeVersion, fmt.Sprintf("%d.%d.%d", id.Ver>>16, id.Ver>>8&0xff, id.Ver&0xff))
	g.same("capacity", c.CapacityBytes, number(id.TNVMCap))
	g.same("write cache", c.WriteCache, id.VWC&1 != 0)
	g.same("can format", c.CanFormat, id.OACS>>1&1 != 0)
	g.same("can self-test", c.CanSelfTest, id.OACS>>4&1 != 0)
	g.same("can sanitize", c.CanSanitize, id.SaniCap&7 != 0)
	h := *c.Health
	g.same("warning temperature", h.WarningCelsius, max(int(id.WCTemp)-273, 0))
	g.same("critical temperature", h.CriticalCelsius, max(int(id.CCTemp)-273, 0))
	g.same("warnings", len(h.Warnings) > 0, first.Critical != 0)
	g.same("temperature", h.Celsius, first.Kelvin-273)
	g.same("spare", h.SparePercent, first.Spare)
	g.same("spare threshold", h.SpareThresholdPercent, first.Threshold)
	g.same("used", h.UsedPercent, first.Used)
	g.same("power cycles", h.PowerCycles, number(first.Cycles))
	g.same("hours", h.PowerOnHours, number(first.Hours))
	g.same("unsafe shutdowns", h.UnsafeShutdowns, number(first.Unsafe))
	g.same("media errors", h.MediaErrors, number(first.Media))
	const unit = 512_000
	for what, of := range map[string][3]uint64{"read": {number(first.Read) * unit, h.ReadBytes, number(last.Read) * unit},
		"written": {number(first.Written) * unit, h.WrittenBytes, number(last.Written) * unit}} {
		if of[0] > of[1] || of[1] > of[2] {
			g.t.Errorf("%s: nvme-cli says %d, then we %d, then nvme-cli %d", what, of[0], of[1], of[2])
		}
	}
	compareFirmware(g, c)
	if len(c.Namespaces) != 2 {
		g.t.Fatalf("%+v", c.Namespaces)
	}
	for _, ours := range c.Namespaces {
		var n cliNamespace
		g.nvme(fmt.Sprintf("id-ns /dev/nvme0 -n %d", ours.ID), &n)
		block := uint64(1) << n.LBAFs[n.FLBAS&0xf].DS
		g.same("block", uint64(ours.BlockBytes), block)
		g.same("size", ours.SizeBytes, n.NSze*block)
		g.same("in use", ours.UsedBytes, n.NUse*block)
		g.same("NGUID", ours.NGUID, none(n.NGUID))
		g.same("EUI64", ours.EUI64, none(n.EUI64))
	}
}

// compareFirmware compares the slots: nvme-cli leaves out the empty ones.
func compareFirmware(g *guest, c inventory.NVMe) {
	g.t.Helper()
	var log map[string]map[string]any
	g.nvme("fw-log /dev/nvme0", &log)
	for _, slots := range log {
		g.same("active slot", uint64(c.FirmwareActive), number(slots["Active Firmware Slot (afi)"])&7)
		for name, value := range slots {
			if slot, is := strings.CutPrefix(name, "Firmware Rev Slot "); is {
				var digits uint64 // the text as a little-endian number
				_, _ = fmt.Sscan(fmt.Sprint(value), &digits)
				text := string(binary.LittleEndian.AppendUint64(nil, digits))
				at := slices.Index([]string{"1", "2", "3", "4", "5", "6", "7"}, slot)
				if at < 0 || at >= len(c.FirmwareSlots) || c.FirmwareSlots[at] != strings.TrimSpace(text) {
					g.t.Errorf("slot %s: nvme-cli says %q, we %q", slot, text, c.FirmwareSlots)
				}
			}
		}
	}
}

// none is an identifier, or nothing where it is all zeros.
func none(id string) string {
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	if strings.Trim(id, "0") == "" {
		return ""
	}
	return id
}

// same compares a field of ours with nvme-cli's.
func (g *guest) same(what string, ours, theirs any) {
	g.t.Helper()
	if !reflect.DeepEqual(ours, theirs) {
		g.t.Errorf("%s: nvme-cli says %v, we %v", what, theirs, ours)
	}
}
