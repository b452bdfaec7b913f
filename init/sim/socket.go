package sim

import "golang.org/x/sys/unix"

// Unix and TCP sockets of PID 1: notify sockets, the control socket with its
// peers, and connects that probe services; see unix(7) and connect(2).

// socket is one of PID 1's. What it is grows with the calls on it.
type socket struct {
	world *world
	typ   int
	path  string
	// queue holds datagrams, for a notify socket; dead ones get nothing any more.
	queue [][]byte
	dead  bool
	// accepts are peers that wait to be accepted; backlog bounds them.
	accepts []*stream
	backlog int
	// connecting: a connect is in progress; failed is how it will have ended.
	connecting, connected bool
	failed                errno
}

// notifyQueue is net.unix.max_dgram_qlen.
const notifyQueue = 10

func (s *socket) ready() uint32 {
	level := uint32(0)
	if len(s.queue) > 0 || len(s.accepts) > 0 {
		level |= epollIn
	}
	switch {
	case s.failed != 0:
		level |= epollOut | epollErr | epollHup
	case s.connected:
		level |= epollOut
	}
	return level
}

func (s *socket) read(b []byte) (int, errno) {
	if len(s.queue) == 0 {
		return 0, eAGAIN
	}
	n := copy(b, s.queue[0]) // the rest of a datagram is lost
	s.queue = s.queue[1:]
	return n, 0
}

func (s *socket) write([]byte) (int, errno) { return 0, unix.ENOTCONN }

func (s *socket) closed() {
	s.dead = true
	for _, p := range s.accepts {
		p.reset = true
	}
}

// Socket is Sys.Socket.
func (w *world) Socket(domain, typ, _ int) (int32, errno) {
	if e := w.enter("socket", callNsec); e != 0 {
		return -1, e
	}
	name := "probe"
	if domain == unix.AF_UNIX && typ == unix.SOCK_DGRAM {
		name = "notify"
	}
	return w.place(&file{name: name, ops: &socket{world: w, typ: typ}})
}

func (w *world) socket(fd int32) *socket {
	if f := w.file(fd); f != nil {
		s, _ := f.ops.(*socket)
		return s
	}
	return nil
}

// BindUnix is Sys.BindUnix.
func (w *world) BindUnix(fd int32, path string) errno {
	e := w.enter("bind", callNsec)
	s := w.socket(fd)
	switch {
	case e != 0:
		return e
	case s == nil:
		return eBADF
	case w.unix[path] != nil:
		return unix.EADDRINUSE
	}
	s.path = path
	w.unix[path] = s
	return 0
}

// Listen is Sys.Listen.
func (w *world) Listen(fd int32, backlog int) errno {
	w.enter("listen", callNsec)
	s := w.socket(fd)
	if s == nil {
		return eBADF
	}
	s.backlog = backlog
	w.file(fd).name = "listener"
	return 0
}

// Accept is Sys.Accept. A peer that left meanwhile is accepted all the same.
func (w *world) Accept(fd int32) (int32, errno) {
	e := w.enter("accept", callNsec)
	s := w.socket(fd)
	switch {
	case e != 0:
		return -1, e
	case s == nil:
		return -1, eBADF
	case len(s.accepts) == 0:
		return -1, eAGAIN
	}
	peer := s.accepts[0]
	s.accepts = s.accepts[1:]
	return w.place(&file{name: "peer", ops: peer})
}

// PeerUID is Sys.PeerUID.
func (w *world) PeerUID(fd int32) (uint32, errno) {
	w.enter("getsockopt", callNsec)
	f := w.file(fd)
	if f == nil {
		return 0, eBADF
	}
	return f.ops.(*stream).uid, 0
}

// stream is PID 1's end of a connection to its control socket. The other end is
// the operator's, who is told when something changes.
type stream struct {
	uid uint32
	// in flows to PID 1, out from it.
	in, out []byte
	// ended: the other end has sent all; reset: it is gone.
	ended, reset bool
	// over: PID 1 has closed its end.
	over    bool
	changed func()
}

// streamBytes is how much waits in a direction, as sysctl net.core.wmem_default
// gives, less its overhead.
const streamBytes = 32 << 10

func (s *stream) ready() uint32 {
	level := uint32(0)
	if len(s.in) > 0 || s.ended || s.reset {
		level |= epollIn
	}
	if len(s.out) < streamBytes {
		level |= epollOut
	}
	if s.reset {
		level |= epollHup
	}
	return level
}

func (s *stream) read(b []byte) (int, errno) {
	switch {
	case len(s.in) > 0:
		n := copy(b, s.in)
		s.in = s.in[n:]
		return n, 0
	case s.ended:
		return 0, 0
	case s.reset:
		return 0, unix.ECONNRESET
	}
	return 0, eAGAIN
}

func (s *stream) write(b []byte) (int, errno) {
	if s.reset {
		return 0, ePIPE
	}
	n := min(streamBytes-len(s.out), len(b))
	if n == 0 {
		return 0, eAGAIN
	}
	s.out = append(s.out, b[:n]...)
	s.changed()
	return n, 0
}

func (s *stream) closed() {
	s.over = true
	s.changed()
}

// listener is a service's own socket, as a probe meets it.
type listener struct {
	process *process
}

// up tells whether somebody listens.
func (l *listener) up() bool {
	return l != nil && l.process.life == running && !l.process.killed
}

// ConnectInet is Sys.ConnectInet: over the loopback the handshake is soon done,
// but never within the call.
func (w *world) ConnectInet(fd int32, _ [4]byte, port uint16) errno {
	e := w.enter("connect", callNsec)
	s := w.socket(fd)
	switch {
	case e != 0:
		return e
	case s == nil:
		return eBADF
	case !w.tcp[port].up() && w.rand.chance(2):
		return unix.ECONNREFUSED
	}
	s.connecting = true
	w.after(w.rand.between(10*usec, 500*usec), func() {
		s.connecting = false
		if w.tcp[port].up() {
			s.connected = true
		} else {
			s.failed = unix.ECONNREFUSED
		}
	})
	return unix.EINPROGRESS
}

// ConnectUnix is Sys.ConnectUnix: it is accepted or refused at once. A socket's
// name stays when its process is gone.
func (w *world) ConnectUnix(fd int32, path string) errno {
	e := w.enter("connect", callNsec)
	if e != 0 {
		return e
	}
	l, known := w.tcp[unixPort(path)]
	switch {
	case !known:
		return unix.ENOENT
	case !l.up():
		return unix.ECONNREFUSED
	case w.rand.chance(16):
		return eAGAIN // its backlog is full
	}
	return 0
}

// unixPort gives the listener's place of a path: service N has port and path N.
func unixPort(path string) uint16 {
	n := uint16(0)
	for _, c := range []byte(path) {
		if c >= '0' && c <= '9' {
			n = n*10 + uint16(c-'0')
		}
	}
	return unixPorts + n
}

// Ports of the services' sockets: those of paths stand above.
const (
	tcpPorts  = 1000
	unixPorts = 30000
)

// SocketError is Sys.SocketError.
func (w *world) SocketError(fd int32) errno {
	w.enter("getsockopt", callNsec)
	s := w.socket(fd)
	if s == nil {
		return eBADF
	}
	if s.connecting {
		w.check.broken(ruleWait, "asks how a connect ended that is in progress")
	}
	e := s.failed
	s.failed = 0
	return e
}

// sendNotify sends a datagram to a notify socket. The sender waits while ten are
// queued; it gives up when nobody reads for long.
func (w *world) sendNotify(service, text string) { w.trySend(service, text, 50) }

func (w *world) trySend(service, text string, tries int) {
	s := w.unix["/run/notify/"+service]
	switch {
	case s == nil || s.dead || tries == 0:
	case len(s.queue) >= notifyQueue:
		w.after(10*msec, func() { w.trySend(service, text, tries-1) })
	default:
		s.queue = append(s.queue, []byte(text))
	}
}
