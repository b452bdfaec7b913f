package job

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"mote/fs"
	"mote/hw"
	"mote/wire"
)

// ReleaseKey is the key of releases that the kernel's words have. Those are signed
// with the kernel: whoever changes them is refused by firmware with Secure Boot.
func ReleaseKey(words string) ([]byte, error) {
	text, found := wire.KernelWord(words, fs.KeyWordName)
	if !found {
		return nil, fmt.Errorf("scrub: the kernel's words have no %s; this is no release", fs.KeyWordName)
	}
	key, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("scrub: %s: %w", fs.KeyWordName, err)
	}
	return key, nil
}

// RootDisk opens, for reading, the disk that the root is on. Close ends it.
func RootDisk() (d Disk, close func() error, err error) {
	var files []*os.File
	close = func() error {
		var all error
		for _, f := range files {
			all = errors.Join(all, f.Close())
		}
		return all
	}
	open := func(name string) (*os.File, error) {
		f, err := os.Open("/dev/" + name)
		if err == nil {
			files = append(files, f)
		}
		return f, err
	}
	var esp string
	for i, label := range []string{fs.ESPLabel, fs.SlotALabel, fs.SlotBLabel} {
		name, err := hw.FindBeside(hw.Linux{}, fs.RootBlock, label)
		if err != nil {
			return d, close, err
		}
		if name == "" {
			if i == 0 {
				return d, close, errors.New("scrub: the root is on no disk of Mote's: there is no " + label + " beside it")
			}
			continue
		}
		f, err := open(name)
		if err != nil {
			return d, close, fmt.Errorf("scrub: %w", err)
		}
		if i == 0 {
			d.ESP, esp = f, name
		} else {
			d.Slots[i-1] = f
		}
	}
	folder, err := filepath.EvalSymlinks("/sys/class/block/" + esp)
	if err != nil {
		return d, close, fmt.Errorf("scrub: %w", err)
	}
	disk := filepath.Dir(folder) // a partition's folder lies in its disk's
	whole, err := open(filepath.Base(disk))
	if err != nil {
		return d, close, fmt.Errorf("scrub: %w", err)
	}
	d.Whole = whole
	if d.WholeBytes, err = whole.Seek(0, io.SeekEnd); err != nil {
		return d, close, fmt.Errorf("scrub: %w", err)
	}
	text, err := os.ReadFile(disk + "/queue/logical_block_size")
	if err != nil {
		return d, close, fmt.Errorf("scrub: %w", err)
	}
	d.SectorBytes, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return d, close, err
}
