package wire

// What a service's isolation asks for, checked.

// isolation checks the names, and what can't be had together.
func (c *checker) isolation(s *Service) {
	i := &s.Isolation
	for n, name := range i.Syscalls {
		if _, ok := SyscallSets(i.Syscalls[n : n+1]); !ok {
			c.named("isolation.syscalls", name, " is no set of system calls", "see ISOLATION.md for the sets")
		}
		c.once("isolation.syscalls", i.Syscalls, n)
	}
	c.most("isolation.importance", uint64(i.Importance), ImportanceMax)
	for n, name := range i.Namespaces {
		if _, ok := NamespaceFlags(i.Namespaces[n : n+1]); !ok {
			c.named("isolation.namespaces", name, " is no namespace", "use mount, ipc, uts, net, pid or user")
		}
		c.once("isolation.namespaces", i.Namespaces, n)
	}
	c.ports("isolation.tcp-bind", i.TCPBind)
	c.ports("isolation.tcp-connect", i.TCPConnect)
	c.together(s)
	c.view(i)
	c.files(i)
	for n, path := range i.Reads {
		if !viewPathOK(path, true) {
			c.named("isolation.reads", path, " is no plain absolute path", "write it without empty parts and dots")
		}
		c.once("isolation.reads", i.Reads, n)
	}
}

// ports checks numbers of ports: 0 is none.
func (c *checker) ports(field string, list []uint16) {
	for n, port := range list {
		if port == 0 {
			c.add(field, "port 0", "use 1 to 65535")
		}
		for _, before := range list[:n] {
			if before == port {
				c.named(field, Decimal(uint64(port)), " stands twice", "keep one")
				break
			}
		}
	}
}

// named tells what is wrong with one of a field's entries.
//
//go:noinline
func (c *checker) named(field, name, why, next string) { c.add(field, quote(name)+why, next) }

// once tells of an entry that stands before n already.
func (c *checker) once(field string, list []string, n int) {
	if indexOf(list[:n], list[n]) >= 0 {
		c.named(field, list[n], " stands twice", "keep one")
	}
}

// together checks what excludes each other.
func (c *checker) together(s *Service) {
	i := &s.Isolation
	sets, _ := SyscallSets(i.Syscalls)
	flags, _ := NamespaceFlags(i.Namespaces)
	uid, _, _ := c.m.Identity(s.User)
	landlock := len(i.Reads) != 0 || len(i.TCPBind) != 0 || len(i.TCPConnect) != 0
	switch {
	case s.NewPrivs && (len(i.Syscalls) != 0 || i.SyscallKill):
		c.add("isolation.syscalls", "a filter, and new-privs, which allows none", "remove one of them")
	case s.NewPrivs && landlock:
		c.add("isolation.reads", "limits, and new-privs, which allows none", "remove one of them")
	}
	if len(i.Reads) != 0 && sets>>SyscallsMount&1 != 0 {
		c.add("isolation.reads", "the system calls \"mount\", which it would not stop", "remove one of them")
	}
	if i.NodeView && (len(i.Devices) != 0 || len(i.Writable) != 0 || len(i.Reads) != 0 || flags&NamespacePID != 0) {
		c.add("isolation.node-view", "and what only a view of its own can have", "remove one of them")
	}
	switch {
	case flags&NamespaceUser != 0 && uid == 0:
		c.add("isolation.namespaces", "a user namespace of the node's root", "give it a user")
	case flags&NamespaceUser == 0 && i.InsideID != 0:
		c.add("isolation.inside-id", "without a namespace \"user\"", "declare it, or remove the id")
	}
}

// view checks devices and folders.
func (c *checker) view(i *Isolation) {
	for n, name := range i.Devices {
		if !viewPathOK("/"+name, false) || len(name) > DeviceNameSizeMax {
			c.named("isolation.devices", name, " is no name below /dev", "write it as \"ttyUSB0\"")
		}
		c.once("isolation.devices", i.Devices, n)
	}
	const field = "isolation.writable"
	for n := range i.Writable {
		w := &i.Writable[n]
		if !viewPathOK(w.Path, false) || !writableOK(w.Path) {
			c.named(field, w.Path, " can't be made writable", "use a plain absolute path outside of /proc, /sys and /dev, below /run")
		}
		if w.Shared && (w.SizeBytes != 0 || w.Sealed) {
			c.named(field, w.Path, " is shared, and has a size or a seal", "remove one of them")
		}
		c.most(field, uint64(w.Mode), 0o7777)
		for m := range i.Writable[:n] {
			if within(i.Writable[m].Path, w.Path) {
				c.named(field, w.Path, " would hide one that stands before it", "put it first, or keep one")
				break
			}
		}
	}
}

// files checks that each has one origin, and a place among the service's own.
func (c *checker) files(i *Isolation) {
	const field = "isolation.files"
	size := 0
	for n := range i.Files {
		f := &i.Files[n]
		if size += len(f.Content); size > FilesSizeMax && size-len(f.Content) <= FilesSizeMax {
			c.named(field, f.Path, " is past 32 KiB for all of them", "put large ones into the image, and give their source")
		}
		home := -1
		for m := range i.Writable {
			if within(f.Path, i.Writable[m].Path) && f.Path != i.Writable[m].Path {
				home = m
			}
		}
		switch {
		case !viewPathOK(f.Path, false) || home < 0 || i.Writable[home].Shared:
			c.named(field, f.Path, " is in no folder of its own", "declare a tmpfs for it under writable")
		case (f.Content == "") == (f.Source == ""):
			c.named(field, f.Path, " needs either content or source", "give one of them")
		case f.Source != "" && (!viewPathOK(f.Source, false) || f.Mode != 0 || f.Owner != ""):
			c.named(field, f.Source, " is shown as it is", "give its plain absolute path, and no mode or owner")
		}
		c.most(field, uint64(f.Mode), 0o777)
		if _, _, ok := c.m.Identity(f.Owner); !ok {
			c.named(field, f.Owner, " is no user", "declare it under users")
		}
		for m := range i.Files[:n] {
			if i.Files[m].Path == f.Path {
				c.named(field, f.Path, " stands twice", "keep one")
				break
			}
		}
	}
}

// viewPathOK accepts absolute paths without empty parts, dots alone and NUL, so
// that comparing them as texts is comparing them as paths. folder allows a '/'
// at the end.
func viewPathOK(path string, folder bool) bool {
	if path == "" || path[0] != '/' || indexByte(path, 0) >= 0 {
		return false
	}
	if folder && len(path) > 1 && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	if path == "/" {
		return folder
	}
	for part := path[1:]; ; {
		end := indexByte(part, '/')
		last := end < 0
		if last {
			end = len(part)
		}
		if name := part[:end]; name == "" || name == "." || name == ".." {
			return false
		}
		if last {
			return true
		}
		part = part[end+1:]
	}
}

// writableOK keeps what the view is made of, and PID 1's own, as they are.
func writableOK(path string) bool {
	if path == "/dev/shm" {
		return true
	}
	for _, kept := range [...]string{"/proc", "/sys", "/dev", "/run/mote", "/run/notify"} {
		if within(path, kept) {
			return false
		}
	}
	return path != "/run"
}

// within tells whether path is folder, or below it.
//
//go:noinline
func within(path, folder string) bool {
	return len(path) >= len(folder) && path[:len(folder)] == folder &&
		(len(path) == len(folder) || path[len(folder)] == '/')
}
