package vm

// readTSC reads the processor's time-stamp counter (RDTSC, Intel SDM volume 2).
func readTSC() uint64
