package wire

// The manifest, written. Only the image builder and the tests do this: PID 1
// reads, and the linker leaves this file's code out of it.

// AppendManifest appends m in the encoding of SPEC.md. It returns b unchanged
// and a Refusal where DecodeManifest would refuse the result, or where a text is
// not UTF-8: what was written can always be read.
func AppendManifest(b []byte, m *Manifest) ([]byte, error) {
	e := Encoder{Out: b}
	e.manifest(m)
	if e.replaced {
		return b, Refusal{What: "manifest", Reason: RefusedUTF8}
	}
	if _, err := DecodeManifest(e.Out[len(b):]); err != nil {
		return b, err
	}
	return e.Out, nil
}

// manifest writes the top map: the node, then its lists.
func (e *Encoder) manifest(m *Manifest) {
	top := e.Map()
	e.textField(&top, keyManifestNode, m.Node)
	e.arrayField(&top, keyManifestUsers, len(m.Users))
	for i := range m.Users {
		e.user(&m.Users[i])
	}
	e.arrayField(&top, keyManifestLinks, len(m.Links))
	for i := range m.Links {
		e.link(&m.Links[i])
	}
	e.arrayField(&top, keyManifestServices, len(m.Services))
	for i := range m.Services {
		e.service(&m.Services[i])
	}
	e.textField(&top, keyManifestState, m.State)
	e.arrayField(&top, keyManifestAccess, len(m.Access))
	for i := range m.Access {
		e.operator(&m.Access[i])
	}
	e.arrayField(&top, keyManifestRules, len(m.LinkRules))
	for i := range m.LinkRules {
		e.linkRule(&m.LinkRules[i])
	}
	e.arrayField(&top, keyManifestTime, len(m.TimeServers))
	for i := range m.TimeServers {
		e.Bytes(m.TimeServers[i][:])
	}
	e.End(top)
}

// operator writes one entry of "access".
func (e *Encoder) operator(o *Operator) {
	m := e.Map()
	e.textField(&m, keyOperatorName, o.Name)
	if o.Key != [KeySize]byte{} {
		e.bytesField(&m, keyOperatorKey, o.Key[:])
	}
	e.End(m)
}

// user writes one entry of "users"; the ids are setresuid(2) and setresgid(2)'s.
func (e *Encoder) user(u *User) {
	m := e.Map()
	e.textField(&m, keyUserName, u.Name)
	e.uintField(&m, keyUserUID, uint64(u.UID))
	e.uintField(&m, keyUserGID, uint64(u.GID))
	e.End(m)
}

// link writes one entry of "links".
func (e *Encoder) link(l *Link) {
	m := e.Map()
	e.textField(&m, keyLinkName, l.Name)
	e.addressField(&m, keyLinkAddress, l.Address[:])
	e.uintField(&m, keyLinkPrefix, uint64(l.PrefixBits))
	e.addressField(&m, keyLinkGateway, l.Gateway[:])
	e.boolField(&m, keyLinkDHCP4, l.DHCP4)
	e.boolField(&m, keyLinkProbe, l.Probe)
	e.addressField(&m, keyLinkAddress6, l.Address6[:])
	e.uintField(&m, keyLinkPrefix6, uint64(l.Prefix6Bits))
	e.addressField(&m, keyLinkGateway6, l.Gateway6[:])
	e.boolField(&m, keyLinkRA, l.RA)
	e.End(m)
}

// linkRule writes one entry of "link-names".
func (e *Encoder) linkRule(r *LinkRule) {
	m := e.Map()
	e.textField(&m, keyLinkRuleName, r.Name)
	e.textsField(&m, keyLinkRuleMatch, r.Match)
	e.uintField(&m, keyLinkRuleOrder, uint64(r.Order))
	e.End(m)
}

// addressField writes an address that is not all zero, in network byte order.
func (e *Encoder) addressField(m *EncoderMap, key uint8, address []byte) {
	if !allZero(address) {
		e.Key(m, key)
		e.Bytes(address)
	}
}

// service writes one entry of "services": the keys are in the order of the
// struct, which is that of SPEC.md.
func (e *Encoder) service(s *Service) {
	m := e.Map()
	e.textField(&m, keyServiceName, s.Name)
	e.uintField(&m, keyServiceKind, uint64(s.Kind))
	e.textsField(&m, keyServiceExec, s.Exec)
	e.textsField(&m, keyServiceEnv, s.Env)
	e.textField(&m, keyServiceDir, s.Dir)
	e.textField(&m, keyServiceUser, s.User)
	e.textsField(&m, keyServiceCaps, s.Caps)
	e.boolField(&m, keyServiceNewPrivs, s.NewPrivs)
	e.arrayField(&m, keyServiceRlimits, len(s.Rlimits))
	for i := range s.Rlimits {
		e.rlimit(&s.Rlimits[i])
	}
	e.textsField(&m, keyServiceNeeds, s.Needs)
	e.boolField(&m, keyServiceOptional, s.Optional)
	e.uintField(&m, keyServiceReady, uint64(s.Ready))
	e.textField(&m, keyServiceReadyAddress, s.ReadyAddress)
	e.uintField(&m, keyServiceStart, uint64(s.StartMsec))
	e.uintField(&m, keyServiceRestart, uint64(s.Restart))
	e.uintField(&m, keyServiceBackoff, uint64(s.BackoffMsec))
	e.uintField(&m, keyServiceBackoffMax, uint64(s.BackoffMaxMsec))
	e.uintField(&m, keyServiceRestartsMax, uint64(s.RestartsMax))
	e.uintField(&m, keyServiceRestartsWindow, uint64(s.RestartsWindowMsec))
	e.uintField(&m, keyServiceStopSignal, uint64(s.StopSignal))
	e.uintField(&m, keyServiceStop, uint64(s.StopMsec))
	e.limitsField(&m, keyServiceLimits, &s.Limits)
	e.isolationField(&m, keyServiceIsolation, &s.Isolation)
	e.uintField(&m, keyServiceEvery, uint64(s.EveryMsec))
	e.uintField(&m, keyServicePort, uint64(s.Port))
	e.boolField(&m, keyServiceRelay, s.Relay)
	e.End(m)
}

// rlimit writes one entry of a service's "rlimits"; 2^64-1 is RLIM_INFINITY.
func (e *Encoder) rlimit(r *Rlimit) {
	m := e.Map()
	e.textField(&m, keyRlimitName, r.Name)
	e.uintField(&m, keyRlimitSoft, r.Soft)
	e.uintField(&m, keyRlimitHard, r.Hard)
	e.End(m)
}

// limitsField takes its key back where the map stayed empty.
func (e *Encoder) limitsField(outer *EncoderMap, key uint8, l *Limits) {
	before, start := *outer, len(e.Out)
	e.Key(outer, key)
	m := e.Map()
	e.uintField(&m, keyLimitsMemoryMax, l.MemoryMaxBytes)
	e.uintField(&m, keyLimitsMemoryHigh, l.MemoryHighBytes)
	e.uintField(&m, keyLimitsCPUMax, uint64(l.CPUMaxUsec))
	e.uintField(&m, keyLimitsCPUPeriod, uint64(l.CPUPeriodUsec))
	e.uintField(&m, keyLimitsCPUWeight, uint64(l.CPUWeight))
	e.uintField(&m, keyLimitsPidsMax, uint64(l.PidsMax))
	e.arrayField(&m, keyLimitsIO, len(l.IO))
	for i := range l.IO {
		e.ioLimit(&l.IO[i])
	}
	if m.count == 0 {
		*outer, e.Out = before, e.Out[:start]
		return
	}
	e.End(m)
}

// ioLimit writes one line of io.max.
func (e *Encoder) ioLimit(l *IOLimit) {
	m := e.Map()
	e.textField(&m, keyIODisk, l.Disk)
	e.uintField(&m, keyIOReadBytes, l.ReadBytesPerSec)
	e.uintField(&m, keyIOWriteBytes, l.WriteBytesPerSec)
	e.uintField(&m, keyIOReadOps, uint64(l.ReadOpsPerSec))
	e.uintField(&m, keyIOWriteOps, uint64(l.WriteOpsPerSec))
	e.End(m)
}
