//go:build qemu && long

package main_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs"
	"mote/fs/image"
	"mote/wire"
)

// TestLongStateTroubles are the troubles of a disk beside those of the quick run.
func TestLongStateTroubles(t *testing.T) {
	diskTroubles(t,
		diskTrouble{"absent", "trouble: state area: /dev/vdb is not there; unjoined", "/dev/vdb is not there; unjoined",
			func(string) vm.Config { return vm.Config{Append: []string{"mote.state=/dev/vdb"}} },
			func(a wire.AreaStatus) bool { return a.State == "looking" && a.Values == 0 }, secondBoot},
		diskTrouble{"no write succeeds", "a write to /dev/vdb failed: EIO", noPlace,
			func(path string) vm.Config { return faulty(path, noWrite) },
			func(a wire.AreaStatus) bool { return a.State == "open" && a.Writes == 0 && a.Failures > 1 }, secondBoot},
		diskTrouble{"one block can't be read", "read block 1 of /dev/vdb: EIO", "",
			func(path string) vm.Config { return faulty(path, noBlock1) },
			func(a wire.AreaStatus) bool { return a.State == "open" && a.Failures == 1 && a.Writes > 0 },
			", the last one ended by reboot"})
}

// TestLongStateByLabel4096 is TestQEMUStateByLabel on a disk of larger sectors.
func TestLongStateByLabel4096(t *testing.T) { byLabel(t, 4096) }

// TestLongStateKilled kills the machine at random instants while it begins to
// write: each next boot finds the boots before it, or all but the last one.
func TestLongStateKilled(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	c := withState(stateDisk(t), "", "")
	least, most := 0, 0 // of the boots that the disk may know of
	seen := map[int]int{}
	for range 8 {
		g := launch(t, c, nil)
		vmtest.WaitLine(t, g.VM, "] Mote ")
		// Not a wait for anything: the instant is what is tried.
		time.Sleep(time.Duration(r.IntN(900)) * time.Millisecond)
		g.Close()
		most++
		var n int
		line := stateLine(g)
		if _, after, ok := strings.Cut(line, "boot "); ok {
			fmt.Sscan(after, &n)
			if n < least+1 || n > most {
				t.Fatalf("says %q after boot %d to %d", line, least, most-1)
			}
			seen[n-least]++
			least = n - 1 // the record of this boot may not be there yet
		}
	}
	g := boot(t, c, nil)
	var n int
	_, after, _ := strings.Cut(stateLine(g), "boot ")
	fmt.Sscan(after, &n)
	if n < least+1 || n > most+1 || n < 2 {
		t.Errorf("at last says %q after boot %d to %d", stateLine(g), least, most)
	}
	t.Logf("8 losses of power, at last boot %d; %v", n, seen)
}

// TestLongStateWriteLog has QEMU log every write and flush that a real kernel sends
// to the disk, and reads the area as it would be had power failed behind any of
// them, with any of the sectors kept that were not flushed: it is old or new.
func TestLongStateWriteLog(t *testing.T) {
	path, log := stateDisk(t), filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	durable := make([]byte, fs.StateBytes)
	states, entries := 0, 0
	for range 2 {
		if err := os.Truncate(log, 0); err != nil {
			t.Fatal(err)
		}
		c := withState(path, "", "")
		c.Args = []string{"-drive", "if=none,id=state,driver=blklogwrites,file.driver=file,file.filename=" + path +
			",log.driver=file,log.filename=" + log}
		g := boot(t, c, nil, crashInit(t))
		g.crash("take")
		g.dial("kill 1 2")
		vmtest.Wait(t, g.VM)
		n, m := replay(t, durable, log)
		states, entries = states+n, entries+m
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, durable) {
		t.Errorf("the log replayed gives another disk than there is: %v", err)
	}
	t.Logf("%d writes and flushes, %d states of the disk", entries, states)
	if entries < 16 || states < 1000 {
		t.Error("too few to say anything")
	}
}

// replay applies a log to durable, and checks each state of the disk on the way.
// The log is dm-log-writes' (the kernel's
// Documentation/admin-guide/device-mapper/log-writes.rst): a superblock, then
// entries of a sector with place, length and flags, and their data.
func replay(t *testing.T, durable []byte, log string) (states, entries int) {
	t.Helper()
	const sector, flagFlush, flagFUA = 512, 1, 2
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < sector || binary.LittleEndian.Uint64(b) != 0x6a736677736872 {
		t.Fatalf("%d bytes are no log", len(b))
	}
	var pending [][2]int // place in durable, place in b; of sectors
	for at := sector; at+sector <= len(b); {
		place, count := int(binary.LittleEndian.Uint64(b[at:])), int(binary.LittleEndian.Uint64(b[at+8:]))
		flags := binary.LittleEndian.Uint64(b[at+16:])
		if count == 0 && flags == 0 {
			break
		}
		entries++
		at += sector
		for n := range count {
			pending = append(pending, [2]int{(place + n) * sector, at + n*sector})
		}
		at += count * sector
		states += everyCut(t, durable, b, pending)
		if flags&(flagFlush|flagFUA) != 0 {
			for _, p := range pending {
				copy(durable[p[0]:p[0]+sector], b[p[1]:])
			}
			pending = nil
		}
	}
	return states, entries
}

// everyCut reads the area with each choice of the pending sectors; it gives how
// many there are.
func everyCut(t *testing.T, durable, b []byte, pending [][2]int) int {
	t.Helper()
	if len(pending) > 16 {
		t.Fatalf("%d sectors are written without a flush", len(pending))
	}
	choose := func(mask int) *fs.State {
		disk := bytes.Clone(durable)
		for n, p := range pending {
			if mask&(1<<n) != 0 {
				copy(disk[p[0]:p[0]+512], b[p[1]:])
			}
		}
		return readState(disk)
	}
	all := 1<<len(pending) - 1
	old, now := choose(0), choose(all)
	for mask := range all + 1 {
		is := choose(mask)
		for key := range fs.StateKey(fs.StateKeysMax) {
			got := is.Get(key)
			if !bytes.Equal(got, old.Get(key)) && !bytes.Equal(got, now.Get(key)) {
				t.Fatalf("value %d is % x with the sectors %b of %d, neither old nor new", key, got, mask, len(pending))
			}
		}
	}
	return all + 1
}

func readState(disk []byte) *fs.State {
	s := new(fs.State)
	s.Reset()
	for k := range fs.StateKey(fs.StateKeysMax) {
		for n := range fs.StateCopies {
			at := fs.StateOffset(k, n)
			s.Take(k, n, disk[at:at+fs.StateBlockBytes])
		}
	}
	return s
}

// TestLongStateWrites counts what an idle node writes in an hour of its own, which
// it gets through in minutes: the machine counts instructions, and leaps to its next
// timer while nothing is done. A day is extrapolated from it.
func TestLongStateWrites(t *testing.T) {
	const watched, day = 65 * time.Minute, 24 * time.Hour
	c := withState(stateDisk(t), "", "")
	c.Exact, c.NICs, c.Append = true, []vm.NIC{{NoPeer: true}}, []string{"mote.state=/dev/vda"} // its root is in RAM
	v := idleMachine(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	clock := func() time.Time {
		var raw map[string]int
		if err := v.Monitor.Do(ctx, "qom-get", map[string]string{"path": "/machine", "property": "rtc-time"}, &raw); err != nil {
			t.Fatal(err)
		}
		return time.Date(raw["tm_year"]+1900, time.Month(raw["tm_mon"]+1), raw["tm_mday"],
			raw["tm_hour"], raw["tm_min"], raw["tm_sec"], 0, time.UTC)
	}
	began, beganHost, before := clock(), time.Now(), blockWrites(t, ctx, v)
	for clock().Sub(began) < watched {
		time.Sleep(100 * time.Millisecond) // between two looks
		if ctx.Err() != nil {
			t.Fatalf("only %v of the machine's time passed", clock().Sub(began))
		}
	}
	passed, after := clock().Sub(began), blockWrites(t, ctx, v)
	bytesADay := float64(after.Bytes-before.Bytes) * float64(day) / float64(passed)
	t.Logf("boot: %d writes, %d bytes; idle for %v (%v here): %d writes, %d flushes, %d bytes: by that %.0f bytes a day",
		before.Writes, before.Bytes, passed, time.Since(beganHost).Round(time.Second),
		after.Writes-before.Writes, after.Flushes-before.Flushes, after.Bytes-before.Bytes, bytesADay)
	if after.Writes == before.Writes || bytesADay+float64(before.Bytes) >= 1e6 {
		t.Errorf("an idle node writes %.0f bytes a day beside %d at boot", bytesADay, before.Bytes)
	}
}

// idleMachine boots a node with one service that does nothing, and nobody to look
// into it.
func idleMachine(t *testing.T, c vm.Config) *vm.VM {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	result, err := image.Build(t.Context(), image.Spec{Unchecked: true, Init: image.Init(root, "amd64"),
		Manifest: &wire.Manifest{Node: "idle", Services: []wire.Service{behave("idle", wire.ReadyExec, "hang")}},
		Programs: []image.Program{image.TestProgram(root)}, Packing: image.Packing{Level: 1},
		Out: filepath.Join(t.TempDir(), "root.squashfs"), Keep: filepath.Join(root, "build", "programs")})
	if err != nil {
		t.Fatal(err)
	}
	c.Root, c.Kernel = result.Out, filepath.Join(root, "build", "vmlinux")
	c.Append = append(vm.MoteWords(), c.Append...)
	v := vmtest.Start(t, c)
	vmtest.WaitLine(t, v, "] ready")
	return v
}

// blockStats is what QEMU counted of the state's disk.
type blockStats struct {
	Writes  int64 `json:"wr_operations"`
	Bytes   int64 `json:"wr_bytes"`
	Flushes int64 `json:"flush_operations"`
}

func blockWrites(t *testing.T, ctx context.Context, v *vm.VM) blockStats {
	t.Helper()
	var all []struct {
		Device string
		Stats  blockStats
	}
	if err := v.Monitor.Do(ctx, "query-blockstats", nil, &all); err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Device == "state" {
			return d.Stats
		}
	}
	t.Fatalf("QEMU has no drive state: %+v", all)
	return blockStats{}
}
