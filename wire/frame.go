package wire

// Frames: a length in front of each message, so that a stream can be cut.
//
//	0  uint32, big endian: bytes of the payload, 1 to FrameSizeMax
//	4  the payload: one CBOR map

// BeginFrame appends room for a frame's head and returns where it stands.
func BeginFrame(b []byte) (out []byte, at int) {
	return append(b, 0, 0, 0, 0), len(b)
}

// EndFrame writes the head at, over everything appended since BeginFrame. It
// returns b without the frame and false where the payload is empty or too long.
//
//go:noinline
func EndFrame(b []byte, at int) (out []byte, ok bool) {
	size := len(b) - at - FrameHeadSize
	if size <= 0 || size > FrameSizeMax {
		return b[:at], false
	}
	b[at], b[at+1], b[at+2], b[at+3] = byte(size>>24), byte(size>>16), byte(size>>8), byte(size)
	return b, true
}

// NextFrame finds the first frame in b. payload is a part of b, and used is how
// many bytes to drop once it was looked at; used is 0 while the frame is not
// whole. ok is false where the length is refused: the stream cannot be read on,
// close it.
func NextFrame(b []byte) (payload []byte, used int, ok bool) {
	if len(b) < FrameHeadSize {
		return nil, 0, true
	}
	size := uint(b[0])<<24 | uint(b[1])<<16 | uint(b[2])<<8 | uint(b[3])
	if size == 0 || size > FrameSizeMax {
		return nil, 0, false
	}
	used = FrameHeadSize + int(size)
	if len(b) < used {
		return nil, 0, true
	}
	return b[FrameHeadSize:used:used], used, true
}
