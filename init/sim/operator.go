package sim

import "mote/wire"

// The operator, and the rest of the world that acts upon the machine.

type operator struct {
	rand  rand
	count uint32
}

// operate does something random, again and again until the calm.
func (w *world) operate(left int, until int64) {
	o := &w.operator
	if left == 0 || w.now >= until {
		return
	}
	switch o.rand.weighted(10, 3, 2, 2, 1) {
	case 0:
		w.ask()
	case 1:
		w.disturbControl()
	case 2:
		if w.plan.unquiet {
			w.disturbLinks()
		}
	case 3:
		w.disturbInputs()
	case 4:
		w.raise(pick(&o.rand, uint8(1), 10, 12, sigCHLD))
	}
	if w.plan.stormy && o.rand.chance(3) {
		w.beginStorm()
	}
	w.after(o.rand.between(1*msec, 2*w.plan.chaosNsec/int64(w.plan.operations+1)), func() { w.operate(left-1, until) })
}

// ask sends one to three requests over one connection, as a client does.
func (w *world) ask() {
	r := &w.operator.rand
	p := &peer{readNsec: pick(r, 0, 1*msec, 2*sec), strict: false}
	for range 1 + r.below(3) {
		verb := wire.Verb(1 + r.weighted(3, 1, 2, 1, 4, 4, 4))
		if r.chance(20) {
			verb = wire.VerbPrevious
		}
		name := "nobody"
		if count := len(w.plan.manifest.Services); count > 0 && !r.chance(20) {
			name = w.plan.manifest.Services[r.below(count)].Name
		}
		b, id := w.operator.frame(verb, name)
		w.trace.line(w.now, "~ operator asks: "+verb.String()+" "+name)
		p.awaits = append(p.awaits, id)
		if cut := r.below(len(b)); r.chance(3) {
			p.pieces = append(p.pieces, b[:cut], b[cut:])
		} else {
			p.pieces = append(p.pieces, b)
		}
	}
	w.knock(p, 0)
}

// disturbControl is what nobody should do to a control socket.
func (w *world) disturbControl() {
	r := &w.operator.rand
	b, id := w.operator.frame(wire.VerbStatus, "")
	p := &peer{readNsec: pick(r, 0, 10*sec)}
	uid := uint32(0)
	switch r.below(5) {
	case 0: // half a request, and no more of it
		p.pieces = [][]byte{b[:r.below(len(b))]}
	case 1: // not our protocol
		p.pieces = [][]byte{[]byte("GET / HTTP/1.1\r\n\r\n")}
	case 2: // a frame of garbage
		p.pieces = [][]byte{{0, 0, 0, 3, 0xff, 0x00, 0x61}}
	case 3: // a user who may not
		p.pieces, uid = [][]byte{b}, 1000
	case 4: // many at once, never read
		for range 20 {
			p.pieces = append(p.pieces, b)
			p.awaits = append(p.awaits, id)
		}
		p.readNsec = 20 * sec
	}
	if w.knock(p, uid) {
		w.after(r.between(1*msec, 5*sec), func() {
			if !p.closed {
				p.leave()
			}
		})
	}
}

// disturbLinks: drivers, cables and other programs.
func (w *world) disturbLinks() {
	r, t := &w.operator.rand, &w.links
	switch r.below(7) {
	case 6:
		if l := t.came("eth0"); l != nil {
			w.trace.line(w.now, "~ the cable of eth0 is loose")
			w.flap(l, 1+r.below(20))
		}
	case 0:
		w.trace.line(w.now, "~ eth0 goes away")
		t.unplug("eth0")
		w.after(r.between(1*msec, 2*sec), func() { t.plug("eth0") })
	case 1:
		if l := t.came(pick(r, "eth0", "lo")); l != nil {
			w.trace.line(w.now, "~ "+l.name+" goes down")
			t.set(l, false)
		}
	case 2:
		if len(t.addresses) > 0 {
			w.trace.line(w.now, "~ an address is taken away")
			t.dropAddress(r.below(len(t.addresses)))
		}
	case 3:
		if l := t.came("eth0"); l != nil {
			t.addAddress(address{link: l.index, ip: [4]byte{10, 0, 2, byte(100 + r.below(50))}, bits: 24}, false)
		}
	case 4:
		if len(t.routes) > 0 {
			w.trace.line(w.now, "~ the route is taken away")
			t.dropRoute(t.routes[0])
		}
	case 5:
		t.plug("veth" + itoa(int64(r.below(3))))
	}
}

// flap pulls a cable and puts it back, ten times a second.
func (w *world) flap(l *link, times int) {
	w.links.plugCable(l, times%2 == 1)
	if times > 0 {
		w.after(50*msec, func() { w.flap(l, times-1) })
	}
}

// disturbInputs: buttons come and go, and somebody forges messages.
func (w *world) disturbInputs() {
	r := &w.operator.rand
	switch r.below(4) {
	case 0:
		w.plugKey(itoa(int64(r.below(3))))
	case 1:
		w.unplugKey(itoa(int64(r.below(3))))
	case 2:
		w.sendUevent("add@/devices/x\x00ACTION=add\x00DEVPATH=/devices/x\x00SUBSYSTEM=input\x00SEQNUM=1\x00", false)
	case 3:
		w.sendUevent(pick(r, "", "add@", "add@/../x\x00", "\xff\x00"), true)
	}
}

// wishAll asks the same for each service, one after the other and as often as it
// takes: an operator who means it.
func (w *world) wishAll(verb wire.Verb, from int) {
	if from >= len(w.plan.manifest.Services) {
		return
	}
	b, id := w.operator.frame(verb, w.plan.manifest.Services[from].Name)
	again := func() { w.after(20*msec, func() { w.wishAll(verb, from) }) }
	p := &peer{pieces: [][]byte{b}, awaits: []uint32{id}, strict: true, failed: again,
		done: func(*wire.Reply) { w.wishAll(verb, from+1) }}
	if !w.knock(p, 0) {
		again()
	}
}

// endRun asks for the end of the run, in the plan's way.
func (w *world) endRun() {
	w.trace.line(w.now, "* shutdown")
	w.faults.on = w.plan.endingFaults
	w.askEnd()
	w.after(3*sec, func() {
		if w.loop.Counts().Goal == "none" {
			w.raise(sigTERM) // who is not heard takes the sure way
		}
	})
}

func (w *world) askEnd() {
	switch w.plan.ending {
	case endTerm:
		w.raise(sigTERM)
	case endPower:
		w.raise(sigPWR)
	case endInt:
		w.raise(sigINT)
	case endKeys:
		for n := range int64(7) {
			w.after(n*100*msec, func() { w.raise(sigINT) })
		}
	case endReboot, endPowerOff:
		verb := wire.VerbReboot
		if w.plan.ending == endPowerOff {
			verb = wire.VerbPowerOff
		}
		b, id := w.operator.frame(verb, "")
		w.knock(&peer{pieces: [][]byte{b}, awaits: []uint32{id}}, 0)
	case endButton:
		w.pressKey("0")
	}
	if w.plan.repeat {
		w.after(w.operator.rand.between(1*msec, 10*sec), w.askEnd)
	}
}
