package netcfg

// What the kernel has, as far as it is any of our business: tables of fixed
// size, set by messages, swept after each dump.
//
// Always true here: an entry with an older generation than have.generation was
// not heard of since the resync began, and goes when its dump is done.

type have struct {
	_          [0]func() // never compared: the compiler would write how
	generation uint32
	links      [linksMax]linkEntry
	addresses  [addressesMax]addressEntry
	routes     [routesMax]routeEntry
	// dropped counts facts that found no room.
	dropped uint64
}

// An entry is free where its generation is zero.
type linkEntry struct {
	_          [0]func()
	generation uint32
	fact       LinkFact
	card       card
}

type addressEntry struct {
	_          [0]func()
	generation uint32
	fact       AddressFact
	// endNsec is when the kernel takes it away, zero for never.
	endNsec int64
}

type routeEntry struct {
	_          [0]func()
	generation uint32
	fact       RouteFact
}

// link finds a link by its index, or returns nil.
//
//go:noinline
func (h *have) link(index uint32) *LinkFact {
	for i := range h.links {
		if e := &h.links[i]; e.generation != 0 && e.fact.Index == index {
			return &e.fact
		}
	}
	return nil
}

// setLink keeps f where the link is known, or worth a place.
func (h *have) setLink(f *LinkFact, worth bool) {
	var free *linkEntry
	for i := range h.links {
		e := &h.links[i]
		switch {
		case e.generation == 0:
			if free == nil {
				free = e
			}
		case e.fact.Index == f.Index:
			e.generation, e.fact = h.generation, *f
			return
		}
	}
	if !worth {
		return
	}
	if free == nil {
		h.dropped++
		return
	}
	*free = linkEntry{generation: h.generation, fact: *f}
}

// dropLink forgets a link and all that was on it.
func (h *have) dropLink(index uint32) {
	for i := range h.links {
		if h.links[i].fact.Index == index {
			h.links[i] = linkEntry{}
		}
	}
	for i := range h.addresses {
		if h.addresses[i].fact.Link == index {
			h.addresses[i] = addressEntry{}
		}
	}
	for i := range h.routes {
		if h.routes[i].fact.Link == index {
			h.routes[i] = routeEntry{}
		}
	}
}

// same compares what the kernel tells addresses of a link apart by.
//
//go:noinline
func (a *AddressFact) same(b *AddressFact) bool {
	return a.Link == b.Link && a.Address == b.Address && a.Six == b.Six && a.PrefixBits == b.PrefixBits
}

// setAddress keeps f, in the place of what it replaces or in a free one.
func (h *have) setAddress(f *AddressFact, now int64) {
	var free *addressEntry
	endNsec := int64(0)
	if f.ValidSec != 0 && f.ValidSec != leaseForeverSec {
		endNsec = now + int64(f.ValidSec)*nsecPerSec
	}
	for i := range h.addresses {
		e := &h.addresses[i]
		switch {
		case e.generation == 0:
			if free == nil {
				free = e
			}
		case e.fact.same(f):
			*e = addressEntry{generation: h.generation, fact: *f, endNsec: endNsec}
			return
		}
	}
	if free == nil {
		h.dropped++
		return
	}
	*free = addressEntry{generation: h.generation, fact: *f, endNsec: endNsec}
}

// address finds an address, or returns nil.
//
//go:noinline
func (h *have) address(f *AddressFact) *addressEntry {
	for i := range h.addresses {
		if e := &h.addresses[i]; e.generation != 0 && e.fact.same(f) {
			return e
		}
	}
	return nil
}

// dropAddress forgets f, whoever set it.
func (h *have) dropAddress(f *AddressFact) {
	for i := range h.addresses {
		if h.addresses[i].fact.same(f) {
			h.addresses[i] = addressEntry{}
		}
	}
}

// setRoute keeps f. Routes that differ in anything are different routes.
func (h *have) setRoute(f *RouteFact) {
	var free *routeEntry
	for i := range h.routes {
		e := &h.routes[i]
		switch {
		case e.generation == 0:
			if free == nil {
				free = e
			}
		case e.fact == *f:
			e.generation = h.generation
			return
		}
	}
	if free == nil {
		h.dropped++
		return
	}
	*free = routeEntry{generation: h.generation, fact: *f}
}

// dropRoute forgets exactly f.
func (h *have) dropRoute(f *RouteFact) {
	for i := range h.routes {
		if h.routes[i].generation != 0 && h.routes[i].fact == *f {
			h.routes[i] = routeEntry{}
		}
	}
}

// anyRoute tells whether there is a default route at all, of IPv4.
func (h *have) anyRoute() bool {
	for i := range h.routes {
		if h.routes[i].generation != 0 && !h.routes[i].fact.V6 {
			return true
		}
	}
	return false
}

// sweep forgets what the dump of the given stage did not mention.
func (h *have) sweep(stage syncStage) {
	switch stage {
	case syncLinks:
		for i := range h.links {
			if e := &h.links[i]; e.generation != 0 && e.generation != h.generation {
				h.dropLink(e.fact.Index)
			}
		}
	case syncAddresses:
		for i := range h.addresses {
			if h.addresses[i].generation != h.generation {
				h.addresses[i] = addressEntry{}
			}
		}
	case syncRoutes:
		for i := range h.routes {
			if h.routes[i].generation != h.generation {
				h.routes[i] = routeEntry{}
			}
		}
	}
}
