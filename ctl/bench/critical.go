package bench

import (
	"cmp"
	"slices"
)

// Critical marks the spans on the critical path and returns them from the
// beginning to ready.
//
// It goes backwards from ready: the span that ended last before an instant is
// what that instant waited for. Where the services' needs are known, only those
// count; where not, the latest end is the reason, as PID 1 starts a service in
// the very turn in which the last of its needs is there.
func Critical(b Boot, all []Span) []Span {
	var path []int
	at, services := b.ReadyNsec, needs(b.Services)
	wanted := func(Span) bool { return true }
	for {
		found := -1
		for i, s := range all {
			if s.ToNsec <= at && !slices.Contains(path, i) && wanted(s) &&
				(found < 0 || s.ToNsec >= all[found].ToNsec) {
				found = i
			}
		}
		if found < 0 {
			break
		}
		all[found].Critical = true
		path = append(path, found)
		at, wanted = all[found].FromNsec, accepts(all[found], services)
	}
	slices.Reverse(path)
	spans := make([]Span, len(path))
	for i, index := range path {
		spans[i] = all[index]
	}
	return spans
}

// needs turns the list into sets.
func needs(services []Service) map[string][]string {
	sets := map[string][]string{}
	for _, s := range services {
		sets[s.Name] = s.Needs
	}
	return sets
}

// accepts says what may stand before a span: before a stage another stage,
// before a service its needs and the stages that all services wait for.
func accepts(s Span, services map[string][]string) func(Span) bool {
	if !s.Service {
		return func(earlier Span) bool { return !earlier.Service }
	}
	known, listed := services[s.Name]
	return func(earlier Span) bool {
		switch {
		case !listed:
			return true
		case earlier.Name == stageDevice:
			return false // by way of the network
		case earlier.Service || earlier.Name == stageNetwork:
			return slices.Contains(known, earlier.Name)
		}
		return true
	}
}

// sortByTook puts the longest first, and those of one length in their order.
func sortByTook(all []Span) {
	slices.SortStableFunc(all, func(a, b Span) int { return cmp.Compare(b.tookNsec(), a.tookNsec()) })
}
