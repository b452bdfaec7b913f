package main

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mote/wire"
)

// What weigh prints: the files of /proc that tell every process's memory, once
// at ready and once after asking PID 1 for its status once a second, a line of
// theirs a line:
//
//	weigh: ready 1 status VmRSS:	    1784 kB
//	weigh: ready 1 smaps 00400000-004e1000 r-xp 00000000 fe:00 12  /init
//	weigh: asked 1 smaps Rss:                 700 kB
//	weigh: over
//
// The words are the instant, the process and the file. Nothing is added up
// here: who reads it has more comfort. Of smaps only the head of a mapping, Rss
// and Anonymous are printed, for a kernel's console is slow; a kernel without
// CONFIG_PROC_PAGE_MONITOR has no smaps, and no line of it comes.

// secMax bounds OBSERVE_SEC: no machine shall stay for a typing error.
const secMax = 3600

// weigh prints memory at ready and after the given number of seconds.
func weigh(console int, word string) error {
	seconds, err := strconv.Atoi(word)
	if err != nil || seconds < 1 || seconds > secMax {
		return errors.New("OBSERVE_SEC=" + word + " is no number of seconds from 1 to 3600")
	}
	if err := tellProcesses(console, "ready"); err != nil {
		return err
	}
	for range seconds {
		pause := unix.NsecToTimespec(1e9)
		_ = unix.Nanosleep(&pause, nil) // shorter when a signal came: no harm
		if err := ask(controlPath, wire.VerbStatus, func([]byte) error { return nil }); err != nil {
			return err
		}
	}
	if err := tellProcesses(console, "asked"); err != nil {
		return err
	}
	return tell(console, "weigh: over\n")
}

// tellProcesses prints every process; one that ends meanwhile is left out.
func tellProcesses(console int, instant string) error {
	folders, err := readFolder("/proc")
	if err != nil {
		return err
	}
	for _, pid := range folders {
		if _, err := strconv.Atoi(pid); err != nil {
			continue
		}
		for _, file := range []string{"status", "smaps"} {
			text, err := readAll("/proc/" + pid + "/" + file)
			if err != nil {
				continue // see above, and no smaps
			}
			if err := tell(console, memoryLines("weigh: "+instant+" "+pid+" "+file+" ", text)); err != nil {
				return err
			}
		}
	}
	return nil
}

// memoryLines keeps the lines about memory, each with the head before it.
func memoryLines(head, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		key, _, _ := strings.Cut(line, ":")
		field := !strings.Contains(key, " ") && key != ""
		switch {
		case !field: // the head of a mapping
		case key == "VmFlags":
			continue
		case key == "Name", key == "Rss", key == "Anonymous":
		case strings.HasPrefix(key, "Vm"), strings.HasPrefix(key, "Rss"):
		default:
			continue
		}
		b.WriteString(head + strings.TrimRight(line, "\n") + "\n")
	}
	return b.String()
}

// tell writes whole lines in one call each, so that no other line stands in one.
func tell(console int, lines string) error {
	for line := range strings.Lines(lines) {
		if _, err := unix.Write(console, []byte(line)); err != nil {
			return errors.New("/dev/console: " + err.Error())
		}
	}
	return nil
}

// readFolder gives the names in a folder.
func readFolder(path string) ([]string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, errors.New("open " + path + ": " + err.Error())
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 8192)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			return nil, errors.New("read " + path + ": " + err.Error())
		}
		if n == 0 {
			return names, nil
		}
		_, _, names = unix.ParseDirent(buf[:n], -1, names)
	}
}

// smapsBytesMax is far past what a process of this image has: 40 mappings of
// 750 bytes.
const smapsBytesMax = 1 << 20

// readAll reads a file of /proc of any length.
func readAll(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", errors.New("open " + path + ": " + err.Error())
	}
	defer unix.Close(fd)
	var text []byte
	buf := make([]byte, 8192)
	for len(text) < smapsBytesMax {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return "", errors.New("read " + path + ": " + err.Error())
		case n == 0:
			return string(text), nil
		default:
			text = append(text, buf[:n]...)
		}
	}
	return "", errors.New("read " + path + ": it is longer than 1 MiB")
}
