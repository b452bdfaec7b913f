//go:build qemu && long

package imagecmd

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs/image/disk"
	"mote/fs/image/fat"
	"mote/fs/image/release"
)

// espAt is where the boot partition begins, and espBytes what it has.
const (
	espAt    = 1 << 20
	espBytes = 64 << 20
)

// TestQEMULongTriesPowerCut cuts power at each write that the loader and PID 1 make
// to the boot partition: within what was not flushed, each sector may have reached
// the disk or not. In every state that this leaves both slots' kernels must be there,
// whole, under one name each; and each list of names that comes of it is booted.
func TestQEMULongTriesPowerCut(t *testing.T) {
	f := newFactory(t)
	a, b := f.release(t, "2.0"), f.release(t, "1.0")
	a.Tries, b.Tries = disk.TriesMax, disk.TriesMax
	config := f.machine(t, 512, nil, a, b)
	disk := &config.Disks[0]
	before := read(t, disk.Path)
	log := filepath.Join(t.TempDir(), "writes")
	disk.WriteLog = log
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	v := vmtest.Start(t, config)
	vmtest.WaitLine(t, v, restoredText)
	if err := v.Monitor.PowerDown(t.Context()); err != nil {
		t.Fatal(err)
	}
	vmtest.Wait(t, v)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	disk.WriteLog = ""

	seen := map[string][]byte{} // a list of names to a boot partition that has it
	states := 0
	everyCut(readLog(t, log), before[espAt:espAt+espBytes], func(esp []byte) {
		states++
		names := entriesOf(t, esp, a, b)
		if seen[names] == nil {
			seen[names] = bytes.Clone(esp)
		}
	})
	var lists []string
	for names := range seen {
		lists = append(lists, names)
	}
	sort.Strings(lists)
	t.Logf("%d states, with these entries: %q", states, lists)
	for _, names := range lists {
		t.Run(names, func(t *testing.T) {
			copy(before[espAt:], seen[names])
			if err := os.WriteFile(disk.Path, before, 0o600); err != nil {
				t.Fatal(err)
			}
			v := vmtest.Start(t, config)
			vmtest.WaitLine(t, v, readyText)
			vmtest.WaitLine(t, v, restoredText)
		})
	}
}

// entriesOf lists the kernels on a boot partition, and fails the test unless each
// slot's is there once and whole.
func entriesOf(t *testing.T, esp []byte, slots ...disk.Release) string {
	t.Helper()
	volume, err := fat.Open(bytes.NewReader(esp))
	if err != nil {
		t.Fatal(err)
	}
	folder, err := volume.Find("/EFI/Linux")
	if err != nil {
		t.Fatal(err)
	}
	list, err := volume.List(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	count := make([]int, len(slots))
	for _, found := range list {
		names = append(names, found.Name)
		b, err := volume.Read(found, 16<<20)
		if err != nil {
			t.Errorf("%s: %v", found.Name, err)
		}
		for i, slot := range slots {
			if bytes.Equal(b, slot.Parts[release.KindUKI]) && strings.HasPrefix(found.Name, fmt.Sprintf("mote-%c-", 'a'+i)) {
				count[i]++
			}
		}
	}
	for i, n := range count {
		if n != 1 {
			t.Errorf("slot %c's kernel stands there %d times: %q", 'a'+i, n, names)
		}
	}
	return strings.Join(names, " ")
}

// sectorWrite is one sector of the boot partition that was written.
type sectorWrite struct {
	at   int
	data []byte
}

// everyCut calls check with each state in which a loss of power may leave esp: in
// each stretch between two flushes any of its sectors, in any order. Up to ten
// sectors all subsets are tried, of more each beginning and 200 by chance.
func everyCut(stretches [][]sectorWrite, esp []byte, check func(esp []byte)) {
	chance := rand.New(rand.NewPCG(1, 2))
	work := bytes.Clone(esp)
	for _, writes := range stretches {
		try := func(in func(i int) bool) {
			copy(work, esp)
			for i, w := range writes {
				if in(i) {
					copy(work[w.at:], w.data)
				}
			}
			check(work)
		}
		if n := len(writes); n <= 10 {
			for set := range 1 << n {
				try(func(i int) bool { return set&(1<<i) != 0 })
			}
		} else {
			for most := range n + 1 {
				try(func(i int) bool { return i < most })
			}
			for range 200 {
				try(func(int) bool { return chance.IntN(2) == 0 })
			}
		}
		for _, w := range writes {
			copy(esp[w.at:], w.data)
		}
	}
}

// readLog gives what was written to the boot partition, sector by sector, in
// stretches that end with a flush.
// Source: the kernel's drivers/md/dm-log-writes.c, struct log_write_super and
// log_write_entry; QEMU writes the same.
func readLog(t *testing.T, name string) [][]sectorWrite {
	t.Helper()
	const magic, flagFlush, flagFUA, flagDiscard = 0x6a736677736872, 1, 2, 4
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	le := binary.LittleEndian
	head := make([]byte, 512)
	if _, err := io.ReadFull(file, head); err != nil || le.Uint64(head) != magic {
		t.Fatalf("no log of writes: %v, %x", err, head[:32])
	}
	entries, sector := le.Uint64(head[16:]), int64(le.Uint32(head[24:]))
	if _, err := file.Seek(sector, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	stretches := [][]sectorWrite{nil}
	for range entries {
		entry := make([]byte, sector)
		if _, err := io.ReadFull(file, entry); err != nil {
			t.Fatal(err)
		}
		at, count, flags := int64(le.Uint64(entry))*sector, int64(le.Uint64(entry[8:])), le.Uint64(entry[16:])
		if flags&flagDiscard != 0 {
			t.Fatal("a discard, which nobody asked for")
		}
		data := make([]byte, count*sector)
		if _, err := io.ReadFull(file, data); err != nil {
			t.Fatal(err)
		}
		last := &stretches[len(stretches)-1]
		for ; len(data) > 0; at, data = at+sector, data[sector:] {
			if at >= espAt && at < espAt+espBytes {
				*last = append(*last, sectorWrite{int(at - espAt), data[:sector]})
			}
		}
		if flags&(flagFlush|flagFUA) != 0 && len(stretches[len(stretches)-1]) > 0 {
			stretches = append(stretches, nil)
		}
	}
	for i, s := range stretches {
		for _, w := range s {
			t.Logf("stretch %d: sector %d", i, w.at/512)
		}
	}
	return stretches
}
