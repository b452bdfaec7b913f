package core

import (
	netcfg "mote/net"
	"mote/wire"
)

// Every bound of PID 1's core: what it bounds, why this number, and what
// happens at it.
const (
	// servicesMax services on a node; the manifest is refused past it. It sizes
	// every table of the loop, so that no event allocates.
	servicesMax = wire.ServicesMax
	// workersMax short-lived children of the loop at once; a further one waits
	// for the next turn.
	workersMax = 8
	// connsMax peers of the control socket at once; a further one is closed. The
	// relay's connection is one more, and has the place behind them.
	connsMax  = 4
	relayConn = connsMax
	// powerKeysMax input devices with a power key; further ones are not heard.
	powerKeysMax = 4

	// epollBatch events a turn; what is left comes with the next turn.
	epollBatch = 64
	// pidsReserve processes and threads are kept from services, or a quarter of all
	// where that is less: the kernel's own are some 60, PID 1 and its workers 20.
	pidsReserve = 256
	// drainReadsMax reads of one source a turn, so that a flooding one can't
	// hold back reaping.
	drainReadsMax = 16
	// triesMax times boot tries what it can't go on without.
	triesMax = 16
	// failuresMax takes of a source in a row that fail; then it rests until the
	// slow tick.
	failuresMax = 16
	// triesFailedMax times, in five minutes, the loader's count is tried to be restored;
	// each may write to flash. Past it this boot counts as one that failed, which three
	// in a row must be to matter.
	triesFailedMax = 30
	// reapMax children a turn, for the same reason: 20,000 orphans take 40
	// turns, and an exit among them still waits less than a millisecond.
	reapMax = 512
	// roundsMax rounds of decide and act in one turn; what is left is taken up
	// by the next turn, which then does not wait.
	roundsMax = 8
	// eventsMax events queued in a turn. Sources stop being drained when fewer
	// than eventsReserve places are left, so the queue never overflows.
	eventsMax     = 1024
	eventsReserve = 4*servicesMax + reapMax

	// stepsMax system calls of a child: a service needs about 80, 41 of them to
	// drop capabilities from the bounding set; one that declares everything some
	// 600. What a child does not use of a Program is never touched.
	stepsMax = 768
	// stackWords of a child's stack before its exec: runSteps and a system call,
	// neither of which checks it (nosplit), are held under 100 by the linker.
	stackWords = 256
	// addressesMax is past every address of a process: 4-level tables of both
	// architectures end before it.
	addressesMax = 1 << 48
	// programTextMax bytes of argv, environment and structures of a child, and
	// programPointersMax entries of argv and envp together.
	programTextMax     = wire.ArgvSizeMax + wire.EnvSizeMax + 4096 + 8*filterMax + placeTextMax
	programPointersMax = wire.ArgvMax + wire.EnvMax + 3 // two NULLs, NOTIFY_SOCKET

	// placeTextMax bytes of paths and options of what a service is given, each path
	// once for every call that takes it, and of its files.
	placeTextMax = 5*wire.WritableMax*(wire.ViewPathSizeMax+1) + 3*wire.FilesMax*(wire.ViewPathSizeMax+1) +
		wire.DevicesMax*wire.DeviceNameSizeMax*(wire.DeviceNameSizeMax+8)/2 + 2*wire.ReadsSizeMax +
		wire.FilesSizeMax + 8<<10

	// ringBytes of output kept for a service; the oldest is dropped and counted.
	ringBytes = 16 << 10
	// filesMax descriptors of PID 1: a service holds at most ten (five sources,
	// two write ends, its cgroup, and a probe and a report while it starts).
	filesMax = 1024
	// legacyFD is where PID 1 finds what it left to itself: the last number, which
	// nothing else gets, as the kernel gives the lowest that is free.
	legacyFD = filesMax - 1
	// memoryMinBytes of PID 1 are never taken back: the binary and what the kernel
	// keeps for its pipes and sockets.
	memoryMinBytes = 8 << 20
	// mapsBytesMax of PID 1's own mappings, some 20 lines, are read.
	mapsBytesMax = 8 << 10
	// watchdogsMax watchdogs are looked at for one in hardware.
	watchdogsMax = 4
	// environBytesMax and environWordsMax of PID 1's environment, which is the
	// kernel's words (its command line has at most 4,096 bytes, and 32 words of
	// environment); more is left behind when PID 1 executes itself again.
	environBytesMax = 4096
	environWordsMax = 64
	// nofileSoft and nofileHard descriptors of a service that declares none: the
	// kernel's INR_OPEN_CUR and INR_OPEN_MAX (include/uapi/linux/fs.h).
	nofileSoft = 1024
	nofileHard = 4096
	// lineMax bytes of output in a record; a longer line becomes several.
	lineMax = 1024
	// reasonMax bytes of why the kernel panicked are told; the rest is in its log.
	reasonMax = 120
	// marksMax marks of boot; later ones are counted, not kept.
	marksMax = 4*servicesMax + 32
	// consoleBytes wait for a slow console; the rest is dropped and counted.
	consoleBytes = 8 << 10
)

// Times of the loop. All are ns.
const (
	msec = int64(1e6)
	sec  = int64(1e9)

	// tickNsec is the slow tick: orphans whose signal was lost are found then.
	tickNsec = 10 * sec
	// killNsec after the kill of a cgroup a process in it counts as stuck.
	killNsec = 10 * sec
	// killRetryNsec is the wait before a kill that failed is tried again.
	killRetryNsec = 100 * msec
	// workerNsec is the deadline of a worker.
	workerNsec = 10 * sec
	// probeFirstNsec and probeMaxNsec bound the wait between two probes of a
	// socket; it grows by half each time.
	probeFirstNsec = 1 * msec
	probeMaxNsec   = 200 * msec
	// shutdownNsec is the hard limit of a shutdown: past it the machine goes
	// down whatever is left.
	shutdownNsec = 60 * sec
	// syncNsec of it are for writing and unmounting.
	syncNsec = 10 * sec
	// watchdogSec without food restart the machine: three slow ticks, so that one
	// turn held up by a clone or a stopped guest does not.
	watchdogSec = 30
	// cpuRuntimeNsec of each cpuPeriodNsec are PID 1's whatever else runs, and no more
	// once it wants more: a loop that went wild would leave the rest to the others.
	cpuRuntimeNsec = 40 * msec
	cpuPeriodNsec  = 50 * msec
	// trialNsec after its start a release on trial that is not ready is restarted. A
	// slow server of addresses or a large disk's check takes some minutes.
	trialNsec = 600 * sec
	// overdueNsec past the instant at which something was due the loop is not sound.
	overdueNsec = 5 * sec
	// crashAgainNsec after a panic another one reboots: what brings it about will
	// come again.
	crashAgainNsec = 60 * sec
	// areaHoldNsec services wait for a state area that the kernel's words name; a
	// disk that is there takes some ms. Past it they start without.
	areaHoldNsec = 1 * sec
	// areaWriteNsec is what a write costs of the budget: 240 of 4,096 bytes a day,
	// 983,040 bytes. areaBurstNsec of it may be spent at once, on 16 writes.
	areaWriteNsec = 360 * sec
	areaBurstNsec = 16 * areaWriteNsec
	// areaQuietNsec nothing is written after a device took no write.
	areaQuietNsec = 60 * sec
	// clockKeepNsec between two writes of the time: 48 a day, 196,608 bytes. By as
	// much the clock may be behind after a loss of power.
	clockKeepNsec = 1800 * sec
	// clockConstant is the kernel's PLL time constant, with which an offset is slewed
	// within some minutes at the first polls and smoothly at the last (RFC 5905's poll).
	clockConstant = 4
	// clockAheadSec past this release's time a clock is not believed, and not kept:
	// what is kept once could not be taken back. 20 years.
	clockAheadSec = 20 * 365 * 86400
	// reasonNsec PID 1 waits for the disk that keeps why it restarts the machine.
	reasonNsec = 2 * sec
	// reliefNsec between two services that are stopped for want of memory.
	reliefNsec = 5 * sec
	// shedFirstNsec until such a one is started again, doubled each time to
	// shedMaxNsec, and the first one again after shedForgetNsec without.
	shedFirstNsec  = 30 * sec
	shedMaxNsec    = 900 * sec
	shedForgetNsec = 3600 * sec
	// cadNsec: cadPresses of Ctrl-Alt-Del within it reboot at once.
	cadNsec    = 2 * sec
	cadPresses = 7
)

// shortDivisor: memory is short where less than this part of it is available.
const shortDivisor = 10

// What a zero of the manifest means.
const (
	startMsecDefault          = 30_000
	stopMsecDefault           = 10_000
	backoffMsecDefault        = 100
	backoffMaxMsecDefault     = 30_000
	restartsMaxDefault        = 30
	restartsWindowMsecDefault = 600_000
	pidsMaxDefault            = 1024
	cpuPeriodUsecDefault      = 100_000
	cpuWeightDefault          = 100 // the kernel's own
)

// A slow tick comes well within the watchdog's time.
const _ = uint(watchdogSec*sec - 2*tickNsec)

// Every service at its most, workers, peers and a reserve must fit.
const _ = uint(filesMax - 10*servicesMax - 2*workersMax - connsMax - 2 - wire.HeldPortsMax - powerKeysMax - netcfg.PacketSocketsMax - 64)

// The queue must hold what one turn can bring.
const _ = uint(eventsMax - eventsReserve - epollBatch)
