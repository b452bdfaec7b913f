package image

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// firmwareText is the declared list; its own beginning explains it.
//
//go:embed firmware.txt
var firmwareText string

// FirmwareFile is a row of firmware.txt.
type FirmwareFile struct {
	// Option is the kernel's, without CONFIG_; Path is below /lib/firmware.
	Option, Path string
	// Bytes are its size in a distribution, 0 where that has not got it.
	Bytes int64
	// Early: for the beginning of the initrd (package microcode), else for the root.
	Early   bool
	Licence string
}

// Firmware lists what built-in drivers ask for.
func Firmware() ([]FirmwareFile, error) {
	var all []FirmwareFile
	for line := range strings.Lines(firmwareText) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		cells := strings.Split(line, "|")
		if len(cells) != 5 || cells[3] != "root" && cells[3] != "early" {
			return nil, fmt.Errorf("image: firmware.txt: %q is no row", line)
		}
		size, err := strconv.ParseInt(cells[2], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("image: firmware.txt: %w", err)
		}
		all = append(all, FirmwareFile{cells[0], cells[1], size, cells[3] == "early", cells[4]})
	}
	return all, nil
}

// FirmwareTable puts those of the declared files that stand below a folder, such as
// /lib/firmware, into a root. What is not declared no driver asks for, and is left
// out; none at all is an error.
func FirmwareTable(folder string) (Table, error) {
	all, err := Firmware()
	if err != nil {
		return nil, err
	}
	var t Table
	made := map[string]bool{"/": true}
	var parents func(folder string)
	parents = func(folder string) {
		if made[folder] {
			return
		}
		parents(path.Dir(folder))
		made[folder] = true
		t = append(t, Entry{Path: folder, Kind: KindFolder, Mode: 0o755, Reason: "the kernel looks for firmware below it"})
	}
	for _, f := range all {
		source := filepath.Join(folder, f.Path)
		if _, err := os.Stat(source); f.Early || errors.Is(err, os.ErrNotExist) {
			continue
		}
		to := path.Join("/lib/firmware", f.Path)
		parents(path.Dir(to))
		t = append(t, Entry{Path: to, Kind: KindFile, Mode: 0o644, Source: source, Reason: f.Option + " loads it when its link is brought up"})
	}
	if t == nil {
		return nil, fmt.Errorf("image: below %s is no file that a built-in driver asks for; fs/image/firmware.txt lists them", folder)
	}
	return t, nil
}
