package core

import "mote/wire"

// The text of PID 1 is made by appending to a slice: package fmt would cost a
// tenth of the binary.

// appendMsec writes a time of ns as milliseconds with three decimals, right
// aligned to width: "  412.345".
func appendMsec(b []byte, nsec int64, width int) []byte {
	usec := nsec / 1000
	var text [32]byte
	t := wire.AppendInt(text[:0], usec/1000)
	t = append(t, '.', byte('0'+usec/100%10), byte('0'+usec/10%10), byte('0'+usec%10))
	for n := len(t); n < width; n++ {
		b = append(b, ' ')
	}
	return append(b, t...)
}

// appendWait writes a time of ns for people: "50 ms", "2.1 s".
func appendWait(b []byte, nsec int64) []byte {
	if nsec < sec {
		return append(wire.AppendInt(b, nsec/msec), " ms"...)
	}
	tenths := nsec / (sec / 10)
	b = wire.AppendInt(b, tenths/10)
	return append(b, '.', byte('0'+tenths%10), ' ', 's')
}
