package sim

import "container/heap"

// Virtual time. It stands still but for two things: each system call of PID 1
// costs a little, and EpollWait jumps to the next thing on the agenda. What is
// due happens at the entry of a system call, so the world also changes between
// two calls of one turn, as it does on a machine with two processors.

// Times, in ns.
const (
	usec = int64(1e3)
	msec = int64(1e6)
	sec  = int64(1e9)

	// callNsec is what a system call costs, cloneNsec what a clone does.
	callNsec  = 1 * usec
	cloneNsec = 200 * usec
)

// happening is one thing on the agenda. order keeps those of one instant in the
// order in which they were put there.
type happening struct {
	at    int64
	order uint64
	do    func()
}

// agenda is what will happen, soonest first.
type agenda struct {
	list  []happening
	order uint64
}

func (a *agenda) Len() int { return len(a.list) }
func (a *agenda) Less(i, j int) bool {
	x, y := &a.list[i], &a.list[j]
	return x.at < y.at || x.at == y.at && x.order < y.order
}
func (a *agenda) Swap(i, j int) { a.list[i], a.list[j] = a.list[j], a.list[i] }
func (a *agenda) Push(x any)    { a.list = append(a.list, x.(happening)) }
func (a *agenda) Pop() any {
	last := a.list[len(a.list)-1]
	a.list[len(a.list)-1] = happening{}
	a.list = a.list[:len(a.list)-1]
	return last
}

// after puts something on the agenda.
func (w *world) after(wait int64, do func()) {
	w.agenda.order++
	heap.Push(&w.agenda, happening{w.now + max(wait, 0), w.agenda.order, do})
}

// runDue lets everything happen whose time has come.
func (w *world) runDue() {
	for len(w.agenda.list) > 0 && w.agenda.list[0].at <= w.now {
		heap.Pop(&w.agenda).(happening).do()
	}
}

// Now is Sys.Now.
func (w *world) Now() int64 { return w.now }

// timer is a timerfd: see timerfd_create(2).
type timer struct {
	world *world
	at    int64 // 0: disarmed
	fired bool
	set   uint64 // which setting is the present one
}

func (t *timer) ready() uint32 {
	if t.fired {
		return epollIn
	}
	return 0
}

func (t *timer) read(b []byte) (int, errno) {
	if !t.fired {
		return 0, eAGAIN
	}
	t.fired = false
	return copy(b, []byte{1, 0, 0, 0, 0, 0, 0, 0}), 0
}

func (t *timer) write([]byte) (int, errno) { return 0, eINVAL }
func (t *timer) closed()                   { t.set++ }

// TimerCreate is Sys.TimerCreate.
func (w *world) TimerCreate() (int32, errno) {
	if e := w.enter("timerfd_create", callNsec); e != 0 {
		return -1, e
	}
	return w.place(&file{name: "timer", ops: &timer{world: w}})
}

// TimerSet is Sys.TimerSet. Setting a timer takes back an expiry that was not
// read yet, and one in the past fires at once.
func (w *world) TimerSet(fd int32, at int64) errno {
	w.enter("timerfd_settime", callNsec)
	f := w.file(fd)
	if f == nil {
		return eBADF
	}
	t := f.ops.(*timer)
	t.at, t.fired = at, false
	t.set++
	if at == 0 {
		return 0
	}
	set := t.set
	w.after(at-w.now, func() {
		if t.set == set {
			t.fired = true
		}
	})
	return 0
}
