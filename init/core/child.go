package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// buildService writes what the child of a service does before it becomes the
// service's program. The order matters: what needs privileges comes before
// they are given up; no_new_privs, then the filter that needs it, come last
// before exec.
func buildService(p *Program, spec *wire.Service, st *start, a *around, reportFD int32) {
	p.reset(spec.Name, st.cgroupFD, reportFD)
	// PID 1 blocks no signal, but that is a habit; here it is a promise.
	empty := p.words(0)
	p.add("unblock signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, empty, 0, 8, 0)
	p.add("setsid", unix.SYS_SETSID, 0, 0, 0, 0, 0)
	p.add("stdin", unix.SYS_DUP3, uintptr(or(st.stdin, a.nullFD)), 0, 0, 0, 0)
	p.add("stdout", unix.SYS_DUP3, uintptr(or(st.stdout, st.outputs[0])), 1, 0, 0, 0)
	p.add("stderr", unix.SYS_DUP3, uintptr(st.outputs[1]), 2, 0, 0, 0)
	p.add("umask", unix.SYS_UMASK, 0o022, 0, 0, 0, 0)
	// Go has raised PID 1's own soft limit; a service gets the kernel's, unless it
	// declares another.
	p.add("rlimit", unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, p.words(nofileSoft, nofileHard), 0, 0)
	for n := range spec.Rlimits {
		r := &spec.Rlimits[n]
		resource, _ := wire.RlimitNumber(r.Name)
		limit := p.words(r.Soft, r.Hard) // struct rlimit64
		p.add("rlimit", unix.SYS_PRLIMIT64, 0, uintptr(resource), limit, 0, 0)
	}
	buildPlace(p, st, spec, a)
	buildPrivileges(p, st, spec.Isolation.InsideID, a)
	dir := spec.Dir
	if dir == "" {
		dir = "/"
	}
	p.add("working directory", unix.SYS_CHDIR, p.str(dir), 0, 0, 0, 0)
	if !spec.NewPrivs {
		p.add("no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		buildLandlock(p, spec, st, a.landlock)
		buildFilter(p, st, spec.Isolation.SyscallKill)
	}
	p.Exec = spec.Exec[0]
	argv := p.vector(spec.Exec)
	p.add("exec", unix.SYS_EXECVE, p.str(p.Exec), argv, p.vector(st.env), 0, 0)
}

// or gives the one that is meant: a descriptor of its own, or everybody's.
func or(own, all int32) int32 {
	if own > 0 {
		return own
	}
	return all
}

// buildPrivileges gives up everything that was not declared; see
// capabilities(7), "Effect of user ID changes on capabilities".
func buildPrivileges(p *Program, st *start, insideID uint32, a *around) {
	uid := st.uid
	if st.namespaces&wire.NamespaceUser != 0 {
		// As the user it enters the namespace, which makes it the namespace's owner
		// and gives it every capability there, and there only.
		buildIdentity(p, st)
		buildUserNamespace(p, st, insideID, a)
		uid = insideID
	}
	for n := range uintptr(wire.CapsMax) {
		if st.caps&(1<<n) == 0 {
			p.add("drop a capability", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, n, 0, 0, 0)
		}
	}
	if st.namespaces&wire.NamespaceUser == 0 {
		if uid != 0 && st.caps != 0 {
			p.add("keep capabilities", unix.SYS_PRCTL, unix.PR_SET_KEEPCAPS, 1, 0, 0, 0)
		}
		buildIdentity(p, st)
	}
	if uid == 0 {
		return // exec as root gives it what the bounding set still holds
	}
	// struct __user_cap_header_struct: version 3, pid 0; then two of
	// __user_cap_data_struct: effective, permitted, inheritable.
	low, high := st.caps&(1<<32-1), st.caps>>32
	header := p.words(unix.LINUX_CAPABILITY_VERSION_3)
	sets := p.words(low|low<<32, low|high<<32, high|high<<32)
	p.add("capabilities", unix.SYS_CAPSET, header, sets, 0, 0, 0)
	for n := range uintptr(wire.CapsMax) {
		if st.caps&(1<<n) != 0 {
			p.add("ambient capability", unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, n, 0, 0)
		}
	}
}

// buildIdentity makes it its user.
func buildIdentity(p *Program, st *start) {
	p.add("supplementary groups", unix.SYS_SETGROUPS, 0, 0, 0, 0, 0)
	p.add("group", unix.SYS_SETRESGID, uintptr(st.gid), uintptr(st.gid), uintptr(st.gid), 0, 0)
	p.add("user", unix.SYS_SETRESUID, uintptr(st.uid), uintptr(st.uid), uintptr(st.uid), 0, 0)
}
