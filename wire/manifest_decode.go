package wire

import "math"

// The manifest, read. What is refused here makes the whole manifest unreadable:
// its form. What a service asks for wrongly is left to Validate, so that the
// other services run on.

// DecodeManifest reads b whole, or refuses it with a Refusal. The result keeps
// nothing of b.
func DecodeManifest(b []byte) (*Manifest, error) {
	d := NewDecoder(b, "manifest")
	if len(b) > ManifestSizeMax {
		d.refuse(RefusedSize, ManifestSizeMax)
		return nil, d.Refusal()
	}
	m := new(Manifest)
	d.manifest(m)
	if err := d.End(); err != nil {
		return nil, err
	}
	return m, nil
}

// manifest reads the top map. Each list names its part, so that a refusal says
// which entry it is about.
func (d *Decoder) manifest(m *Manifest) {
	for top := d.Map(); d.Next(&top); d.part("", 0) {
		switch top.Key {
		case keyManifestNode:
			d.field("node")
			m.Node = d.textField(NodeNameSizeMax)
		case keyManifestUsers:
			d.field("users")
			m.Users = make([]User, d.arrayField(UsersMax))
			for i := range m.Users {
				d.part("user", i)
				d.user(&m.Users[i])
			}
		case keyManifestLinks:
			d.field("links")
			m.Links = make([]Link, d.arrayField(LinksMax))
			for i := range m.Links {
				d.part("link", i)
				d.link(&m.Links[i])
			}
		case keyManifestServices:
			d.field("services")
			m.Services = make([]Service, d.arrayField(ServicesMax))
			for i := range m.Services {
				d.part("service", i)
				d.service(&m.Services[i])
			}
		case keyManifestState:
			d.field("state")
			m.State = d.textField(StateDeviceSizeMax)
		case keyManifestAccess:
			d.field("access")
			m.Access = make([]Operator, d.arrayField(AccessMax))
			for i := range m.Access {
				d.part("operator", i)
				d.operator(&m.Access[i])
			}
		case keyManifestRules:
			d.field("link-names")
			m.LinkRules = make([]LinkRule, d.arrayField(LinksMax))
			for i := range m.LinkRules {
				d.part("link-name", i)
				d.linkRule(&m.LinkRules[i])
			}
		case keyManifestTime:
			d.field("time-servers")
			m.TimeServers = make([][16]byte, d.arrayField(TimeServersMax))
			for i := range m.TimeServers {
				d.addressField(m.TimeServers[i][:])
			}
		default:
			d.Unknown()
		}
	}
}

// operator reads one entry of "access". A key of zeros is left out, as all zeros
// are; it is no key either.
func (d *Decoder) operator(o *Operator) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyOperatorName:
			d.field("name")
			o.Name = d.textField(UserNameSizeMax)
		case keyOperatorKey:
			d.field("key")
			start := d.at
			if d.exactly(o.Key[:]); o.Key == [KeySize]byte{} {
				d.refuse(RefusedZero, start)
			}
		default:
			d.Unknown()
		}
	}
}

// user reads one entry of "users".
func (d *Decoder) user(u *User) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyUserName:
			d.field("name")
			u.Name = d.textField(UserNameSizeMax)
		case keyUserUID:
			d.field("uid")
			u.UID = d.uint32Field()
		case keyUserGID:
			d.field("gid")
			u.GID = d.uint32Field()
		default:
			d.Unknown()
		}
	}
}

// link reads one entry of "links". That the address makes sense is for Validate.
func (d *Decoder) link(l *Link) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyLinkName:
			d.field("name")
			l.Name = d.textField(LinkNameSizeMax)
		case keyLinkAddress:
			d.field("address")
			d.addressField(l.Address[:])
		case keyLinkPrefix:
			d.field("prefix")
			l.PrefixBits = uint8(d.uintField(32))
		case keyLinkGateway:
			d.field("gateway")
			d.addressField(l.Gateway[:])
		case keyLinkDHCP4:
			d.field("dhcp4")
			l.DHCP4 = d.boolField()
		case keyLinkProbe:
			d.field("probe")
			l.Probe = d.boolField()
		case keyLinkAddress6:
			d.field("address6")
			d.addressField(l.Address6[:])
		case keyLinkPrefix6:
			d.field("prefix6")
			l.Prefix6Bits = uint8(d.uintField(128))
		case keyLinkGateway6:
			d.field("gateway6")
			d.addressField(l.Gateway6[:])
		case keyLinkRA:
			d.field("ra")
			l.RA = d.boolField()
		default:
			d.Unknown()
		}
	}
}

// addressField reads as many bytes as address has, which are not all zero.
func (d *Decoder) addressField(address []byte) {
	start := d.at
	b := d.bytesField(len(address))
	if !d.Refused() && len(b) != len(address) {
		d.refuse(RefusedRange, start)
	}
	copy(address, b)
	if allZero(address) {
		d.refuse(RefusedZero, start)
	}
}

// allZero tells whether an address is none.
func allZero(address []byte) bool {
	for _, octet := range address {
		if octet != 0 {
			return false
		}
	}
	return true
}

// uint32Field reads a number of at most 32 bits that is not zero.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func (d *Decoder) uint32Field() uint32 { return uint32(d.uintField(math.MaxUint32)) }

// service reads one entry of "services", in two halves that each fit a screen.
func (d *Decoder) service(s *Service) {
	for m := d.Map(); d.Next(&m); {
		switch {
		case m.Key <= keyServiceOptional:
			d.serviceProgram(s, m.Key)
		case m.Key <= keyServiceRelay:
			d.serviceLife(s, m.Key)
		default:
			d.Unknown()
		}
	}
}

// serviceProgram reads what runs, as whom, and after what.
func (d *Decoder) serviceProgram(s *Service, key int) {
	switch key {
	case keyServiceName:
		d.field("name")
		s.Name = d.textField(ServiceNameSizeMax)
	case keyServiceKind:
		d.field("kind")
		s.Kind = Kind(d.uintField(math.MaxUint8))
	case keyServiceExec:
		d.field("exec")
		s.Exec = d.textsField(ArgvMax, ArgvSizeMax)
	case keyServiceEnv:
		d.field("env")
		s.Env = d.textsField(EnvMax, EnvSizeMax)
	case keyServiceDir:
		d.field("dir")
		s.Dir = d.textField(PathSizeMax)
	case keyServiceUser:
		d.field("user")
		s.User = d.textField(UserNameSizeMax)
	case keyServiceCaps:
		d.field("caps")
		s.Caps = d.textsField(CapsMax, CapsMax*(WordSizeMax+1))
	case keyServiceNewPrivs:
		d.field("new-privs")
		s.NewPrivs = d.boolField()
	case keyServiceRlimits:
		d.field("rlimits")
		s.Rlimits = make([]Rlimit, d.arrayField(RlimitsMax))
		for i := range s.Rlimits {
			d.rlimit(&s.Rlimits[i])
		}
	case keyServiceNeeds:
		d.field("needs")
		s.Needs = d.textsField(NeedsMax, NeedsMax*(ServiceNameSizeMax+1))
	case keyServiceOptional:
		d.field("optional")
		s.Optional = d.boolField()
	}
}

// serviceLife reads when it is ready, restarted and stopped, and its limits.
func (d *Decoder) serviceLife(s *Service, key int) {
	switch key {
	case keyServiceReady:
		d.field("ready")
		s.Ready = Ready(d.uintField(math.MaxUint8))
	case keyServiceReadyAddress:
		d.field("ready-address")
		s.ReadyAddress = d.textField(PathSizeMax)
	case keyServiceStart:
		d.field("start-msec")
		s.StartMsec = d.uint32Field()
	case keyServiceRestart:
		d.field("restart")
		s.Restart = Restart(d.uintField(math.MaxUint8))
	case keyServiceBackoff:
		d.field("backoff-msec")
		s.BackoffMsec = d.uint32Field()
	case keyServiceBackoffMax:
		d.field("backoff-max-msec")
		s.BackoffMaxMsec = d.uint32Field()
	case keyServiceRestartsMax:
		d.field("restarts-max")
		s.RestartsMax = d.uint32Field()
	case keyServiceRestartsWindow:
		d.field("restarts-window-msec")
		s.RestartsWindowMsec = d.uint32Field()
	case keyServiceStopSignal:
		d.field("stop-signal")
		s.StopSignal = uint8(d.uintField(math.MaxUint8))
	case keyServiceStop:
		d.field("stop-msec")
		s.StopMsec = d.uint32Field()
	case keyServiceLimits:
		d.field("limits")
		d.limits(&s.Limits)
	case keyServiceIsolation:
		d.field("isolation")
		d.isolation(&s.Isolation)
	case keyServiceEvery:
		d.field("every-msec")
		s.EveryMsec = d.uint32Field()
	case keyServicePort:
		d.field("port")
		s.Port = uint16(d.uintField(math.MaxUint16))
	case keyServiceRelay:
		d.field("relay")
		s.Relay = d.boolField()
	}
}

// rlimit reads one entry of a service's "rlimits".
func (d *Decoder) rlimit(r *Rlimit) {
	for m := d.Map(); d.Next(&m); {
		d.field("rlimits")
		switch m.Key {
		case keyRlimitName:
			r.Name = d.textField(WordSizeMax)
		case keyRlimitSoft:
			r.Soft = d.uintField(math.MaxUint64)
		case keyRlimitHard:
			r.Hard = d.uintField(math.MaxUint64)
		default:
			d.Unknown()
		}
	}
}

// limits reads the cgroup limits. An empty map would be a second way to say
// nothing, and is refused.
func (d *Decoder) limits(l *Limits) {
	start := d.at
	m := d.Map()
	if m.left == 0 {
		d.refuse(RefusedZero, start)
	}
	for d.Next(&m) {
		d.field("limits")
		switch m.Key {
		case keyLimitsMemoryMax:
			l.MemoryMaxBytes = d.uintField(math.MaxUint64)
		case keyLimitsMemoryHigh:
			l.MemoryHighBytes = d.uintField(math.MaxUint64)
		case keyLimitsCPUMax:
			l.CPUMaxUsec = d.uint32Field()
		case keyLimitsCPUPeriod:
			l.CPUPeriodUsec = d.uint32Field()
		case keyLimitsCPUWeight:
			l.CPUWeight = d.uint32Field()
		case keyLimitsPidsMax:
			l.PidsMax = d.uint32Field()
		case keyLimitsIO:
			l.IO = make([]IOLimit, d.arrayField(IOLimitsMax))
			for i := range l.IO {
				d.ioLimit(&l.IO[i])
			}
		default:
			d.Unknown()
		}
	}
}

// ioLimit reads one line of io.max.
func (d *Decoder) ioLimit(l *IOLimit) {
	for m := d.Map(); d.Next(&m); {
		d.field("limits.io")
		switch m.Key {
		case keyIODisk:
			l.Disk = d.textField(DiskNameSizeMax)
		case keyIOReadBytes:
			l.ReadBytesPerSec = d.uintField(math.MaxUint64)
		case keyIOWriteBytes:
			l.WriteBytesPerSec = d.uintField(math.MaxUint64)
		case keyIOReadOps:
			l.ReadOpsPerSec = d.uint32Field()
		case keyIOWriteOps:
			l.WriteOpsPerSec = d.uint32Field()
		default:
			d.Unknown()
		}
	}
}
