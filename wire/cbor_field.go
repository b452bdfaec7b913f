package wire

// The readers below are for fields that are left out where they are zero: a
// zero that was sent would make two encodings of one value.

func (d *Decoder) uintField(max uint64) uint64 {
	start := d.at
	n := d.Uint(max)
	if n == 0 {
		d.refuse(RefusedZero, start)
	}
	return n
}

func (d *Decoder) intField() int64 {
	start := d.at
	n := d.Int()
	if n == 0 {
		d.refuse(RefusedZero, start)
	}
	return n
}

func (d *Decoder) boolField() bool {
	start := d.at
	v := d.Bool()
	if !v {
		d.refuse(RefusedZero, start)
	}
	return v
}

func (d *Decoder) textField(sizeMax int) string {
	start := d.at
	s := d.Text(sizeMax)
	if s == "" {
		d.refuse(RefusedZero, start)
	}
	return s
}

func (d *Decoder) bytesField(sizeMax int) []byte {
	start := d.at
	b := d.Bytes(sizeMax)
	if len(b) == 0 {
		d.refuse(RefusedZero, start)
	}
	return b
}

func (d *Decoder) arrayField(countMax int) int {
	start := d.at
	n := d.Array(countMax)
	if n == 0 {
		d.refuse(RefusedZero, start)
	}
	return n
}

// textsField reads strings of at most sizeMax bytes together, a NUL each.
func (d *Decoder) textsField(countMax, sizeMax int) []string {
	n := d.arrayField(countMax)
	if d.Refused() {
		return nil
	}
	texts := make([]string, 0, n)
	for range n {
		s := d.Text(sizeMax)
		if d.Refused() {
			return nil
		}
		sizeMax = max(sizeMax-len(s)-1, 0)
		texts = append(texts, s)
	}
	return texts
}
