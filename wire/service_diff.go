package wire

// What is different between two manifests' services, by the bytes that they came
// in: one value has one encoding, so nothing has to be compared but these.

// ServiceItems sets items to the services of a manifest in CBOR that was decoded
// before, each a part of b, and returns their count; 0 where it can't be read.
func ServiceItems(b []byte, items *[ServicesMax][]byte) int {
	d := NewDecoder(b, "manifest")
	count := 0
	for m := d.Map(); d.Next(&m); {
		if m.Key != keyManifestServices {
			d.Skip()
			continue
		}
		count = d.arrayField(ServicesMax)
		for i := range count {
			start := d.at
			d.Skip()
			items[i] = b[start:d.at:d.at]
		}
	}
	if d.Refused() {
		return 0
	}
	return count
}

// serviceLiveKeys are those whose change restarts nothing: bit n is key n.
const serviceLiveKeys = 1<<keyServiceNeeds | 1<<keyServiceOptional | 1<<keyServiceStart | 1<<keyServiceRestart |
	1<<keyServiceBackoff | 1<<keyServiceBackoffMax | 1<<keyServiceRestartsMax | 1<<keyServiceRestartsWindow |
	1<<keyServiceStopSignal | 1<<keyServiceStop | 1<<keyServiceLimits | 1<<keyServiceEvery

// CompareService says what becomes of a service that is described by before, when
// after is to be: zero, ChangeLive or ChangeRestart. Both are items of ServiceItems
// with the same name. That a user's ids are others is not seen here.
func CompareService(before, after []byte) ChangeKind {
	a, b := entries(before), entries(after)
	differ := uint64(0)
	for key := range a {
		if string(a[key]) != string(b[key]) {
			differ |= 1 << key
		}
	}
	switch {
	case differ == 0:
		return 0
	case differ&^serviceLiveKeys == 0:
		return ChangeLive
	}
	return ChangeRestart
}

// entries are the values of a map by their keys. A key of its own that is past the
// last of a service changes nothing here: such a manifest was refused.
func entries(item []byte) (values [64][]byte) {
	d := NewDecoder(item, "service")
	for m := d.Map(); d.Next(&m); {
		start := d.at
		d.Skip()
		if m.Key < len(values) {
			values[m.Key] = item[start:d.at]
		}
	}
	return values
}
