#include "textflag.h"

// func vforkOrphan() (pid uintptr); see orphan_amd64.s.
TEXT ·vforkOrphan(SB), NOSPLIT, $0-8
	MOVD $0x4111, R0               // CLONE_VM | CLONE_VFORK | SIGCHLD
	MOVD $0, R1
	MOVD $0, R2
	MOVD $0, R3
	MOVD $0, R4
	MOVD $220, R8                  // clone(2)
	SVC
	CBNZ R0, parent
	MOVD $0x4111, R0
	MOVD $220, R8
	SVC
	MOVD $0, R0                    // the child and the grandchild both
	MOVD $94, R8                   // exit_group(2)
	SVC
	BRK
parent:
	MOVD R0, pid+0(FP)
	RET
