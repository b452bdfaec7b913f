package wire

// Who waits for whom, as one 64-bit set a service: small enough to close the
// relation by the schoolbook way, and without recursion.

// needSet has bit i for service i.
type needSet uint64

// has tells whether service i is in the set.
func (s needSet) has(i int) bool { return s>>i&1 == 1 }

// needs reports unknown names, services that need themselves, cycles, and last
// those that need what cannot run.
func (c *checker) needs() {
	count := min(len(c.m.Services), ServicesMax)
	var direct [ServicesMax]needSet
	for i := range count {
		c.service = i
		direct[i] = c.directNeeds(i, count)
	}
	reach := direct
	for via := range count { // Warshall: paths through services 0 to via
		for i := range count {
			if reach[i].has(via) {
				reach[i] |= reach[via]
			}
		}
	}
	for i := range count {
		if reach[i].has(i) {
			c.service = i
			c.add("needs", "a cycle: "+c.cycle(i, &direct, &reach),
				"remove one of these needs")
		}
	}
	c.blocked(count, &reach)
}

// directNeeds is the set of the services that service i names.
func (c *checker) directNeeds(i, count int) (set needSet) {
	s := &c.m.Services[i]
	if len(s.Needs) > NeedsMax {
		c.add("needs", Decimal(uint64(len(s.Needs)))+" names", "use at most 16")
	}
	for k, name := range s.Needs {
		if indexOf(s.Needs[:k], name) >= 0 {
			c.add("needs", quote(name)+" stands twice", "keep one")
			continue
		}
		switch j := c.serviceIndex(name, count); {
		case name == StageNetwork:
		case name == s.Name:
			c.add("needs", "it needs itself", "remove "+quote(name))
		case j < 0:
			c.add("needs", "no service "+quote(name), "declare it, or remove the need")
		default:
			set |= 1 << j
		}
	}
	return set
}

// serviceIndex finds the first service of that name, or returns -1.
func (c *checker) serviceIndex(name string, count int) int {
	for j := range count {
		if c.m.Services[j].Name == name {
			return j
		}
	}
	return -1
}

// cycle names a shortest way from service i back to itself: "a → b → a". The
// search goes breadth first; only services that reach i are on such a way.
func (c *checker) cycle(i int, direct, reach *[ServicesMax]needSet) string {
	var cameFrom, queue [ServicesMax]int
	seen, first, last := needSet(0), 0, 0
	queue[last], last = i, 1
	for first < last {
		at := queue[first]
		first++
		if direct[at].has(i) {
			text := printable(c.m.Services[i].Name)
			for ; at != i; at = cameFrom[at] {
				text = printable(c.m.Services[at].Name) + " → " + text
			}
			return printable(c.m.Services[i].Name) + " → " + text
		}
		for next := range c.m.Services[:min(len(c.m.Services), ServicesMax)] {
			if direct[at].has(next) && reach[next].has(i) && !seen.has(next) {
				seen |= 1 << next
				cameFrom[next] = at
				queue[last] = next
				last++
			}
		}
	}
	return printable(c.m.Services[i].Name)
}

// printable is a name without its quotes.
func printable(name string) string {
	quoted := quote(name)
	return quoted[1 : len(quoted)-1]
}

// blocked reports those whose needs can never be ready because of a problem of
// another service: they would wait for ever.
func (c *checker) blocked(count int, reach *[ServicesMax]needSet) {
	unusable := Unusable(c.problems)
	for i := range count {
		if unusable[i] {
			continue
		}
		for j := range count {
			if reach[i].has(j) && unusable[j] {
				c.service = i
				c.add("needs", quote(c.m.Services[j].Name)+" cannot run", "mend that first")
				break
			}
		}
	}
}
