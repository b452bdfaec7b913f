package wire

import (
	"reflect"
	"strings"
	"testing"
)

// items encodes a manifest and gives its services' bytes.
func items(t *testing.T, m *Manifest) [][]byte {
	t.Helper()
	b, err := AppendManifest(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	var all [ServicesMax][]byte
	return all[:ServiceItems(b, &all)]
}

// Each field of a service is changed in turn: what runs, and as whom, restarts it;
// the settings of its life don't. The names are those of the node's own policy, so
// a new field fails here until somebody has decided.
func TestCompareServiceByField(t *testing.T) {
	live := map[string]bool{"Needs": true, "Optional": true, "StartMsec": true, "Restart": true, "BackoffMsec": true,
		"BackoffMaxMsec": true, "RestartsMax": true, "RestartsWindowMsec": true, "StopSignal": true, "StopMsec": true, "Limits": true, "EveryMsec": true}
	m := full()
	before := items(t, m)[1]
	if what := CompareService(before, items(t, m)[1]); what != 0 {
		t.Errorf("the same: %v", what)
	}
	of := reflect.TypeFor[Service]()
	for i := range of.NumField() {
		m := full()
		v := reflect.ValueOf(&m.Services[1]).Elem().Field(i)
		if v.IsZero() {
			for n := range m.Services {
				if other := reflect.ValueOf(m.Services[n]).Field(i); !other.IsZero() {
					v.Set(other)
				}
			}
		} else {
			v.SetZero()
		}
		want := ChangeRestart
		if live[of.Field(i).Name] {
			want = ChangeLive
		}
		if what := CompareService(before, items(t, m)[1]); what != want {
			t.Errorf("%s: %v, want %v", of.Field(i).Name, what, want)
		}
	}
}

func TestServiceItemsOfWhatIsNone(t *testing.T) {
	b, err := AppendManifest(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	var all [ServicesMax][]byte
	if n := ServiceItems(b, &all); n != len(full().Services) || !strings.Contains(string(all[1]), "/bin/mqtt") {
		t.Errorf("%d services", n)
	}
	for n := range b {
		if ServiceItems(b[:n], &all) > len(full().Services) {
			t.Errorf("the first %d bytes", n)
		}
	}
	if n := ServiceItems([]byte{0xa0}, &all); n != 0 {
		t.Errorf("an empty manifest has %d", n)
	}
}

func TestValidateAccess(t *testing.T) {
	key := [KeySize]byte{1}
	for _, c := range []struct {
		access []Operator
		want   string
	}{
		{[]Operator{{"alice", key}, {"bob", [KeySize]byte{2}}}, ""},
		{[]Operator{{"Alice", key}}, `manifest: access: "Alice" is no operator's name; use 1 to 31 of a-z, 0-9 and '-', first a letter`},
		{[]Operator{{Name: "alice"}}, `manifest: access: operator "alice" has no key; give the one that mote manifest key made`},
		{[]Operator{{"alice", key}, {"bob", key}}, `manifest: access: operator "bob" has the name or the key of another; give each operator a name and a key of its own`},
		{[]Operator{{"alice", key}, {"alice", [KeySize]byte{2}}}, `manifest: access: operator "alice" has the name or the key of another; give each operator a name and a key of its own`},
	} {
		got := ""
		for _, p := range (&Manifest{Access: c.access}).Validate() {
			got += p.Error()
		}
		if got != c.want {
			t.Errorf("%v: %s", c.access, got)
		}
	}
}
