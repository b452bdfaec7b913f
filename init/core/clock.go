package core

import (
	netcfg "mote/net"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The time of the network: room net asks and decides, the loop carries its packets and
// moves the clock. It begins when the network is there, and never before; nothing waits
// for it.

// startClock has the manifest's servers asked, or else those of leases. It is called
// whenever the network comes, a lease does, or another manifest is in force.
func (l *Loop) startClock() {
	var room [wire.TimeServersMax][16]byte
	servers := l.manifest.TimeServers
	if len(servers) == 0 {
		servers = l.links.net.TimeServers(room[:0])
	}
	if l.links.ready && !l.links.clock.Serves(servers) {
		l.links.clock.Serve(servers, l.rooms.Net.Random(), l.now)
	}
}

// askTime sends what is due.
func (l *Loop) askTime() {
	for range wire.TimeServersMax {
		to, request, due := l.links.clock.Ask(l.scratch[:0], l.now, l.sys.Clock())
		if !due {
			return
		}
		if l.sources.fd(rankClock, 0) < 0 {
			fd, errno := netcfg.OpenClock(l.rooms.Net)
			if errno == 0 {
				if errno = l.sources.add(rankClock, 0, int32(fd), unix.EPOLLIN); errno != 0 {
					l.rooms.Net.Close(fd)
				}
			}
			if errno != 0 {
				l.links.clock.Unsent()
				l.console.trouble(l.now, "open the socket for the time", errno)
				return
			}
		}
		netcfg.AskTime(l.rooms.Net, int(l.sources.fd(rankClock, 0)), to, request)
	}
}

// takeClock reads answers. An error of the socket tells of a server that is not there,
// which its silence tells too.
func (l *Loop) takeClock(fd int32) {
	l.links.clock.FloorNsec = max(releaseSec, l.area.kept.floorSec) * sec
	for range drainReadsMax {
		n, errno := l.sys.Read(fd, l.scratch[:])
		if errno == unix.EAGAIN {
			return
		}
		if errno != 0 {
			continue
		}
		if move, ok := l.links.clock.Take(l.scratch[:n], l.now, l.sys.Clock()); ok {
			l.moveClock(move)
		}
	}
}

// moveClock does what room net has decided, and says it where that is more than the
// kernel's daily work.
func (l *Loop) moveClock(m netcfg.ClockMove) {
	errno := Errno(0)
	switch {
	case m.Refused:
	case m.Step:
		if errno = l.sys.SetClock(l.sys.Clock() + m.OffsetNsec); errno == 0 {
			errno = l.tuneClock(&m, 0)
		}
	default:
		errno = l.tuneClock(&m, m.OffsetNsec)
	}
	if errno != 0 {
		l.console.trouble(l.now, "move the clock", errno)
	} else if m.Step || m.First {
		l.console.say(l.now, "time: the clock is ", string(l.links.clock.AppendText(l.line[:0], m)))
		if !m.Refused {
			l.writeRTC()
			l.keepClock(false)
		}
	}
}

// tuneClock has the kernel slew by an offset, 500 ms at most and 500 µs a second, and tells
// it how well the time is known, and of a leap second at the end of the day.
func (l *Loop) tuneClock(m *netcfg.ClockMove, offsetNsec int64) Errno {
	status := int32(unix.STA_PLL | unix.STA_NANO)
	switch m.Leap {
	case 1:
		status |= unix.STA_INS
	case 2:
		status |= unix.STA_DEL
	}
	return l.sys.AdjustClock(&unix.Timex{
		Modes:  unix.ADJ_OFFSET | unix.ADJ_STATUS | unix.ADJ_NANO | unix.ADJ_TIMECONST | unix.ADJ_MAXERROR | unix.ADJ_ESTERROR,
		Offset: offsetNsec, Status: status, Constant: clockConstant,
		Maxerror: m.ErrorNsec / 1000, Esterror: m.ErrorNsec / 1000})
}

// writeRTC has a worker set the machine's own clock, in UTC, where it has one: struct
// rtc_time of include/uapi/linux/rtc.h, nine 32-bit numbers.
func (l *Loop) writeRTC() {
	year, month, day, rest := civil(l.sys.Clock() / sec)
	l.work(jobRTC, workerNsec, func(p *Program) {
		time := p.words(uint64(rest%60)|uint64(rest/60%60)<<32, uint64(rest/3600)|uint64(day)<<32, uint64(month-1)|uint64(year-1900)<<32, 0, 0)
		dir, path := l.sys.At("/dev/rtc0")
		p.add("open the RTC", KeepResult|unix.SYS_OPENAT, uintptr(dir), p.str(path), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
		p.add("set the RTC", UseResult|unix.SYS_IOCTL, 0, unix.RTC_SET_TIME, time, 0, 0)
	})
}

// civil is the date of a time in s since 1970, and the seconds of its day: Hinnant's
// days_from_civil, the other way. The year begins in March, so that a leap day ends one.
func civil(since int64) (year, month, day, rest int64) {
	days := since/86400 + 719468
	era := days / 146097
	of := days - era*146097
	year = (of - of/1460 + of/36524 - of/146096) / 365
	of -= 365*year + year/4 - year/100
	month = (5*of + 2) / 153
	day = of - (153*month+2)/5 + 1
	if month += 3; month > 12 {
		month -= 12
		year++
	}
	return year + era*400, month, day, since % 86400
}
