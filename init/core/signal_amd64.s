#include "textflag.h"

// Signals that the processor raises: 4 ILL, 5 TRAP, 7 BUS, 8 FPE, 11 SEGV.
#define FAULTS $0x9B0

// signalHandler(DI signal, SI *siginfo, DX *ucontext) notes the signal in
// signalsPending and wakes the loop. It runs on any thread, at any instant:
// it touches no stack and no memory but the two words named here, and it is
// done in three instructions and one system call. Linux restores every register.
TEXT ·signalHandler(SB), NOSPLIT|NOFRAME, $0
	MOVL DI, CX
	MOVQ $1, AX
	SHLQ CX, AX                    // the signal's bit
	TESTQ FAULTS, AX
	JZ   note
	CMPL 8(SI), $0                 // siginfo.si_code: above 0 it is the kernel's
	JLE  note                      // sent by a process: a wish, not a fault
	MOVQ ·goHandler(SB), AX
	JMP  AX                        // a real fault: Go makes a panic of it
note:
	LOCK
	ORQ  AX, ·signalsPending(SB)
	MOVL ·signalPipe(SB), DI
	LEAQ ·signalHandler(SB), SI    // one byte, any: the bits say the rest
	MOVL $1, DX
	MOVL $1, AX                    // write(2); a full pipe has woken us already
	SYSCALL
	RET                            // to signalRestorer

// signalRestorer ends a handler: rt_sigreturn(2).
TEXT ·signalRestorer(SB), NOSPLIT|NOFRAME, $0
	MOVL $15, AX
	SYSCALL
	INT  $3                        // never reached

// func signalAddresses() (handler, restorer uintptr)
TEXT ·signalAddresses(SB), NOSPLIT, $0-16
	LEAQ ·signalHandler(SB), AX
	MOVQ AX, handler+0(FP)
	LEAQ ·signalRestorer(SB), AX
	MOVQ AX, restorer+8(FP)
	RET

// entry is PID 1's first instruction (the linker's -E): it takes the time
// before Go's runtime starts, so that the runtime's own start is measured too.
// The kernel's registers but SP hold nothing here (the ABI's DX is 0).
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	MOVL $228, AX                  // clock_gettime(2)
	MOVL $7, DI                    // CLOCK_BOOTTIME
	LEAQ ·entryTime(SB), SI
	SYSCALL
	JMP  _rt0_amd64_linux(SB)
