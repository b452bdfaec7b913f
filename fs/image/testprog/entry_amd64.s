#include "textflag.h"

// func entry()
//
// The kernel's start of the program: SP points at argc, no other register has a
// meaning, and all of them may be used until Go's entry is jumped to. Offsets in
// inherited: captured 0, blocked 8, ignored 16, nofile 24 and 32, action 40.
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0-0
	LEAQ ·inherited(SB), BX
	MOVQ $1, 0(BX)

	// rt_sigprocmask(SIG_BLOCK, NULL, &blocked, 8): only reads the mask.
	MOVQ $14, AX
	XORL DI, DI
	XORL SI, SI
	LEAQ 8(BX), DX
	MOVQ $8, R10
	SYSCALL

	// prlimit64(0, RLIMIT_NOFILE, NULL, &nofile): only reads the limit.
	MOVQ $302, AX
	XORL DI, DI
	MOVQ $7, SI
	XORL DX, DX
	LEAQ 24(BX), R10
	SYSCALL

	MOVQ $1, R12 // the signal
next:
	// rt_sigaction(signal, NULL, &action, 8): only reads the action.
	MOVQ $13, AX
	MOVQ R12, DI
	XORL SI, SI
	LEAQ 40(BX), DX
	MOVQ $8, R10
	SYSCALL
	CMPQ 40(BX), $1 // SIG_IGN
	JNE  after
	MOVQ R12, CX
	DECQ CX
	MOVQ $1, R13
	SHLQ CX, R13
	ORQ  R13, 16(BX)
after:
	INCQ R12
	CMPQ R12, $64
	JLE  next

	JMP _rt0_amd64_linux(SB)
