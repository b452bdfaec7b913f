// Command testprog is a service that behaves as its arguments say, well or
// badly, for the tests that boot a node in QEMU.
//
// Always true here: nothing of package os, os/signal or net is linked, and no
// timer of package time runs. They open descriptors and install signals before
// main, and what PID 1 passed on could no longer be told from what they did. For
// the same reason the runtime's two descriptors on the cgroup's cpu limit are
// off: only containermaxprocs=0 closes them before main.
//
//go:debug containermaxprocs=0
package main

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Exit statuses beside those asked for.
const (
	exitCall  = 111 // a system call failed; its name and errno are on stderr
	exitUsage = 112 // the arguments are wrong; why is on stderr
)

// verb is one behaviour.
type verb struct {
	name string
	// args are its arguments as usage prints them; those in brackets may be
	// left out.
	args string
	what string
	run  func(a arguments)
}

// verbs returns all behaviours. A function and not a variable, since run of
// "help" prints them.
func verbs() []verb {
	return []verb{
		{"abort", "", "die by SIGABRT", func(arguments) { die(unix.SIGABRT) }},
		{"bomb", "", "fork children that fork, for ever", bomb},
		{"breakout", "", "try every way out, a line each with what stopped it, exit 0", breakout},
		{"cat", "PATH...", "print files", cat},
		{"crash", "[AFTER-MSEC] [STATUS]", "exit with status 1 after a while", crash},
		{"creep", "BYTES MSEC", "touch that much more memory every so often", creep},
		{"daemonise", "", "leave a grandchild in a session of its own, exit 0", daemonise},
		{"die", "SIGNAL", "die by a signal", func(a arguments) { die(unix.Signal(a.number(0, 0))) }},
		{"eat", "BYTES", "touch that much memory, then wait", eat},
		{"exit", "STATUS", "exit at once", func(a arguments) { unix.Exit(int(a.number(0, 0))) }},
		{"files", "", "open files until there is no descriptor left, wait", files},
		{"flood", "", "write to stdout and stderr for ever", flood},
		{"flood-kernel", "", "write to the kernel's log for ever", floodKernel},
		{"forks", "N", "fork N children that wait, say how many there were, wait", forks},
		{"hang", "", "wait for ever", func(arguments) { wait() }},
		{"help", "", "print this", func(arguments) { say(usage()) }},
		{"ignore-term", "", "ignore SIGTERM, tell READY=1, wait", ignoreTerm},
		{"listen", "ADDRESS", "accept TCP connections and close them", listen},
		{"log", "N BYTES", "print N numbered lines of so many bytes, exit 0", logLines},
		{"never-ready", "", "wait without telling READY=1", func(arguments) { wait() }},
		{"notify", "[DELAY-MSEC] [LINE...]", "tell the lines and READY=1 after a while, wait", notify},
		{"orphans", "N", "leave N grandchildren that exit, exit 0", orphans},
		{"printenv", "", "print the environment", printenv},
		{"report", "", "print what was passed on, as key: value lines", report},
		{"spin", "", "use a processor for ever", spin},
		{"unix", "PATH", "accept connections on a Unix socket and close them", listenUnix},
		{"urgent", "[PRIORITY]", "use a processor for ever at a real-time priority", urgent},
		{"when", "PATH VERB...", "wait until a file is there, then behave so", when},
	}
}

// main runs one verb. A verb that returns has ended well.
func main() {
	// The arguments come from the kernel: os.Args is package os's.
	argv := strings.Split(strings.TrimSuffix(readFile("/proc/self/cmdline"), "\x00"), "\x00")
	if len(argv) < 2 {
		refuse("no behaviour is given\n" + usage())
	}
	for _, v := range verbs() {
		if v.name == argv[1] {
			v.run(arguments(argv[2:]))
			unix.Exit(0)
		}
	}
	refuse("no behaviour " + strconv.Quote(argv[1]) + "\n" + usage())
}

// usage returns a line a verb.
func usage() string {
	var b strings.Builder
	for _, v := range verbs() {
		b.WriteString("testprog " + v.name + " " + v.args + "\n\t" + v.what + "\n")
	}
	return b.String()
}

// arguments are what stands after the verb.
type arguments []string

// text returns argument i, and refuses to run when it is missing.
func (a arguments) text(i int) string {
	if i >= len(a) {
		refuse("argument " + strconv.Itoa(i+1) + " is missing; see testprog help")
	}
	return a[i]
}

// number returns argument i, or missing when there is none.
func (a arguments) number(i int, missing uint64) uint64 {
	if i >= len(a) {
		return missing
	}
	n, err := strconv.ParseUint(a[i], 10, 64)
	if err != nil {
		refuse(strconv.Quote(a[i]) + " is no decimal number")
	}
	return n
}

// refuse says what is wrong with the arguments and ends the program.
func refuse(why string) {
	write(unix.Stderr, "testprog: "+why+"\n")
	unix.Exit(exitUsage)
}

// must ends the program when a system call failed, saying which.
func must(call string, err error) {
	if err != nil {
		write(unix.Stderr, "testprog: "+call+": "+err.Error()+"\n")
		unix.Exit(exitCall)
	}
}
