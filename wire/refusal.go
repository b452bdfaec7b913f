package wire

// Reason says why bytes were refused. Zero is "they were not".
type Reason uint8

// The reasons, each with its sentence in reasonTexts.
const (
	Accepted Reason = iota
	RefusedTruncated
	RefusedTrailing
	RefusedNotShortest
	RefusedIndefinite
	RefusedReserved
	RefusedTag
	RefusedFloat
	RefusedSimple
	RefusedType
	RefusedRange
	RefusedUTF8
	RefusedKeyOrder
	RefusedKeyTwice
	RefusedKeyUnknown
	RefusedKeyMissing
	RefusedZero
	RefusedTooLong
	RefusedTooMany
	RefusedDepth
	RefusedSize
	reasonsCount
)

// reasonTexts hold what is wrong; nothing writes to it.
var reasonTexts = [reasonsCount]string{
	Accepted:           "nothing is wrong",
	RefusedTruncated:   "ends in the middle of an item; send all of it",
	RefusedTrailing:    "bytes follow the last item; send one item only",
	RefusedNotShortest: "not in its shortest form; encode it as RFC 8949 section 4.2 says",
	RefusedIndefinite:  "indefinite length or a break; give lengths",
	RefusedReserved:    "reserved additional information 28 to 30; encode it as RFC 8949 section 3 says",
	RefusedTag:         "a tag; SPEC.md has none, leave it out",
	RefusedFloat:       "a floating-point number; SPEC.md has none, use an integer",
	RefusedSimple:      "a simple value other than false, true and null; see SPEC.md",
	RefusedType:        "another type of item than SPEC.md says",
	RefusedRange:       "a number past its bound; see SPEC.md",
	RefusedUTF8:        "a text string that is not UTF-8; use a byte string or mend it",
	RefusedKeyOrder:    "a map's keys do not ascend; sort them",
	RefusedKeyTwice:    "a key stands twice in one map; keep one",
	RefusedKeyUnknown:  "a key that SPEC.md does not know; leave it out or upgrade the node",
	RefusedKeyMissing:  "a map without a key that SPEC.md demands; add it",
	RefusedZero:        "a zero or empty value; leave its key out",
	RefusedTooLong:     "a string longer than its bound; shorten it",
	RefusedTooMany:     "more items than the bound; leave some out",
	RefusedDepth:       "nested too deeply; see SPEC.md",
	RefusedSize:        "larger than its bound as a whole; say less",
}

// String is the sentence.
func (r Reason) String() string {
	if r >= reasonsCount {
		return "unknown reason"
	}
	return reasonTexts[r]
}

// Refusal is a typed error: what was refused, where, and why.
type Refusal struct {
	// What is the message's kind: "manifest", "request", "reply", "cbor".
	What string
	// Part and Index name an item in one of its arrays, as "service" and 3;
	// Part is empty outside of arrays. Index counts from 0.
	Part  string
	Index int
	// Field is the part's field, or empty.
	Field string
	// Offset is the byte where the refused item begins.
	Offset int
	Reason Reason
}

// Error is one line: "manifest: service 3: exec: at byte 120: ...".
func (r Refusal) Error() string {
	b := append(make([]byte, 0, 128), r.What...)
	b = append(b, ": "...)
	if r.Part != "" {
		b = append(b, r.Part...)
		b = append(b, ' ')
		b = AppendUint(b, uint64(r.Index))
		b = append(b, ": "...)
	}
	if r.Field != "" {
		b = append(b, r.Field...)
		b = append(b, ": "...)
	}
	b = append(b, "at byte "...)
	b = AppendUint(b, uint64(r.Offset))
	b = append(b, ": "...)
	return string(append(b, r.Reason.String()...))
}
