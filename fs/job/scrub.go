// Package job has the blocking jobs of the room fs; PID 1 never links it.
//
// Scrub reads what a node starts from and compares it with the signed headers: the
// other slot, whose blocks nobody reads until the day on which they are needed, and of
// the running one all that was not read yet. The kernel refuses a bad block when it is
// read; this finds it before.
//
// Always true here: nothing is written; nothing on the disk is believed but what a
// header says whose signature was good by the key that the kernel's signed words have;
// reading goes no faster than asked.
package job

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"mote/fs"
	"mote/fs/image/fat"
	"mote/fs/image/release"
	"mote/fs/image/verity"
)

// Disk is what is examined. A nil reader is left out and told.
type Disk struct {
	// Whole is the disk with its partition tables, of WholeBytes; SectorBytes is its
	// logical sector.
	Whole       io.ReaderAt
	WholeBytes  int64
	SectorBytes int64
	// ESP is the boot partition, Slots are A and B.
	ESP   io.ReaderAt
	Slots [2]io.ReaderAt
}

// Finding is one thing that is not as it should be.
type Finding struct {
	// Where is a place in words: "slot a: root", "boot partition: loader".
	Where string `json:"where"`
	// Block of 4,096 bytes counts from the slot's beginning; −1: what was compared is
	// no block.
	Block int64  `json:"block"`
	What  string `json:"what"`
}

// SlotReport is what a slot has.
type SlotReport struct {
	Slot    string `json:"slot"`
	Version string `json:"version,omitempty"` // empty: no release that was signed
	Counter uint64 `json:"counter,omitempty"`
	Bytes   int64  `json:"bytes"`
}

// Report is what a scrub comes to. No findings and no slot without a version mean
// that all is as it was signed.
type Report struct {
	Slots    []SlotReport `json:"slots"`
	Findings []Finding    `json:"findings"`
	Bytes    int64        `json:"bytes"`
	TookMsec int64        `json:"took_ms"`
}

// entryBytesMax bounds a file of the boot partition that is read.
const entryBytesMax = 64 << 20

// scrub is one run.
type scrub struct {
	ctx         context.Context
	disk        Disk
	key         ed25519.PublicKey
	bytesPerSec int64
	begun       time.Time
	report      Report
}

// Scrub examines a disk with the key that releases are signed with, at bytesPerSec at
// the most; 0 is no limit. The error says why it is not complete (ctx ended, the boot
// partition can't be read); what was found until then is in the report.
func Scrub(ctx context.Context, d Disk, key ed25519.PublicKey, bytesPerSec int64) (Report, error) {
	s := &scrub{ctx: ctx, disk: d, key: key, bytesPerSec: bytesPerSec, begun: time.Now()}
	s.report.Findings = []Finding{}
	err := s.run()
	s.report.TookMsec = time.Since(s.begun).Milliseconds()
	return s.report, err
}

func (s *scrub) run() error {
	if s.disk.Whole != nil {
		for _, f := range checkTables(s.disk.Whole, s.disk.WholeBytes, s.disk.SectorBytes) {
			s.report.Findings = append(s.report.Findings, f)
		}
	}
	volume, err := fat.Open(s.disk.ESP)
	if err != nil {
		s.found("boot partition", -1, err.Error())
		return fmt.Errorf("scrub: nothing was compared: %w", err)
	}
	for _, text := range volume.Check() {
		s.found("boot partition", -1, text)
	}
	s.checkConf(volume)
	var loaders [][sha256.Size]byte
	for i, slot := range s.disk.Slots {
		name := string(rune('a' + i))
		header, err := s.header(volume, name)
		if err != nil {
			s.found("slot "+name+": header", -1, err.Error())
		}
		report := SlotReport{Slot: name}
		if header != nil {
			report.Version, report.Counter = header.Version, header.Counter
			if p, ok := header.Part(release.KindLoader); ok {
				loaders = append(loaders, p.Sum)
			}
			if err := s.slot(volume, name, slot, *header, &report); err != nil {
				return err
			}
		}
		s.report.Slots = append(s.report.Slots, report)
	}
	return s.checkLoader(volume, loaders)
}

// found adds a finding.
func (s *scrub) found(where string, block int64, what string) {
	s.report.Findings = append(s.report.Findings, Finding{where, block, what})
}

// pace counts bytes that were read, and waits until they are due.
func (s *scrub) pace(n int) error {
	s.report.Bytes += int64(n)
	if s.bytesPerSec <= 0 {
		return s.ctx.Err()
	}
	due := time.Duration(float64(s.report.Bytes) / float64(s.bytesPerSec) * float64(time.Second))
	t := time.NewTimer(due - time.Since(s.begun))
	defer t.Stop()
	select {
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-t.C:
		return nil
	}
}

// file reads a file of the boot partition.
func (s *scrub) file(volume fat.Volume, path string) ([]byte, error) {
	f, err := volume.Find(path)
	if err != nil {
		return nil, err
	}
	b, err := volume.Read(f, entryBytesMax)
	if err != nil {
		return nil, err
	}
	return b, s.pace(len(b))
}

// header is a slot's, verified; nil without an error: the slot has no release.
func (s *scrub) header(volume fat.Volume, slot string) (*release.Header, error) {
	b, err := s.file(volume, fs.HeadFolder+slot)
	if err != nil {
		if entries, err := s.entries(volume, slot); err == nil && len(entries) == 0 {
			return nil, nil
		}
		return nil, err
	}
	h, err := release.Open(bytes.NewReader(b), s.key, release.Wants{})
	if err != nil {
		return nil, err
	}
	return &h, nil
}

// entries are a slot's kernels.
func (s *scrub) entries(volume fat.Volume, slot string) (list []fat.Found, err error) {
	folder, err := volume.Find(fs.EntryFolder)
	if err != nil {
		return nil, err
	}
	all, err := volume.List(folder)
	for _, f := range all {
		if strings.HasPrefix(f.Name, fs.EntryPrefix+slot+"-") {
			list = append(list, f)
		}
	}
	return list, err
}

// slot compares kernel, root and tree.
func (s *scrub) slot(volume fat.Volume, name string, r io.ReaderAt, h release.Header, report *SlotReport) error {
	where := "slot " + name
	before := s.report.Bytes
	entries, err := s.entries(volume, name)
	switch {
	case err != nil:
		s.found(where+": kernel", -1, err.Error())
	case len(entries) != 1:
		s.found(where+": kernel", -1, fmt.Sprintf("%d entries are the slot's; one is right", len(entries)))
	default:
		b, err := s.file(volume, fs.EntryFolder+"/"+entries[0].Name)
		p, _ := h.Part(release.KindUKI)
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			s.found(where+": kernel", -1, err.Error())
		} else if sha256.Sum256(b) != p.Sum {
			s.found(where+": kernel", -1, entries[0].Name+" has other bytes than were signed")
		}
	}
	if r == nil {
		s.found(where+": root", -1, "its partition is not there")
		return nil
	}
	err = verity.CheckStream(r, h.Root(), s.pace)
	var bad verity.BadBlock
	switch {
	case errors.As(err, &bad) && bad.Tree:
		s.found(where+": tree", bad.Number, bad.Error())
	case errors.As(err, &bad):
		s.found(where+": root", bad.Number, bad.Error())
	case err != nil:
		return err
	}
	report.Bytes = s.report.Bytes - before
	return nil
}

// checkConf compares the loader's settings, which nobody signs.
func (s *scrub) checkConf(volume fat.Volume) {
	b, err := s.file(volume, fs.LoaderConfPath)
	if err != nil {
		s.found("boot partition: settings", -1, err.Error())
	} else if !strings.HasPrefix(string(b), fs.LoaderConf) {
		s.found("boot partition: settings", -1, fs.LoaderConfPath+" is not what every release has")
	}
}

// checkLoader compares the loader with those of the slots: it came with one of them.
func (s *scrub) checkLoader(volume fat.Volume, sums [][sha256.Size]byte) error {
	b, err := s.file(volume, fs.LoaderPath)
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	if err != nil {
		s.found("boot partition: loader", -1, err.Error())
		return nil
	}
	for _, sum := range sums {
		if sha256.Sum256(b) == sum {
			return nil
		}
	}
	s.found("boot partition: loader", -1, fs.LoaderPath+" is of no release in a slot")
	return nil
}
