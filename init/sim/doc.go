// Package sim runs PID 1's real loop (init/core, with the rooms it holds) over a
// model of Linux, under virtual time. A seed stands for one run: a manifest,
// programs of all tempers, an operator, faults. It gives one trace, byte for
// byte.
//
// What it breaks: every system call of the seams fails now and then with the
// errnos of its man page, alone or in storms; reads and writes of streams are
// short; SIGCHLD gets lost and epoll_wait is interrupted; sources are reported
// ready without cause; the kernel tells late of empty cgroups; rtnetlink and
// uevents overflow, dumps are interrupted, messages are forged; links, addresses
// cables and power buttons come and go; DHCP servers are silent, refuse, garble and
// forget, on a wire that loses, doubles and delays; the console stops. Process numbers and
// descriptors are used again at once. Programs crash, loop, can't be executed,
// never get ready, ignore signals, hang in the kernel for a while or for ever,
// go into the background, leave others behind, make orphans in masses, flood
// their output, babble to their notify socket, and say READY after their death.
//
// In TestCrashes PID 1 crashes inside system calls, and executes itself again.
//
// What it holds the loop to: rule.go. The checks look at what the loop does to
// the model, not at what it says of itself, wherever both can be had.
//
// What it does not model: memory and CPU (no program is killed for them), time
// that a turn takes (calls cost a fixed time), what a program's privileges allow,
// more than one file system, IPv6, a suspended machine, an essential mount that
// fails, an error of the timer, of the signal pipe or of the epoll set at boot
// (PID 1 can't be without them, and restarts the machine).
//
// To see a seed again:
//
//	go test ./init/sim -run TestSeeds -v -seed 17
//	go test ./init/sim -run TestCrashes -v -seed 17
//
// A long campaign: go test ./init/sim -run TestSeeds -seeds 100000 -first 5000.
package sim
