package manifest

// Patch is the merge patch of RFC 7396 on trees: maps are merged field by field,
// a null takes a field out, and anything else (a list too) replaces what was
// there. Neither tree is changed; the result has the places of both.
func Patch(target, patch *Node) *Node {
	if patch.Kind != Map {
		return patch
	}
	out := &Node{Kind: Map, At: patch.At}
	if target != nil && target.Kind == Map {
		out.At = target.At
		out.Entries = append(out.Entries, target.Entries...)
	}
	for _, e := range patch.Entries {
		if e.Value.isNull() {
			out = out.without(e.Name)
			continue
		}
		if old := out.entry(e.Name); old != nil {
			old.Value, old.At = Patch(old.Value, e.Value), e.At
			continue
		}
		// Into nothing, so that the nulls of new maps go too.
		out.Entries = append(out.Entries, Entry{Name: e.Name, At: e.At, Value: Patch(nil, e.Value)})
	}
	return out
}
