#include "textflag.h"

// func clone3(args *cloneArgs) (pid int)
TEXT ·clone3(SB), NOSPLIT|NOFRAME, $0-16
	MOVD args+0(FP), R0
	MOVD $88, R1                   // sizeof(struct clone_args)
	MOVD $435, R8                  // clone3(2)
	SVC
	CBZ  R0, child
	MOVD R0, pid+8(FP)
	RET
child:
	BL   ·runSteps(SB)             // its arguments are 8 bytes above SP
	BRK                            // never reached

// func codeEnd() uintptr
TEXT ·codeEnd(SB), NOSPLIT|NOFRAME, $0-8
	MOVD $runtime·etext(SB), R0
	MOVD R0, ret+0(FP)
	RET
