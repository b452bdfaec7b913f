package sim

import "mote/wire"

// plan is what a seed stands for. Each concern has a stream of its own, so that
// one more draw in one of them leaves the others as they were.
type plan struct {
	seed     uint64
	manifest *wire.Manifest
	// image is the manifest of the image, where that is another: manifest then has every
	// service that one is sent for.
	image   *wire.Manifest
	missing []string
	tempers []temper
	// programs is the stream from which instances draw what they do.
	programs rand
	// script overrides it, for stories.
	script func(service int, instance int) (conduct, bool)
	starts []int

	// chaosNsec is the first phase: an operator, an unquiet world, and faults.
	// Then comes a calm one, if calm says so; in it a cycle of stop and start.
	chaosNsec   int64
	calm, cycle bool
	ending      ending
	// repeat: the operator asks for the end again and again.
	repeat bool

	// faultOneIn calls fails; 0: none. They may begin with boot already, and come
	// back for the shutdown.
	faultOneIn               int
	bootFaults, endingFaults bool
	stormy                   bool

	// syncNsec is how long the kernel works on sync(2) at least, driverNsec on
	// bringing a link up at most; −1 is for ever.
	syncNsec, driverNsec int64
	processLimit         int
	// unquiet: links come and go, somebody else sets addresses.
	unquiet bool
	// lateLink is when eth0 is there.
	lateLinkNsec int64
	operations   int
	// disk is what the state area is on.
	disk diskKind
	// tight: memory runs short in the chaos.
	tight bool
	// crashedBefore: the boot before ended in a panic of the kernel.
	crashedBefore bool
	// loader is what started the node.
	loader loaderKind
	// counter is the image's security counter; 0: it has none.
	counter int64
}

// diskKind is what a node's state area is on.
type diskKind uint8

const (
	diskNone diskKind = iota // the kernel's words name none
	diskGood
	diskLate     // it comes while the node runs
	diskReadOnly // it takes no writes
	diskHung     // it never answers
	diskNever    // it never comes
	diskVanishes // it is taken away while the node runs
)

// ending is what ends a run.
type ending uint8

const (
	endTerm ending = iota
	endPower
	endInt
	endKeys // Ctrl-Alt-Del seven times
	endReboot
	endPowerOff
	endButton
	endingsCount
)

// newPlan draws a plan.
func newPlan(seed uint64) *plan {
	root := rand{state: seed * 0x9e3779b97f4a7c15}
	shape, services := root.fork(), root.fork()
	p := &plan{seed: seed, programs: root.fork()}
	p.manifest, p.missing = randomManifest(&services)
	for range p.manifest.Services {
		t := steady
		if services.percent(70) {
			t = temper(services.below(int(tempersCount)))
		}
		if services.percent(10) {
			t = sleeping // what comes of it is rare, so that it comes more often
		}
		p.tempers = append(p.tempers, t)
	}
	r := &shape
	p.chaosNsec = r.between(1*sec, pick(r, int64(5), 30, 90)*sec)
	p.calm = r.percent(70)
	p.cycle = p.calm && r.percent(40)
	p.ending = ending(r.weighted(3, 1, 3, 1, 2, 2, 1))
	p.repeat = r.percent(20)
	if r.percent(65) {
		p.faultOneIn = pick(r, 2000, 300, 60, 15)
		p.bootFaults = r.percent(25)
		p.endingFaults = r.percent(50)
		p.stormy = r.percent(40)
	}
	p.syncNsec = pick(r, 1*msec, 500*msec, 8*sec, 8*sec, -1)
	p.driverNsec = pick(r, 1*msec, 30*msec, 3*sec)
	p.processLimit = pick(r, 4096, 4096, 120)
	p.unquiet = r.percent(30)
	p.lateLinkNsec = pick(r, int64(0), 0, 0, r.between(0, 3*sec))
	p.operations = r.below(40)
	p.crashedBefore = r.percent(40)
	p.disk = diskKind(r.weighted(40, 25, 15, 8, 6, 6, 6))
	p.tight = r.percent(60)
	p.counter = pick(r, int64(0), 1, 7)
	p.loader = loaderKind(r.weighted(40, 10, 40, 5, 5))
	return p
}

// index finds a service by its name.
func (p *plan) index(name string) int {
	for i := range p.manifest.Services {
		if p.manifest.Services[i].Name == name {
			return i
		}
	}
	return -1
}

// conduct draws what the next instance of a service does.
func (p *plan) conduct(i int, spec *wire.Service) conduct {
	for len(p.starts) <= i {
		p.starts = append(p.starts, 0)
	}
	p.starts[i]++
	if p.script != nil {
		if do, ok := p.script(i, p.starts[i]); ok {
			return do
		}
	}
	return conductOf(&p.programs, p.tempers[i], spec)
}
