package main

import "golang.org/x/sys/unix"

// archWays are those that only this architecture has.
func archWays() []way {
	return []way{
		{"iopl", calls(unix.SYS_IOPL, 3)},
		{"ioperm", calls(unix.SYS_IOPERM, 0, 1, 1)},
		{"modify_ldt", calls(unix.SYS_MODIFY_LDT)},
		{"x32's getpid", calls(0x40000000 + unix.SYS_GETPID)},
	}
}
