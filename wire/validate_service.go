package wire

// One service's fields. What names other services is in needs.go.

// checkService goes through the fields in the order of SPEC.md.
func (c *checker) checkService(s *Service) {
	c.name(s)
	c.program(s)
	c.rights(s)
	c.life(s)
	c.restart(s)
	c.limits(&s.Limits)
	c.isolation(s)
	c.knocked(s)
}

// knocked checks what is started by a connection, and what asks for others.
func (c *checker) knocked(s *Service) {
	switch {
	case s.Port != 0 && s.Kind != KindDaemon:
		c.add("port", "a one-shot accepts nothing", "make it a daemon")
	case s.Port != 0 && s.Restart != RestartOnFailure && s.Restart <= RestartNever:
		c.add("port", "restarts that are not for one that leaves and comes back", "use restart on-failure")
	}
	held := 0
	for i := range c.service {
		before := &c.m.Services[i]
		switch {
		case s.Port != 0 && before.Port == s.Port:
			c.add("port", Decimal(uint64(s.Port))+" is another service's", "choose another")
		case s.Relay && before.Relay:
			c.add("relay", "another service is the relay", "keep one")
		case before.Port != 0:
			held++
		}
	}
	if s.Port != 0 && held >= HeldPortsMax {
		c.add("port", "more services with a port than 4", "let the others listen by themselves")
	}
}

// name keeps names apart: from each other, and from the stage's.
func (c *checker) name(s *Service) {
	switch {
	case s.Name == StageNetwork:
		c.add("name", quote(s.Name)+" is a stage's name", "choose another")
	case !labelOK(s.Name, ServiceNameSizeMax, false):
		c.add("name", quote(s.Name)+" is no service name",
			"use 1 to 31 of a-z, 0-9 and '-', first a letter")
	}
	for i := range c.service {
		if c.m.Services[i].Name == s.Name && s.Name != "" {
			c.add("name", "service "+Decimal(uint64(i))+" has this name already",
				"the first keeps it; choose another")
			return
		}
	}
}

// program checks what is run, where, and with what environment. Whether the file
// is there and may be run is only known at its start.
func (c *checker) program(s *Service) {
	if len(s.Exec) == 0 {
		c.add("exec", "no program", "give its absolute path and its arguments")
	} else {
		c.path("exec", s.Exec[0])
		c.strings("exec", s.Exec, ArgvMax, ArgvSizeMax)
	}
	c.strings("env", s.Env, EnvMax, EnvSizeMax)
	for i, word := range s.Env {
		equals := indexByte(word, '=')
		if equals <= 0 {
			c.add("env", quote(word)+" has no name", "write NAME=value")
			continue
		}
		for _, before := range s.Env[:i] {
			if len(before) > equals && before[:equals+1] == word[:equals+1] {
				c.add("env", quote(word[:equals])+" stands twice", "keep one")
				break
			}
		}
	}
	if s.Dir != "" {
		c.path("dir", s.Dir)
	}
}

// path demands an absolute path that execve(2) and chdir(2) take as written.
func (c *checker) path(field, path string) {
	switch {
	case path == "" || path[0] != '/':
		c.add(field, quote(path)+" is a relative path", "begin it with '/'")
	case len(path) > PathSizeMax:
		c.add(field, "a path of "+Decimal(uint64(len(path)))+" bytes", "use at most 1023")
	}
}

// strings bounds what one message to the shim carries; each has a NUL behind it.
func (c *checker) strings(field string, list []string, countMax, sizeMax int) {
	size := 0
	for _, s := range list {
		size += len(s) + 1
		if indexByte(s, 0) >= 0 {
			c.add(field, quote(s)+" has a NUL byte inside", "remove it")
			return
		}
	}
	if len(list) > countMax {
		c.add(field, Decimal(uint64(len(list)))+" strings",
			"use at most "+Decimal(uint64(countMax)))
	}
	if size > sizeMax {
		c.add(field, Decimal(uint64(size))+" bytes, with a NUL each",
			"use at most "+Decimal(uint64(sizeMax)))
	}
}

// rights checks user, capabilities and resource limits.
func (c *checker) rights(s *Service) {
	if _, _, ok := c.m.Identity(s.User); !ok {
		c.add("user", "no user "+quote(s.User), "declare it under users")
	}
	for i, name := range s.Caps {
		if _, ok := CapabilityNumber(name); !ok {
			c.add("caps", "no capability "+quote(name),
				"write it as capabilities(7) does, in lower case without cap_")
		}
		if indexOf(s.Caps[:i], name) >= 0 {
			c.add("caps", quote(name)+" stands twice", "keep one")
		}
	}
	for i, r := range s.Rlimits {
		if _, ok := RlimitNumber(r.Name); !ok {
			c.add("rlimits", "no resource "+quote(r.Name),
				"write it as setrlimit(2) does, in lower case without rlimit_")
		}
		if r.Soft > r.Hard {
			c.add("rlimits", quote(r.Name)+" has a soft limit above its hard one",
				"raise the hard one or lower the soft one")
		}
		for _, before := range s.Rlimits[:i] {
			if before.Name == r.Name {
				c.add("rlimits", quote(r.Name)+" stands twice", "keep one")
				break
			}
		}
	}
}

// indexOf returns the place of s in list, or -1.
//
//go:noinline
func indexOf(list []string, s string) int {
	for i := range list {
		if list[i] == s {
			return i
		}
	}
	return -1
}

// life checks what the service is and when it is ready and stopped.
func (c *checker) life(s *Service) {
	if s.Kind != KindDaemon && s.Kind != KindOneShot {
		c.add("kind", "no kind "+Decimal(uint64(s.Kind)), "use daemon (1) or one-shot (2)")
	}
	_, _, tcpOK := ParseTCPAddress(s.ReadyAddress)
	switch {
	case s.Ready < ReadyExec || s.Ready > ReadyExit:
		c.add("ready", "no way to be ready "+Decimal(uint64(s.Ready)),
			"use exec (1), notify (2), tcp (3), unix (4) or exit (5)")
	case s.Ready == ReadyExit && s.Kind == KindDaemon:
		c.add("ready", "a daemon does not become ready by its exit",
			"use another way, or kind one-shot")
	case s.Ready == ReadyTCP && !tcpOK:
		c.add("ready-address", quote(s.ReadyAddress)+" is no TCP address",
			"write IPv4 address and port, as 127.0.0.1:1883")
	case s.Ready == ReadyUnix && (s.ReadyAddress == "" || s.ReadyAddress[0] != '/' ||
		len(s.ReadyAddress) > SocketPathSizeMax || indexByte(s.ReadyAddress, 0) >= 0):
		c.add("ready-address", quote(s.ReadyAddress)+" is no socket's path",
			"write an absolute path of at most 107 bytes")
	case s.Ready != ReadyTCP && s.Ready != ReadyUnix && s.ReadyAddress != "":
		c.add("ready-address", quote(s.ReadyAddress)+" is never asked",
			"remove it, or use ready tcp or unix")
	}
	c.most("start-msec", uint64(s.StartMsec), WaitMsecMax)
	c.most("stop-msec", uint64(s.StopMsec), WaitMsecMax)
	// SIGSTOP (19) is no way to end, and SIGCONT (18) does nothing to a program
	// that runs.
	if s.StopSignal > SignalsMax || s.StopSignal == 18 || s.StopSignal == 19 {
		c.add("stop-signal", SignalName(s.StopSignal)+" does not stop a program",
			"use a number of signal(7), as 15 for SIGTERM")
	}
}

// restart checks the policy and its figures.
func (c *checker) restart(s *Service) {
	switch {
	case s.Restart < RestartAlways || s.Restart > RestartNever:
		c.add("restart", "no policy "+Decimal(uint64(s.Restart)),
			"use always (1), on-failure (2) or never (3)")
	case s.Restart == RestartAlways && s.Kind == KindOneShot:
		c.add("restart", "a one-shot would run for ever", "use on-failure or never")
	}
	c.most("backoff-msec", uint64(s.BackoffMsec), WaitMsecMax)
	c.most("backoff-max-msec", uint64(s.BackoffMaxMsec), WaitMsecMax)
	if s.BackoffMaxMsec != 0 && s.BackoffMsec > s.BackoffMaxMsec {
		c.add("backoff-msec", "longer than backoff-max-msec", "lower it or raise that")
	}
	c.most("restarts-max", uint64(s.RestartsMax), RestartsMaxMax)
	c.most("restarts-window-msec", uint64(s.RestartsWindowMsec), WindowMsecMax)
	switch {
	case s.EveryMsec != 0 && s.Kind != KindOneShot:
		c.add("every-msec", "a daemon does not end by itself", "make it a one-shot, or leave it out")
	case s.EveryMsec != 0 && s.EveryMsec < EveryMsecMin:
		c.add("every-msec", Decimal(uint64(s.EveryMsec))+" is too little", "use at least "+Decimal(EveryMsecMin))
	}
	c.most("every-msec", uint64(s.EveryMsec), EveryMsecMax)
}

// most reports a number past its bound.
func (c *checker) most(field string, n, max uint64) {
	if n > max {
		c.add(field, Decimal(n)+" is too much", "use at most "+Decimal(max))
	}
}

// limits checks what the kernel would refuse when it is written to the cgroup:
// Documentation/admin-guide/cgroup-v2.rst, and kernel/sched/core.c for cpu.max.
func (c *checker) limits(l *Limits) {
	if l.MemoryMaxBytes != 0 && l.MemoryHighBytes > l.MemoryMaxBytes {
		c.add("limits.memory-high", "above memory-max", "lower it, or it never acts")
	}
	if l.CPUMaxUsec != 0 && l.CPUMaxUsec < CPUQuotaUsecMin {
		c.add("limits.cpu-max", Decimal(uint64(l.CPUMaxUsec))+" µs", "use at least 1000")
	}
	if p := l.CPUPeriodUsec; p != 0 && (p < CPUQuotaUsecMin || p > CPUPeriodUsecMax) {
		c.add("limits.cpu-period", Decimal(uint64(p))+" µs", "use 1000 to 1000000")
	}
	if l.CPUPeriodUsec != 0 && l.CPUMaxUsec == 0 {
		c.add("limits.cpu-period", "without cpu-max", "give both, or neither")
	}
	c.most("limits.cpu-weight", uint64(l.CPUWeight), CPUWeightMax)
	c.most("limits.pids-max", uint64(l.PidsMax), PidsMaxMax)
	for i, line := range l.IO {
		// The name goes into a path under /sys/block: one component, no dots first.
		if d := line.Disk; d == "" || len(d) > DiskNameSizeMax || d[0] == '.' || !diskNameOK(d) {
			c.add("limits.io", quote(d)+" is no disk's name", "write the kernel's, as \"vda\"")
		}
		for _, before := range l.IO[:i] {
			if before.Disk == line.Disk {
				c.add("limits.io", quote(line.Disk)+" stands twice", "keep one")
				break
			}
		}
	}
}

// diskNameOK accepts what the kernel names disks: "vda", "nvme0n1", "mmcblk0",
// "dm-0", "cciss!c0d0".
func diskNameOK(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '!' {
			return false
		}
	}
	return true
}
