package netcfg

// Inherit takes over what another Net had leased, known and counted, which is not to be
// used any more: n wants what it did no longer. It is called once, before Decide.
func (n *Net) Inherit(from *Net, now int64) {
	n.Malformed, n.Forged, n.Resyncs = from.Malformed, from.Forged, from.Resyncs
	n.hints, n.hintsCount, n.hintsNew = from.hints, from.hintsCount, from.hintsNew
	n.secret, n.secretKnown = from.secret, from.secretKnown
	for i := range n.wantsCount {
		for k := range from.wantsCount {
			if from.wants[k].Name == n.wants[i].Name && from.clients[k] != nil {
				n.RestoreLease(i, from.AppendLease(nil, k), now)
			}
		}
	}
	n.resolvChanged() // what stands there may be of a lease that is gone
}
