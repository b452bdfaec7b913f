#include "textflag.h"

// Signals that the processor raises: 4 ILL, 5 TRAP, 7 BUS, 8 FPE, 11 SEGV.
#define FAULTS $0x9B0

// signalHandler(R0 signal, R1 *siginfo, R2 *ucontext); see signal_amd64.s.
TEXT ·signalHandler(SB), NOSPLIT|NOFRAME, $0
	MOVD $1, R9
	LSL  R0, R9, R9                // the signal's bit
	MOVD FAULTS, R10
	TST  R10, R9
	BEQ  note
	MOVW 8(R1), R11                // siginfo.si_code: above 0 it is the kernel's
	CMPW $0, R11
	BLE  note
	MOVD ·goHandler(SB), R11
	JMP  (R11)                     // a real fault: Go makes a panic of it
note:
	MOVD $·signalsPending(SB), R12
again:
	LDAXR (R12), R11
	ORR   R9, R11, R11
	STLXR R11, (R12), R13
	CBNZ  R13, again
	MOVW ·signalPipe(SB), R0
	MOVD $·signalsPending(SB), R1  // one byte, any: the bits say the rest
	MOVD $1, R2
	MOVD $64, R8                   // write(2); a full pipe has woken us already
	SVC
	RET                            // to the kernel's own restorer

// func signalAddresses() (handler, restorer uintptr)
// arm64 needs no restorer: the kernel returns through its vDSO.
TEXT ·signalAddresses(SB), NOSPLIT, $0-16
	MOVD $·signalHandler(SB), R0
	MOVD R0, handler+0(FP)
	MOVD ZR, restorer+8(FP)
	RET

// entry is PID 1's first instruction (the linker's -E); see signal_amd64.s.
TEXT ·entry(SB), NOSPLIT|NOFRAME, $0
	MOVD $7, R0                    // CLOCK_BOOTTIME
	MOVD $·entryTime(SB), R1
	MOVD $113, R8                  // clock_gettime(2)
	SVC
	JMP  _rt0_arm64_linux(SB)
