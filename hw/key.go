package hw

// The power button: struct input_event, and the bitmap of keys a device has.

// InputEventSize is sizeof(struct input_event) on 64-bit machines, in bytes.
const InputEventSize = 24

// Of include/uapi/linux/input-event-codes.h.
const (
	evKey    = 1
	keyPower = 116
	pressed  = 1 // 0 is released, 2 repeated
)

// PowerPressed looks through the events in b, as read(2) of an input device
// returns them, for a press of the power key. A part of an event at the end is
// not looked at; the kernel never gives one.
//
//	 0  struct timeval: two 64-bit words
//	16  uint16 type
//	18  uint16 code
//	20  int32 value
//
// Both architectures this is built for are little-endian.
func PowerPressed(b []byte) bool {
	for ; len(b) >= InputEventSize; b = b[InputEventSize:] {
		kind := uint16(b[16]) | uint16(b[17])<<8
		code := uint16(b[18]) | uint16(b[19])<<8
		value := uint32(b[20]) | uint32(b[21])<<8 | uint32(b[22])<<16 | uint32(b[23])<<24
		if kind == evKey && code == keyPower && value == pressed {
			return true
		}
	}
	return false
}

// HasPowerKey reads /sys/class/input/eventN/device/capabilities/key and tells
// whether bit KEY_POWER is set. The kernel (input_bits_to_string) prints 64-bit
// words in hex, the highest first and without the leading zero ones, with one
// space between. Anything else has no power key.
func HasPowerKey(text []byte) bool {
	if n := len(text); n > 0 && text[n-1] == '\n' {
		text = text[:n-1]
	}
	const word = keyPower / 64
	for at := 0; ; at++ { // the word's place, from the right
		space := len(text)
		for space > 0 && text[space-1] != ' ' {
			space--
		}
		bits, ok := hexWord(text[space:])
		if !ok {
			return false
		}
		if at == word {
			return bits>>(keyPower%64)&1 == 1
		}
		if space == 0 {
			return false
		}
		text = text[:space-1]
	}
}

// hexWord reads 1 to 16 hex digits in lower case.
func hexWord(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > 16 {
		return 0, false
	}
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
