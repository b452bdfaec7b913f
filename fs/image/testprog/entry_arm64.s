#include "textflag.h"

// func entry()
//
// The kernel's start of the program: RSP points at argc, no other register has
// a meaning, and all of them may be used until Go's entry is jumped to. Offsets
// in inherited: captured 0, blocked 8, ignored 16, nofile 24 and 32, action 40.
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0-0
	MOVD $·inherited(SB), R19
	MOVD $1, R20
	MOVD R20, 0(R19)

	// rt_sigprocmask(SIG_BLOCK, NULL, &blocked, 8): only reads the mask.
	MOVD $135, R8
	MOVD $0, R0
	MOVD $0, R1
	ADD  $8, R19, R2
	MOVD $8, R3
	SVC

	// prlimit64(0, RLIMIT_NOFILE, NULL, &nofile): only reads the limit.
	MOVD $261, R8
	MOVD $0, R0
	MOVD $7, R1
	MOVD $0, R2
	ADD  $24, R19, R3
	SVC

next:
	// rt_sigaction(signal in R20, NULL, &action, 8): only reads the action.
	MOVD $134, R8
	MOVD R20, R0
	MOVD $0, R1
	ADD  $40, R19, R2
	MOVD $8, R3
	SVC
	MOVD 40(R19), R4
	CMP  $1, R4 // SIG_IGN
	BNE  after
	SUB  $1, R20, R5
	MOVD $1, R6
	LSL  R5, R6, R6
	MOVD 16(R19), R7
	ORR  R6, R7, R7
	MOVD R7, 16(R19)
after:
	ADD  $1, R20, R20
	CMP  $64, R20
	BLE  next

	B _rt0_arm64_linux(SB)
