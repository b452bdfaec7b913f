package netcfg

import "mote/wire"

// The time of the network: an NTP client, RFC 5905, of a few servers.
//
// Always true here: the clock is moved only by what more than half of the servers that
// answer agree on, once each has answered or was asked four times; never below the
// floor; by a step only past stepNsec, and after the first time only when that was found
// three times in a row. A server is asked ever more rarely, and not again after it
// refused.
type Clock struct {
	_       [0]func()
	servers [clockServersMax]clockServer
	count   int
	random  random
	// FloorNsec is the earliest time that is believed, since 1970.
	FloorNsec int64
	// last is the server that was asked last.
	last int
	// found counts how often a step was found in a row.
	found uint8
	// SinceNsec is when the clock was set first, zero never; OffsetNsec by how much it was
	// wrong last, Agreeing how many servers said so.
	SinceNsec, OffsetNsec int64
	Agreeing              int
	// errorNsec is how wrong that may be.
	errorNsec int64
}

// clockServer is one server. An IPv4 address stands in IPv6 as ::ffff:a.b.c.d.
type clockServer struct {
	_       [0]func()
	address [16]byte
	// cookie is of the request that has no answer yet, zero none; sentNsec and sentClock
	// when it was sent, since the boot and since 1970.
	cookie              uint64
	sentNsec, sentClock int64
	// atNsec is when it is asked next, zero never: it refused.
	atNsec int64
	// poll is the wait between requests as a power of 2 s, floor its least; silence
	// counts requests without an answer, asked all.
	poll, floor, silence, asked uint8
	leap                        uint8
	samples                     [clockSamplesMax]clockSample
	next                        uint8
}

// clockSample is what one answer tells: by how much we are behind, and how wrong that may
// be. It is none where atNsec is zero.
type clockSample struct{ offsetNsec, distanceNsec, atNsec int64 }

// ClockMove is what is to be done to the clock.
type ClockMove struct {
	// Step: set it; else have the kernel slew it. Refused: it would be before the floor.
	Step, Refused bool
	// OffsetNsec is added to it; ErrorNsec is how wrong that may be.
	OffsetNsec, ErrorNsec int64
	// Leap is 1 for a second more at the end of the day, 2 for one less.
	Leap uint8
	// First: the clock was never set before.
	First bool
}

// Serve has the clock follow these servers, in the place of those before.
func (c *Clock) Serve(servers [][16]byte, seed uint64, now int64) {
	c.random, c.count = random{seed}, 0
	for _, address := range servers[:min(len(servers), clockServersMax)] {
		c.servers[c.count] = clockServer{address: address, atNsec: max(now, 1), poll: clockPollFirst}
		c.count++
	}
}

// Serves tells whether these are the servers that are followed.
func (c *Clock) Serves(servers [][16]byte) bool {
	for i := range servers {
		if i >= c.count || c.servers[i].address != servers[i] {
			return false
		}
	}
	return len(servers) == c.count
}

// Served tells whether there is any server.
func (c *Clock) Served() bool { return c.count > 0 }

// Ask appends the next request that is due and tells whom to send it to; false is none.
func (c *Clock) Ask(b []byte, now, clock int64) (to [16]byte, request []byte, due bool) {
	for i := range c.servers[:c.count] {
		s := &c.servers[i]
		if s.atNsec == 0 || s.atNsec > now {
			continue
		}
		if s.cookie != 0 && s.silence < 255 {
			s.silence++
		}
		if s.asked < 255 {
			s.asked++
		}
		// The first four come soon, then ever more rarely; a silent server is asked ever
		// more rarely too.
		if s.asked >= clockBurst || s.silence > 0 {
			s.poll = min(max(s.poll+1, s.floor), clockPollMax)
		}
		if s.asked == clockBurst && s.silence == 0 {
			s.poll = clockPollMin
		}
		s.cookie, c.last = c.random.next()|1, i
		s.sentNsec, s.sentClock = now, clock
		wait := int64(nsecPerSec) << s.poll
		s.atNsec = now + wait - c.random.below(wait/8)
		return s.address, appendNTP(b, s.cookie), true
	}
	return to, b, false
}

// Unsent takes the last request back, for which there was no socket: its server was not
// asked, and is not silent.
func (c *Clock) Unsent() {
	s := &c.servers[c.last]
	s.cookie, s.asked = 0, s.asked-1
}

// Take takes one datagram, and tells what to do to the clock; false is nothing. Forged
// answers don't know the cookie, and late ones have none any more.
func (c *Clock) Take(b []byte, now, clock int64) (move ClockMove, ok bool) {
	var r ntpReply
	if !readNTP(b, &r) || r.cookie == 0 {
		return move, false
	}
	for i := range c.servers[:c.count] {
		s := &c.servers[i]
		if s.cookie != r.cookie {
			continue
		}
		s.cookie, s.silence = 0, 0
		if !s.sample(&r, now, clock) {
			return move, false
		}
		return c.judge(now, clock)
	}
	return move, false
}

// sample keeps what an answer tells, RFC 5905 section 8; false is an answer that is of no
// use.
func (s *clockServer) sample(r *ntpReply, now, clock int64) bool {
	if r.stratum == 0 {
		switch string(r.kiss[:]) {
		case kissDeny, kissRestrict:
			s.atNsec, s.samples = 0, [clockSamplesMax]clockSample{}
		case kissRate:
			s.floor = min(max(s.floor, s.poll, clockPollMin)+1, clockPollMax)
			s.poll, s.atNsec = s.floor, now+int64(nsecPerSec)<<s.floor
		}
		return false
	}
	took, there := now-s.sentNsec, r.transmit-r.receive
	delay := took - there
	jumped := clock - s.sentClock - took // somebody else set the clock meanwhile
	distance := delay/2 + r.rootDistanceNsec + clockPrecision
	if r.stratum >= 16 || r.leap == 3 || there < 0 || delay < 0 || distance > clockDistanceMax ||
		max(jumped, -jumped) > clockJumpNsec {
		return false
	}
	s.leap = r.leap
	s.samples[s.next] = clockSample{((r.receive - s.sentClock) + (r.transmit - clock)) / 2, distance, max(now, 1)}
	s.next = (s.next + 1) % clockSamplesMax
	return true
}

// best is the sample that is least wrong by now: each gets worse by 15 µs a second.
func (s *clockServer) best(now int64) (sample clockSample, ok bool) {
	for _, e := range s.samples {
		if e.atNsec == 0 {
			continue
		}
		e.distanceNsec += (now - e.atNsec) / clockDrift
		if !ok || e.distanceNsec < sample.distanceNsec {
			sample, ok = e, true
		}
	}
	return sample, ok && s.atNsec != 0 && s.silence < clockBurst
}

// judge decides by all servers what is to be done.
func (c *Clock) judge(now, clock int64) (move ClockMove, ok bool) {
	var list [clockServersMax]clockSample
	count, leaps := 0, [4]uint8{}
	for i := range c.servers[:c.count] {
		s := &c.servers[i]
		e, answers := s.best(now)
		if answers {
			list[count] = e
			count++
			leaps[s.leap]++
		} else if c.SinceNsec == 0 && s.atNsec != 0 && s.asked < clockBurst {
			return move, false // it may still answer
		}
	}
	low, high, agreeing := intersection(list[:count])
	if agreeing == 0 {
		c.Agreeing = 0
		return move, false
	}
	weight, sum := int64(0), int64(0)
	for _, e := range list[:count] {
		if e.offsetNsec >= low && e.offsetNsec <= high {
			w := 1_000_000 * clockPrecision / e.distanceNsec // 10^6 at most
			weight, sum = weight+w, sum+w*((e.offsetNsec-low)/1000)
		}
	}
	move = ClockMove{OffsetNsec: low + sum/max(weight, 1)*1000, ErrorNsec: (high - low) / 2, First: c.SinceNsec == 0}
	for leap := uint8(1); leap <= 2; leap++ {
		if int(leaps[leap])*2 > count {
			move.Leap = leap
		}
	}
	c.Agreeing, c.OffsetNsec, c.errorNsec = agreeing, move.OffsetNsec, move.ErrorNsec
	move.Step = max(move.OffsetNsec, -move.OffsetNsec) > stepNsec
	if !move.Step {
		c.found = 0
	} else if c.found++; !move.First && c.found < clockFoundMin {
		return move, false
	}
	if move.Refused = move.Step && clock+move.OffsetNsec < c.FloorNsec; move.Refused {
		return move, true
	}
	if move.Step || move.First {
		c.SinceNsec = max(now, 1)
	}
	// What was measured before is of another clock.
	c.found = 0
	for i := range c.servers[:c.count] {
		for k := range c.servers[i].samples {
			c.servers[i].samples[k].offsetNsec -= move.OffsetNsec
		}
	}
	return move, true
}

// intersection finds where most of the servers may be right, RFC 5905 section 11.2.1: the
// smallest stretch that has the middles of all but fewer than half of them, and how many
// those are; zero is none.
func intersection(list []clockSample) (low, high int64, agreeing int) {
	for wrong := 0; 2*wrong < len(list); wrong++ {
		low, high = 1<<62, -1<<62
		for _, e := range list {
			for _, at := range [...]int64{e.offsetNsec - e.distanceNsec, e.offsetNsec + e.distanceNsec} {
				within := 0
				for _, o := range list {
					if o.offsetNsec-o.distanceNsec <= at && at <= o.offsetNsec+o.distanceNsec {
						within++
					}
				}
				if within >= len(list)-wrong {
					low, high = min(low, at), max(high, at)
				}
			}
		}
		agreeing = 0
		for _, e := range list {
			if low <= e.offsetNsec && e.offsetNsec <= high {
				agreeing++
			}
		}
		if agreeing > 0 && agreeing >= len(list)-wrong {
			return low, high, agreeing
		}
	}
	return 0, 0, 0
}

// Status tells whom the clock follows, and how well.
func (c *Clock) Status(now int64) (t wire.TimeStatus) {
	t.Servers, t.Agreeing, t.SinceNsec, t.ErrorNsec = uint32(c.count), uint32(c.Agreeing), uint64(c.SinceNsec), uint64(c.errorNsec)
	t.Ahead = c.OffsetNsec < 0
	t.OffsetNsec = uint64(max(c.OffsetNsec, -c.OffsetNsec))
	least := int64(0)
	for i := range c.servers[:c.count] {
		if e, ok := c.servers[i].best(now); ok && (least == 0 || e.distanceNsec < least) {
			least, t.Server = e.distanceNsec, c.servers[i].address
		}
	}
	return t
}

// Next is when Ask has something to send, zero never.
func (c *Clock) Next() (at int64) {
	for i := range c.servers[:c.count] {
		if s := &c.servers[i]; s.atNsec != 0 && (at == 0 || s.atNsec < at) {
			at = s.atNsec
		}
	}
	return at
}

// AppendText tells of a move: "12.345 s ahead of 3 of 4 servers; set back".
func (c *Clock) AppendText(b []byte, m ClockMove) []byte {
	side, offset := " behind ", m.OffsetNsec
	if offset < 0 {
		side, offset = " ahead of ", -offset
	}
	b = wire.AppendUint(b, uint64(offset/nsecPerMsec))
	b = wire.AppendUint(text(text(b, " ms"), side), uint64(c.Agreeing))
	b = wire.AppendUint(text(b, " of "), uint64(c.count))
	b = text(b, " servers; ")
	switch {
	case m.Refused:
		return text(b, "that is before a time which has passed for certain, and not believed")
	case m.Step:
		return text(b, "set")
	}
	return text(b, "slewed")
}
