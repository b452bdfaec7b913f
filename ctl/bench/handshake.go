package bench

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"mote/ctl/vm"
)

// handshakeText is the line that the bench image's last service prints right
// before it tells PID 1 that it is ready.
const handshakeText = "bench: handshake"

// The two clocks are said to disagree past disagreeNsec and past one part in
// disagreePart of the boot: more than a busy host's delays, and far less than
// what a clock at the wrong rate, mostly 2 to 4 times off, makes.
const (
	disagreeNsec = 100 * int64(time.Millisecond)
	disagreePart = 10
)

// milestone reads the guest's time from PID 1's console line
// "[  412.345 ms] text".
func milestone(line string) (nsec int64, is bool) {
	rest, opened := strings.CutPrefix(line, "[")
	stamp, _, closed := strings.Cut(rest, " ms] ")
	if !opened || !closed {
		return 0, false
	}
	msec, err := strconv.ParseFloat(strings.TrimSpace(stamp), 64)
	if err != nil || msec < 0 || msec > 1e9 {
		return 0, false
	}
	return int64(msec * 1e6), true
}

// Handshake tells when the last service's own line came, on the guest's clock
// but by the host's stamps: a check on PID 1's word that no code of the guest
// takes part in.
//
// The first milestone, long before ready, ties the clocks together: host and
// guest are then compared over the span that PID 1 reports, each by its own
// clock. That line's delay on its way makes the answer too early by as much,
// so the milestone with the least delay up to the handshake is taken.
func Handshake(lines []vm.Line) (nsec int64, err error) {
	var offset time.Time // the host's time at the guest's zero
	for _, line := range lines {
		if strings.Contains(line.Text, handshakeText) {
			if offset.IsZero() {
				return 0, fmt.Errorf("bench: no milestone of PID 1 before %q; is `quiet` among its words?", line.Text)
			}
			return line.At.Sub(offset).Nanoseconds(), nil
		}
		if guest, is := milestone(line.Text); is {
			zero := line.At.Add(-time.Duration(guest))
			if offset.IsZero() || zero.Before(offset) {
				offset = zero
			}
		}
	}
	return 0, fmt.Errorf("bench: no line %q on the console; is this the bench image?", handshakeText)
}

// Agreement puts the handshake beside what PID 1 says.
func Agreement(nsec, readyNsec int64) string {
	apart := nsec - readyNsec
	text := fmt.Sprintf("last service's handshake at %s ms by the host's clock, ready at %s ms by PID 1's: %+.1f ms apart",
		Msec(nsec), Msec(readyNsec), float64(apart)/1e6)
	if limit := max(disagreeNsec, readyNsec/disagreePart); apart > limit || apart < -limit {
		text += "\nthey disagree: either the guest's clock runs at another rate (tsc_early_khz=), or the host is overloaded"
	}
	return text
}
