package core

import "golang.org/x/sys/unix"

// auditArch is AUDIT_ARCH_AARCH64 of include/uapi/linux/audit.h.
const auditArch = unix.AUDIT_ARCH_AARCH64

// filesOld has the one call that is named otherwise here.
var filesOld = [...]uint16{unix.SYS_FSTATAT}

// archCalls gives what this architecture adds to set n.
func archCalls(n int) []uint16 {
	if n == 1 {
		return filesOld[:]
	}
	return nil
}

// stackArgs is how many words lie between SP and the arguments, where runSteps
// is called: the first word is for the link register.
const stackArgs = 1
