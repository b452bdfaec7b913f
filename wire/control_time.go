package wire

import "math"

// The time in an answer to VerbStatus: whom a node's clock follows, and how well.

// TimeStatus is the clock's condition; its zero value: no server is asked.
type TimeStatus struct {
	// Server is the one whose answers are exact most, an IPv6 address, or an IPv4 one as
	// ::ffff:a.b.c.d; zero where none has answered.
	Server [16]byte
	// Servers are asked; more than half of those that answer agree, Agreeing in number.
	// Zero: they don't, or nobody answers, and the clock is left alone.
	Servers, Agreeing uint32
	// SinceNsec is when the clock was set by them last, CLOCK_BOOTTIME; zero: never.
	SinceNsec uint64
	// OffsetNsec is by how much it was wrong when that was looked at last, fast where
	// Ahead, else slow; ErrorNsec how wrong that may be.
	OffsetNsec uint64
	Ahead      bool
	ErrorNsec  uint64
}

const (
	keyTimeStatusServer   = 0
	keyTimeStatusServers  = 1
	keyTimeStatusAgreeing = 2
	keyTimeStatusSince    = 3
	keyTimeStatusOffset   = 4
	keyTimeStatusAhead    = 5
	keyTimeStatusError    = 6
)

// appendTo writes a status' time.
func (t *TimeStatus) appendTo(e *Encoder) {
	m := e.Map()
	e.addressField(&m, keyTimeStatusServer, t.Server[:])
	e.uintField(&m, keyTimeStatusServers, uint64(t.Servers))
	e.uintField(&m, keyTimeStatusAgreeing, uint64(t.Agreeing))
	e.uintField(&m, keyTimeStatusSince, t.SinceNsec)
	e.uintField(&m, keyTimeStatusOffset, t.OffsetNsec)
	e.boolField(&m, keyTimeStatusAhead, t.Ahead)
	e.uintField(&m, keyTimeStatusError, t.ErrorNsec)
	e.End(m)
}

// timeStatus reads a status' time.
func (d *Decoder) timeStatus(t *TimeStatus) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyTimeStatusServer:
			d.addressField(t.Server[:])
		case keyTimeStatusServers:
			t.Servers = d.uint32Field()
		case keyTimeStatusAgreeing:
			t.Agreeing = d.uint32Field()
		case keyTimeStatusSince:
			t.SinceNsec = d.uintField(math.MaxUint64)
		case keyTimeStatusOffset:
			t.OffsetNsec = d.uintField(math.MaxUint64)
		case keyTimeStatusAhead:
			t.Ahead = d.boolField()
		case keyTimeStatusError:
			t.ErrorNsec = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
}
