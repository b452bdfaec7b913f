package sim

import (
	"fmt"
	"runtime/debug"

	"mote/init/core"
	"mote/wire"
)

// outcome is what a run came to.
type outcome struct {
	plan      *plan
	broken    violation
	trace     *trace
	counts    core.Counts
	injected  uint64
	crashes   int
	replies   uint64
	endedNsec int64
	// visits are of each cell of the table, defined ones first.
	visits map[[2]string]uint32
	cut    bool // power failed
}

// options change a run from what its seed says.
type options struct {
	table *core.Table // nil: the product's
	keep  bool        // every line of the trace
	arm   func(w *world)
	// fails, if there is one, decides alone which calls fail.
	fails func(w *world, call string) errno
	// disk has the state area, and outlives the run; nil: there is none.
	disk *disk
	// crashes is how many system calls PID 1 makes on average before it crashes
	// in one; 0: it never does.
	crashes int
}

// run lives through a plan: the real loop over the model.
func run(p *plan, o options) (out outcome) {
	w := newWorld(p, o.keep)
	out = outcome{plan: p, trace: w.trace}
	w.loop = core.New(w, w.rooms())
	if o.disk == nil {
		o.disk = p.newDisk()
	}
	if o.disk != nil {
		w.attach(o.disk)
	}
	w.fails = o.fails
	w.crash = crash{rand: rand{state: p.seed + 99}, calls: o.crashes}
	w.crash.draw()
	if o.table != nil {
		w.loop.Use(o.table)
	}
	w.loop.Observe(w.check.observed)
	if o.arm != nil {
		o.arm(w)
	} else {
		w.arm()
	}
	defer func() {
		if r := recover(); r != nil {
			v, ok := r.(violation)
			if _, cut := r.(powerCut); cut {
				out.cut = true
			} else if !ok {
				v = violation{ruleRun, fmt.Sprint("panics: ", r, "\n", string(debug.Stack()))}
			}
			out.broken = v
		}
		out.counts, out.injected, out.replies, out.endedNsec = w.loop.Counts(), w.faults.injected, w.check.replies, w.now
		out.crashes = w.crash.count
		out.visits = visits(w.loop)
	}()
	w.boot()
	for w.crash.on = true; w.live(); w.crash.on = true {
		w.adopt()
	}
	if !w.rebooted {
		w.check.broken(ruleRun, "leaves without the machine's end")
	}
	return out
}

// boot runs the loop's Boot; faults may be on for it.
func (w *world) boot() {
	w.faults.on = w.plan.bootFaults
	w.booting = true
	w.loop.Boot()
	w.booting = false
	w.faults.on = true
	// A manifest that could not be read is a node without services.
	if w.plan.image == nil {
		w.check.services = w.check.services[:w.loop.ServicesCount()]
	}
}

// arm puts the phases of the run on the agenda.
func (w *world) arm() {
	p := w.plan
	w.after(p.lateLinkNsec, func() { w.links.plug("eth0") })
	if w.rand.percent(70) {
		w.plugKey("0")
	}
	w.after(1*msec, func() { w.operate(p.operations, p.chaosNsec) })
	w.after(p.chaosNsec, func() {
		if p.calm {
			w.beginCalm()
		} else {
			w.endRun()
		}
	})
	if p.disk == diskLate {
		w.after(w.rand.between(0, p.chaosNsec), w.plugDisk)
	}
	if p.disk == diskVanishes {
		w.after(w.rand.between(0, p.chaosNsec), w.unplugDisk)
	}
	if w.rand.percent(20) { // somebody holds the console's output for a while
		w.after(w.rand.between(0, p.chaosNsec), func() { w.console.stopped = true })
		w.after(p.chaosNsec, func() { w.console.stopped = false })
	}
}

func newWorld(p *plan, keep bool) *world {
	root := rand{state: p.seed}
	w := &world{now: 300 * msec, clockNsec: 1_800_000_000 * sec, plan: p, trace: newTrace(keep), rand: root.fork(), fileLimit: 1024,
		files: map[string]*node{}, cgroups: map[string]*cgroup{}, unix: map[string]*socket{},
		tcp: map[uint16]*listener{}, doors: map[uint16]*socket{}}
	w.faults = faults{rand: root.fork(), oneIn: p.faultOneIn}
	w.operator = operator{rand: root.fork()}
	w.processes = processes{rand: root.fork(), next: 1, limit: p.processLimit}
	w.inputs.keys = map[string]*input{}
	w.console.room, w.console.byteNsec = consoleRoom, consoleByteNsec
	w.cgroups[cgroupRoot] = &cgroup{name: cgroupRoot}
	w.links.world = w
	w.lan = newLan(w, p)
	w.newTimeServers(rand{state: p.seed ^ 0x71e})
	w.router = newRouter(w, rand{state: p.seed ^ 0x60a})
	w.links.plug("lo")
	w.check.world = w
	for i := range p.manifest.Services {
		w.check.services = append(w.check.services, record{spec: &p.manifest.Services[i], wanted: true})
	}
	image := p.manifest
	if p.image != nil {
		image = p.image
	}
	text, err := wire.AppendManifest(nil, image)
	if err != nil {
		panic("sim: encode the manifest: " + err.Error())
	}
	w.files["/manifest.cbor"] = &node{text: text}
	w.files["/proc"] = &node{dir: true}
	w.files["/proc/cmdline"] = &node{text: []byte("console=ttyS0\n")}
	w.files["/proc/sys/kernel/threads-max"] = &node{text: []byte(itoa(int64(p.processLimit)) + "\n")}
	w.files["/proc/sys/kernel/pid_max"] = &node{text: []byte("32768\n")}
	w.files["/sys/class/watchdog/watchdog0/identity"] = &node{text: []byte("i6300ESB timer\n")}
	w.files["/sys/class/block/vda/dev"] = &node{text: []byte("254:0\n")}
	w.plugSettings()
	if p.tight {
		w.tighten(&w.operator.rand)
	}
	w.plugLoader(p.loader)
	if p.crashedBefore {
		w.plugPstore(&w.operator.rand)
	}
	for _, dir := range []string{"/run", "/proc", "/sys", "/dev", "/tmp"} {
		w.makeDir(dir)
	}
	for i := range p.manifest.Services {
		if exec := p.manifest.Services[i].Exec; len(exec) > 0 {
			w.files[exec[0]] = &node{}
		}
	}
	for _, path := range p.missing {
		delete(w.files, path)
	}
	w.logLine("Linux version 6.12")
	return w
}

// visits reads how often each cell was passed.
func visits(l *core.Loop) map[[2]string]uint32 {
	m := make(map[[2]string]uint32)
	for _, cell := range core.Transitions.Cells() {
		m[[2]string{cell.State, cell.Trigger}] = l.Visits(cell.State, cell.Trigger)
	}
	return m
}
