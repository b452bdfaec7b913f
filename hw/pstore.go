package hw

// What the kernel leaves of its log where a reboot can't reach it (firmware's
// error store, EFI variables), when it panics: files of pstorefs. Each begins with
// a line "Panic#2 Part1" and goes on with a piece of the log; part 1 is the newest.
// Source: fs/pstore/platform.c, pstore_dump.

// CrashHead is the first line of a record.
type CrashHead struct {
	// Kind is the kernel's word: "Panic", "Oops". A part of the record.
	Kind []byte
	// Count numbers the dumps of one boot, Part the pieces of one dump, from 1.
	Count, Part uint32
}

// DecodeCrashHead takes the first line off a record. ok is false for what is no
// dump of the kernel's log, one that could not be unpacked among them.
func DecodeCrashHead(b []byte) (head CrashHead, text []byte, ok bool) {
	line, text := cutLine(b)
	if len(line) == len(b) {
		return CrashHead{}, nil, false
	}
	at := index(line, '#')
	gap := index(line, ' ')
	const part = "Part"
	if at < 1 || gap < at || len(line) < gap+1+len(part) || string(line[gap+1:gap+1+len(part)]) != part {
		return CrashHead{}, nil, false
	}
	count, okCount := number32(line[at+1 : gap])
	piece, okPiece := number32(line[gap+1+len(part):])
	if !okCount || !okPiece || piece == 0 {
		return CrashHead{}, nil, false
	}
	return CrashHead{Kind: line[:at], Count: count, Part: piece}, text, true
}

// NextLogLine takes the first line off a piece of the kernel's log: its time in ns
// since that kernel's start, and its text without "<4>[   12.345678] ".
func NextLogLine(b []byte) (nsec int64, text, rest []byte) {
	line, rest := cutLine(b)
	text = line
	if len(text) > 0 && text[0] == '<' {
		if end := index(text, '>'); end > 0 {
			text = text[end+1:]
		}
	}
	if len(text) == 0 || text[0] != '[' {
		return 0, line, rest
	}
	end := index(text, ']')
	usec, ok := stampUsec(text[1:max(end, 1)])
	if end < 0 || !ok {
		return 0, line, rest
	}
	text = text[end+1:]
	if len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	return usec * 1000, text, rest
}

// stampUsec reads "   12.345678": seconds, and six digits of microseconds.
func stampUsec(b []byte) (usec int64, ok bool) {
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	dot := index(b, '.')
	if dot < 1 || len(b) != dot+7 {
		return 0, false
	}
	seconds, okSeconds := number32(b[:dot])
	fraction := b[dot+1:]
	for len(fraction) > 1 && fraction[0] == '0' {
		fraction = fraction[1:]
	}
	micros, okMicros := number32(fraction)
	return int64(seconds)*1e6 + int64(micros), okSeconds && okMicros
}

// CrashReason says why the kernel panicked, where a line of its log does: what
// follows "Kernel panic - not syncing: ". nil where it does not.
func CrashReason(text []byte) []byte {
	const words = "Kernel panic - not syncing: "
	if len(text) < len(words) || string(text[:len(words)]) != words {
		return nil
	}
	return text[len(words):]
}

// cutLine parts b behind its first newline, which neither part has.
func cutLine(b []byte) (line, rest []byte) {
	if end := index(b, '\n'); end >= 0 {
		return b[:end], b[end+1:]
	}
	return b, nil
}
