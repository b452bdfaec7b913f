package wire

import (
	"errors"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// vectors are all of RFC 8949 appendix A, each with what this subset says to it.
// The library finds every one well-formed: what is refused here is refused for
// not being of the subset, and for no typing error in this table.
var vectors = [...]struct {
	hex    string
	reason Reason
}{
	{"00", Accepted}, {"01", Accepted}, {"0a", Accepted}, {"17", Accepted}, {"1818", Accepted}, {"1819", Accepted},
	{"1864", Accepted}, {"1903e8", Accepted}, {"1a000f4240", Accepted}, {"1b000000e8d4a51000", Accepted},
	{"1bffffffffffffffff", Accepted}, {"c249010000000000000000", RefusedTag}, {"3bffffffffffffffff", Accepted},
	{"c349010000000000000000", RefusedTag}, {"20", Accepted}, {"29", Accepted}, {"3863", Accepted}, {"3903e7", Accepted},

	{"f90000", RefusedFloat}, {"f98000", RefusedFloat}, {"f93c00", RefusedFloat}, {"fb3ff199999999999a", RefusedFloat},
	{"f93e00", RefusedFloat}, {"f97bff", RefusedFloat}, {"fa47c35000", RefusedFloat}, {"fa7f7fffff", RefusedFloat},
	{"fb7e37e43c8800759c", RefusedFloat}, {"f90001", RefusedFloat}, {"f90400", RefusedFloat}, {"f9c400", RefusedFloat},
	{"fbc010666666666666", RefusedFloat}, {"f97c00", RefusedFloat}, {"f97e00", RefusedFloat}, {"f9fc00", RefusedFloat},
	{"fa7f800000", RefusedFloat}, {"fa7fc00000", RefusedFloat}, {"faff800000", RefusedFloat}, {"fb7ff0000000000000", RefusedFloat},
	{"fb7ff8000000000000", RefusedFloat}, {"fbfff0000000000000", RefusedFloat},

	{"f4", Accepted}, {"f5", Accepted}, {"f6", Accepted}, {"f7", RefusedSimple}, {"f0", RefusedSimple}, {"f8ff", RefusedSimple},

	{"c074323031332d30332d32315432303a30343a30305a", RefusedTag}, {"c11a514b67b0", RefusedTag}, {"c1fb41d452d9ec200000", RefusedTag},
	{"d74401020304", RefusedTag}, {"d818456449455446", RefusedTag}, {"d82076687474703a2f2f7777772e6578616d706c652e636f6d", RefusedTag},

	{"40", Accepted}, {"4401020304", Accepted}, {"60", Accepted}, {"6161", Accepted}, {"6449455446", Accepted}, {"62225c", Accepted},
	{"62c3bc", Accepted}, {"63e6b0b4", Accepted}, {"64f0908591", Accepted},

	{"80", Accepted}, {"83010203", Accepted}, {"8301820203820405", Accepted},
	{"98190102030405060708090a0b0c0d0e0f101112131415161718181819", Accepted},
	{"a0", Accepted}, {"a201020304", Accepted},
	// Keys of maps are integers here.
	{"a26161016162820203", RefusedType}, {"826161a161626163", RefusedType}, {"a56161614161626142616361436164614461656145", RefusedType},

	{"5f42010243030405ff", RefusedIndefinite}, {"7f657374726561646d696e67ff", RefusedIndefinite}, {"9fff", RefusedIndefinite},
	{"9f018202039f0405ffff", RefusedIndefinite}, {"9f01820203820405ff", RefusedIndefinite}, {"83018202039f0405ff", RefusedIndefinite},
	{"83019f0203ff820405", RefusedIndefinite}, {"9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", RefusedIndefinite},
	{"bf61610161629f0203ffff", RefusedIndefinite}, {"826161bf61626163ff", RefusedIndefinite}, {"bf6346756ef563416d7421ff", RefusedIndefinite},
}

func TestAllVectorsOfRFC8949(t *testing.T) {
	dec, enc := strictest(t)
	accepted := 0
	for _, v := range vectors {
		b := unhex(t, v.hex)
		if err := cbor.Wellformed(b); err != nil {
			t.Errorf("%s: the library finds it ill-formed: %v", v.hex, err)
		}
		d := NewDecoder(b, "vector")
		d.Skip()
		err := d.End()
		if v.reason == Accepted {
			accepted++
			if err != nil || !oracle(dec, enc, b) {
				t.Errorf("%s: %v; by the library deterministic: %v", v.hex, err, oracle(dec, enc, b))
			}
			continue
		}
		var r Refusal
		if !errors.As(err, &r) || r.Reason != v.reason {
			t.Errorf("%s: %v, want %v", v.hex, err, v.reason)
		}
	}
	if len(vectors) != 81 || accepted != 34 {
		t.Errorf("%d vectors, %d accepted", len(vectors), accepted)
	}
	// 64 bits hold no -2^64.
	d := NewDecoder(unhex(t, "3bffffffffffffffff"), "vector")
	if n := d.Int(); n != 0 || d.Refusal().Reason != RefusedRange {
		t.Errorf("-2^64 is read as %d", n)
	}
}
