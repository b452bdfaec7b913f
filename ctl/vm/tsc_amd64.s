#include "textflag.h"

// func readTSC() uint64
//
// RDTSC leaves the counter's low half in AX and its high half in DX. It is not
// ordered with the instructions around it; the caller's tightest look is.
TEXT ·readTSC(SB), NOSPLIT, $0-8
	RDTSC
	SHLQ	$32, DX
	ORQ	DX, AX
	MOVQ	AX, ret+0(FP)
	RET
