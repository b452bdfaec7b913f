package core

import "mote/wire"

// The manifest in force across a crash of PID 1: handed over as it came, so that no
// disk is asked, with the places that the services have.

// codeForce passes it through; on reading it makes the tables of services, of which
// nothing but their descriptions is known then.
func (l *Loop) codeForce(c *coder) {
	f, m := &l.force, &l.machine
	f.newest = uint64(c.number(int64(f.newest)))
	f.try.until = c.number(f.try.until)
	l.codeHeld(c, &f.held)
	if f.try.until != 0 {
		l.codeHeld(c, &f.try.before)
	}
	if c.bad {
		return
	}
	l.manifest = f.held.manifest
	m.count = c.within(m.count, servicesMax+1)
	for i := range m.services[:m.count] {
		l.codePlace(c, i)
	}
	if c.reading {
		m.relate()
		m.call()
	}
}

// codePlace passes through who has place i.
func (l *Loop) codePlace(c *coder, i int) {
	s := &l.machine.services[i]
	var name text
	if !c.reading {
		name.set(s.spec.Name)
	}
	name.code(c)
	leaving, anew := c.flag(s.leaving), c.flag(s.next != nil)
	if !c.reading {
		return
	}
	*s = service{spec: &vacant, state: down, leaving: leaving}
	l.starts[i] = start{}
	if name.length == 0 {
		return
	}
	if n := serviceOf(l.manifest, name.String()); n >= 0 && !leaving {
		s.spec = &l.manifest.Services[n]
	} else { // how it was described is gone, but it ends as others do
		s.spec = &wire.Service{Name: name.String(), Kind: wire.KindDaemon, Ready: wire.ReadyExec, Restart: wire.RestartNever, Optional: true}
	}
	if anew {
		s.next = s.spec
	}
	l.resolveOne(i)
}

// codeHeld passes a manifest through, which may be the image's.
func (l *Loop) codeHeld(c *coder, at **held) {
	h := *at
	if c.reading {
		h = l.force.image
	}
	if !c.flag(h.sealed != nil) {
		*at = l.force.image
		return
	}
	if c.reading {
		h = &held{}
	}
	length := c.within(len(h.sealed), wire.EnvelopeSizeMax+1)
	if c.reading {
		h.sealed = make([]byte, length)
	}
	c.bytes(h.sealed)
	h.place.code(c)
	var signer text
	signer.set(h.signer)
	signer.code(c)
	if c.reading {
		h.signer = signer.String()
		c.bad = c.bad || !h.read()
	}
	*at = h
}

// read reads what was judged once, by the program before this one.
func (h *held) read() bool {
	var v wire.Envelope
	var signed wire.SignedManifest
	if wire.DecodeEnvelope(h.sealed, &v) != nil || wire.DecodeSigned(v.Signed, &signed) != nil {
		return false
	}
	var err error
	h.key, h.generation, h.bytes = v.Key, signed.Generation, signed.Manifest
	h.manifest, err = wire.DecodeManifest(h.bytes)
	return err == nil
}
