package main

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// statusKeys are the lines of /proc/self/status that are passed on from whoever
// started the program, and that Go's runtime leaves alone; see proc_pid_status(5).
// SigBlk and SigIgn are not: they come from inherited.
var statusKeys = [...]string{"Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
	"NoNewPrivs", "Seccomp"}

// rlimits are the resources of getrlimit(2), in the order of their numbers in
// <asm-generic/resource.h>, named as in wire.Rlimit.
var rlimits = [...]string{"cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as",
	"locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"}

// report prints what the program was started with, sorted within a key.
func report(arguments) {
	fds := openFiles() // first, before anything else could open one
	line := func(key, value string) { say(key + ": " + value + "\n") }
	number := func(key string, n int) { line(key, strconv.Itoa(n)) }

	status := map[string]string{}
	// Tabs and runs of blanks become one blank each.
	for l := range strings.Lines(readFile("/proc/self/status")) {
		key, value, _ := strings.Cut(l, ":")
		status[key] = strings.Join(strings.Fields(value), " ")
	}
	for _, key := range statusKeys {
		line(key, status[key])
	}
	blocked, ignored := inheritedSignals()
	line("SigBlk", blocked)
	line("SigIgn", ignored)

	// Neither can fail for the caller itself.
	session, _ := unix.Getsid(0)
	group, _ := unix.Getpgid(0)
	number("pid", unix.Getpid())
	number("ppid", unix.Getppid())
	number("pgid", group)
	number("sid", session)
	line("oom_score_adj", strings.TrimSpace(readFile("/proc/self/oom_score_adj")))
	line("rlimit.nofile", inheritedFiles())
	for i, name := range rlimits {
		if name == "nofile" {
			continue // package syscall has raised it by now
		}
		var r unix.Rlimit
		must("getrlimit", unix.Getrlimit(i, &r))
		line("rlimit."+name, limit(r.Cur)+" "+limit(r.Max))
	}
	cwd, err := unix.Getwd()
	must("getcwd", err)
	line("cwd", cwd)
	// One line with cgroup v2: "0::/path".
	line("cgroup", strings.TrimSpace(readFile("/proc/self/cgroup")))
	line("argv", strings.ReplaceAll(strings.TrimSuffix(readFile("/proc/self/cmdline"), "\x00"), "\x00", " "))
	for _, fd := range fds {
		line("fd", fd)
	}
	for _, word := range slices.Sorted(slices.Values(unix.Environ())) {
		line("env", word)
	}
	// A reader knows by this that nothing was cut off.
	line("report", "end")
}

// limit writes a limit as ulimit does.
func limit(n uint64) string {
	if n == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(n, 10)
}

// openFiles returns "number target" of every descriptor but its own, in the
// kernel's order, which is ascending.
func openFiles() []string {
	const folder = "/proc/self/fd"
	own, err := unix.Open(folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must("open "+folder, err)
	defer unix.Close(own)
	var open []string
	for buf := make([]byte, 4096); ; {
		n, err := unix.ReadDirent(own, buf)
		must("getdents "+folder, err)
		if n == 0 {
			return open
		}
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		for _, name := range names {
			if name == strconv.Itoa(own) {
				continue
			}
			target := make([]byte, unix.PathMax)
			size, err := unix.Readlink(folder+"/"+name, target)
			must("readlink "+folder+"/"+name, err)
			open = append(open, name+" "+string(target[:size]))
		}
	}
}
