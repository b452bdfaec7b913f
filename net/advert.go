package netcfg

import "mote/wire"

// IPv6 by router advertisement, RFC 4861 and 4862, of links that want it. The kernel
// hears the routers, makes addresses and tries them; here stands what programs have to
// know, and what is to come back.
//
// Always true here: an address that the kernel made comes back when somebody takes it
// away, never past its end, and never after it was found to be somebody else's; a
// name server or a search list is told to programs until its end.

// advert is what a link was advertised for programs.
type advert struct {
	_     [0]func()
	names [advertNamesMax]advertName
	// duplicate was told last: the kernel tries it again with every advertisement.
	duplicate [16]byte
}

// advertName is a name server, of 16 bytes, or a search list. It is free where endNsec
// is zero.
type advertName struct {
	_       [0]func()
	kind    uint8
	text    leaseSearch
	endNsec int64
}

// advertOf finds what the link was advertised, or nil where nobody wants that; and
// whose link it is, wantNone where nobody's.
//
//go:noinline
func (n *Net) advertOf(link uint32) (a *advert, want int) {
	want = wantNone
	for i := range n.wantsCount {
		if n.bound[i] == link {
			if want = i; n.adverts[i] != nil {
				break
			}
		}
	}
	if want < wantsMax {
		a = n.adverts[want]
	}
	return a, want
}

// isAdvertised tells whether the kernel made an address of an advertisement, or we did
// when it had been taken away. The kernel's own tag (IFA_PROTO) is not on those that it
// makes in the place of a duplicate.
//
//go:noinline
func (f *AddressFact) isAdvertised() bool {
	return f.isSix() && !wire.LinkLocal(&f.Six) && f.Flags&(addrTemporary|addrPermanent) == 0 &&
		(f.Flags&addrStable != 0 || f.Protocol == ProtocolMote)
}

func (f *AddressFact) isSix() bool { return f.Six != [16]byte{} }

// usable tells whether programs may use the address already.
func (f *AddressFact) usable() bool {
	return f.Flags&addrDuplicate == 0 && (f.Flags&addrTentative == 0 || f.Flags&addrOptimistic != 0)
}

// sixIs looks at an IPv6 address that the kernel has, or has no more: gone. It is
// called before that is put into have.
func (n *Net) sixIs(f *AddressFact, gone bool) {
	a, want := n.advertOf(f.Link)
	if want == wantNone {
		return
	}
	e := n.have.address(f)
	switch {
	case f.Flags&addrDuplicate != 0:
		// RFC 4862 section 5.4.5. In the place of one that it made the kernel tries
		// another, RFC 7217 section 6.
		if a != nil && a.duplicate == f.Six || e != nil && e.fact.Flags&addrDuplicate != 0 {
			return // it is known
		}
		if a != nil {
			a.duplicate = f.Six
		}
		n.newsSix(newsDuplicate, want, f)
	case a == nil || !f.isAdvertised() || !f.usable():
	case !gone && e == nil:
		n.newsSix(newsAdvertised, want, f)
	case gone && e != nil && e.fact.PreferredSec != 0:
		for k := range n.lost {
			if l := &n.lost[k]; l.generation == 0 {
				*l = *e
				break
			}
		}
	}
}

// newsSix tells of an IPv6 address.
//
//go:noinline
func (n *Net) newsSix(kind newsKind, want int, f *AddressFact) {
	n.news.add(news{kind: kind, want: uint8(want), six: f.Six})
}

// bringBack appends what is to be done so that one lost address is there again; then
// the next.
func (n *Net) bringBack(now int64, ops []Op) []Op {
	for k := range n.lost {
		l := &n.lost[k]
		if l.generation == 0 {
			continue
		}
		op := Op{Kind: OpAddressAdd, Want: wantNone, Link: l.fact.Link, V6: true, Six: l.fact.Six, PrefixBits: l.fact.PrefixBits, ValidSec: advertSecMax}
		if l.endNsec != 0 {
			op.ValidSec = uint32(min(max((l.endNsec-advertGuardNsec-now)/nsecPerSec, 0), advertSecMax))
		}
		link := n.have.link(op.Link)
		if op.ValidSec > 0 && link != nil && link.Up && n.have.address(&l.fact) == nil {
			n.named(&op)
			return n.losing.try(&op, now, ops)
		}
		l.generation = 0 // it is back, or has ended; with its link the kernel takes all
	}
	n.losing.right()
	return ops
}

// linkFell forgets what a link was advertised: the kernel asks the routers again when
// it is up.
func (n *Net) linkFell(link uint32) {
	if a, _ := n.advertOf(link); a != nil {
		*a = advert{}
		n.resolvChanged()
	}
}

// optionsAre takes what a router advertised for programs. A search list counts as one
// name, and one that is malformed is passed over.
func (n *Net) optionsAre(link uint32, b []byte, now int64) {
	a, _ := n.advertOf(link)
	if a == nil {
		return
	}
	for {
		o, rest, ok := nextOption(b)
		if !ok {
			return
		}
		b = rest
		end := now + int64(o.lifeSec)*nsecPerSec
		switch o.lifeSec {
		case 0:
			end = 0
		case leaseForeverSec:
			end = foreverNsec
		}
		size := 16
		if o.kind == optionSearch {
			if !n.search.read(o.body) {
				continue
			}
			o.body, size = n.search.text(), max(int(n.search.size), 1)
		}
		for ; len(o.body) >= size; o.body = o.body[size:] {
			if a.take(o.kind, o.body[:size], end) {
				n.resolvChanged()
			}
		}
	}
}

// take has the end of a name moved, and reports whether it came or went. One that is
// new is left out where there is no room, or where it can be nobody's.
func (a *advert) take(kind uint8, name []byte, endNsec int64) (changed bool) {
	free := -1
	for k := range a.names {
		e := &a.names[k]
		switch {
		case e.endNsec == 0:
			if free < 0 {
				free = k
			}
		case e.kind == kind && string(e.text.text()) == string(name):
			e.endNsec = endNsec
			return endNsec == 0
		}
	}
	if free < 0 || endNsec == 0 || name[0] == 0 && name[1] == 0 || name[0] == 0xff {
		return false
	}
	e := &a.names[free]
	e.kind, e.endNsec, e.text.size = kind, endNsec, uint8(copy(e.text.bytes[:], name))
	return true
}

// endNames forgets the names that have ended.
func (n *Net) endNames(a *advert, now int64) {
	for k := range a.names {
		if e := &a.names[k]; e.endNsec != 0 && e.endNsec <= now {
			e.endNsec = 0
			n.resolvChanged()
		}
	}
}

// earlier returns the next end of a name where it is to come and before than.
func (a *advert) earlier(than, passed int64) int64 {
	for k := range a.names {
		if at := a.names[k].endNsec; at > passed && at != foreverNsec && (than == 0 || at < than) {
			than = at
		}
	}
	return than
}

// nextSix finds, from place k on, an IPv6 address of want i that programs may use and
// that reaches past the link; nil is none.
//
//go:noinline
func (n *Net) nextSix(i, k int) (f *AddressFact, next int) {
	for ; k < len(n.have.addresses); k++ {
		e := &n.have.addresses[k]
		if e.generation != 0 && e.fact.Link == n.bound[i] && e.fact.isSix() && !wire.LinkLocal(&e.fact.Six) && e.fact.usable() {
			return &e.fact, k + 1
		}
	}
	return nil, k
}
