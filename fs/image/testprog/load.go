package main

import (
	"golang.org/x/sys/unix"
)

// This file has the behaviours that take something of the machine until there is no
// more of it.

// when waits until a file is there, and then behaves as the words behind it say: so
// a test chooses the time.
func when(a arguments) {
	if len(a) < 2 {
		refuse("when: no PATH and behaviour are given\n" + usage())
	}
	for unix.Access(a[0], unix.F_OK) != nil {
		sleep(20)
	}
	for _, v := range verbs() {
		if v.name == a[1] && v.name != "when" {
			v.run(a[2:])
			return
		}
	}
	refuse("when: no behaviour " + a[1] + "\n" + usage())
}

// bomb forks children that fork, each as often as it is let.
func bomb(arguments) { bombForked() }

// bombForked is bomb in parent and children: raw system calls only, see fork.
//
//go:nosplit
//go:norace
func bombForked() {
	for {
		_, _ = fork()
	}
}

// creep touches more and more memory, slowly enough for others to see it coming.
func creep(a arguments) {
	const page = 4096
	bytes, pauseMsec := a.number(0, 1), a.number(1, 1)
	for {
		b, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
		if err != nil {
			sleep(pauseMsec)
			continue
		}
		for at := 0; at < len(b); at += page {
			b[at] = 1
		}
		sleep(pauseMsec)
	}
}

// files opens files until there is no descriptor left, and keeps them.
func files(arguments) {
	for {
		if _, err := unix.Open("/dev/null", unix.O_RDONLY, 0); err != nil {
			say("files: " + unix.ErrnoName(err.(unix.Errno)) + "\n")
			wait()
		}
	}
}

// floodKernel writes to the kernel's log for ever.
func floodKernel(arguments) {
	fd, err := unix.Open("/dev/kmsg", unix.O_WRONLY, 0)
	must("open /dev/kmsg", err)
	for {
		write(fd, "<6>testprog: a line of the flood, as long as the lines of drivers are\n")
	}
}

// urgent uses a processor for ever before everything that is not real-time.
func urgent(a arguments) {
	attr := unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: uint32(a.number(0, 99))}
	must("sched_setattr", unix.SchedSetAttr(0, &attr, 0))
	for {
	}
}
