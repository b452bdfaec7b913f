package core

// ring keeps the last of a service's output: records of a time, a stream and a
// piece of a line. The oldest records make room for new ones, and are counted.
//
// Always true: head and tail are counts of bytes ever read and written, so
// tail−head is what is kept, and a record's place is its count modulo the size.
type ring struct {
	data    [ringBytes]byte
	head    uint64
	tail    uint64
	records uint64 // kept now
	dropped uint64 // made room for others
}

// The loop's rings: one of each service by its index, and the log of the boot
// before.
const (
	ringLast   = servicesMax
	ringsCount = servicesMax + 1
)

// A record is 8 bytes of time in ns, 2 of length, 1 of stream, 1 of flags, and
// its text; all little-endian.
const recordHead = 12

// stream tells where a record came from.
const (
	streamOut    = 1
	streamErr    = 2
	streamKernel = 3
)

// flagPart: the line goes on in the next record of the stream.
const flagPart = 1

// record is one piece of output, as it is read back. text is only valid until
// the next put.
type record struct {
	nsec   int64
	stream uint8
	part   bool
	text   []byte
}

// put appends a record; text is at most lineMax bytes.
func (r *ring) put(nsec int64, stream, flags uint8, text []byte) {
	need := uint64(recordHead + len(text))
	for r.tail-r.head+need > ringBytes {
		r.head += recordHead + uint64(r.byteAt(r.head+8)) + uint64(r.byteAt(r.head+9))<<8
		r.records--
		r.dropped++
	}
	for i := range 8 {
		r.data[(r.tail+uint64(i))%ringBytes] = byte(uint64(nsec) >> (8 * i))
	}
	r.data[(r.tail+8)%ringBytes] = byte(len(text))
	r.data[(r.tail+9)%ringBytes] = byte(len(text) >> 8)
	r.data[(r.tail+10)%ringBytes] = stream
	r.data[(r.tail+11)%ringBytes] = flags
	at := (r.tail + recordHead) % ringBytes
	n := copy(r.data[at:], text)
	copy(r.data[:], text[n:])
	r.tail += need
	r.records++
}

func (r *ring) byteAt(count uint64) byte { return r.data[count%ringBytes] }

// get reads the record at a count, and tells where the next one is; ok is false
// at the end. scratch receives the text, lineMax bytes are enough.
func (r *ring) get(count uint64, scratch []byte) (rec record, next uint64, ok bool) {
	if count < r.head {
		count = r.head
	}
	if count >= r.tail {
		return record{}, count, false
	}
	for i := range 8 {
		rec.nsec |= int64(r.byteAt(count+uint64(i))) << (8 * i)
	}
	size := int(r.byteAt(count+8)) | int(r.byteAt(count+9))<<8
	rec.stream = r.byteAt(count + 10)
	rec.part = r.byteAt(count+11)&flagPart != 0
	at := (count + recordHead) % ringBytes
	n := copy(scratch[:min(size, len(scratch))], r.data[at:])
	copy(scratch[n:min(size, len(scratch))], r.data[:])
	rec.text = scratch[:min(size, len(scratch))]
	return rec, count + recordHead + uint64(size), true
}

// split cuts output into records, a line each. A last line without its newline
// is kept as a part, so that nothing has to wait for the rest of it.
func (r *ring) split(nsec int64, stream uint8, b []byte) {
	for len(b) > 0 {
		end := 0
		for end < len(b) && end < lineMax && b[end] != '\n' {
			end++
		}
		if end < len(b) && b[end] == '\n' {
			r.put(nsec, stream, 0, b[:end])
			b = b[end+1:]
			continue
		}
		r.put(nsec, stream, flagPart, b[:end])
		b = b[end:]
	}
}
