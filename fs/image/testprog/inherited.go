package main

import "strconv"

// inherited is what the program was started with, written by entry before
// Go's runtime unblocks and installs signals, and before package syscall raises
// the limit of descriptors to its hard limit. Zero in captured means that the
// program was linked without `-E main.entry`.
var inherited struct {
	captured uint64
	// blocked and ignored have bit n-1 for signal n, as in /proc/PID/status.
	blocked, ignored uint64
	// nofileSoft and nofileHard are RLIMIT_NOFILE, see prlimit(2).
	nofileSoft, nofileHard uint64
	action                 sigaction // what rt_sigaction returned last
}

// entry is where the kernel starts the program; see entry_*.s. It ends in Go's
// own entry.
func entry()

// inheritedSignals returns the signals that were blocked and ignored, in the
// form of SigBlk and SigIgn of proc_pid_status(5).
func inheritedSignals() (blocked, ignored string) {
	if inherited.captured == 0 {
		return "unknown", "unknown"
	}
	return mask(inherited.blocked), mask(inherited.ignored)
}

// inheritedFiles returns the limit of descriptors, as rlimit.nofile.
func inheritedFiles() string {
	if inherited.captured == 0 {
		return "unknown"
	}
	return limit(inherited.nofileSoft) + " " + limit(inherited.nofileHard)
}

// mask writes 16 hexadecimal digits.
func mask(bits uint64) string {
	const digitsCount = 16
	digits := strconv.FormatUint(bits, 16)
	for len(digits) < digitsCount {
		digits = "0" + digits
	}
	return digits
}
