package wire

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// The manifest once more, as SPEC.md has it, for the library: the same fields in
// the same order, so that a value converts field by field.

type specManifest struct {
	Node     string         `cbor:"0,keyasint,omitempty"`
	Users    []specUser     `cbor:"1,keyasint,omitempty"`
	Links    []specLink     `cbor:"2,keyasint,omitempty"`
	Services []specService  `cbor:"3,keyasint,omitempty"`
	State    string         `cbor:"4,keyasint,omitempty"`
	Access   []specOperator `cbor:"5,keyasint,omitempty"`

	LinkRules []specLinkRule `cbor:"6,keyasint,omitempty"`

	TimeServers [][]byte `cbor:"7,keyasint,omitempty"`
}

type specOperator struct {
	Name string `cbor:"0,keyasint,omitempty"`
	Key  []byte `cbor:"1,keyasint,omitempty"`
}

type specLinkRule struct {
	Name  string   `cbor:"0,keyasint,omitempty"`
	Match []string `cbor:"1,keyasint,omitempty"`
	Order uint8    `cbor:"2,keyasint,omitempty"`
}

type specUser struct {
	Name string `cbor:"0,keyasint,omitempty"`
	UID  uint32 `cbor:"1,keyasint,omitempty"`
	GID  uint32 `cbor:"2,keyasint,omitempty"`
}

type specLink struct {
	Name       string `cbor:"0,keyasint,omitempty"`
	Address    []byte `cbor:"1,keyasint,omitempty"`
	PrefixBits uint8  `cbor:"2,keyasint,omitempty"`
	Gateway    []byte `cbor:"3,keyasint,omitempty"`
	DHCP4      bool   `cbor:"4,keyasint,omitempty"`
	Probe      bool   `cbor:"5,keyasint,omitempty"`
	Address6   []byte `cbor:"6,keyasint,omitempty"`
	Prefix6    uint8  `cbor:"7,keyasint,omitempty"`
	Gateway6   []byte `cbor:"8,keyasint,omitempty"`
	RA         bool   `cbor:"9,keyasint,omitempty"`
}

type specService struct {
	Name               string         `cbor:"0,keyasint,omitempty"`
	Kind               Kind           `cbor:"1,keyasint,omitempty"`
	Exec               []string       `cbor:"2,keyasint,omitempty"`
	Env                []string       `cbor:"3,keyasint,omitempty"`
	Dir                string         `cbor:"4,keyasint,omitempty"`
	User               string         `cbor:"5,keyasint,omitempty"`
	Caps               []string       `cbor:"6,keyasint,omitempty"`
	NewPrivs           bool           `cbor:"7,keyasint,omitempty"`
	Rlimits            []specRlimit   `cbor:"8,keyasint,omitempty"`
	Needs              []string       `cbor:"9,keyasint,omitempty"`
	Optional           bool           `cbor:"10,keyasint,omitempty"`
	Ready              Ready          `cbor:"11,keyasint,omitempty"`
	ReadyAddress       string         `cbor:"12,keyasint,omitempty"`
	StartMsec          uint32         `cbor:"13,keyasint,omitempty"`
	Restart            Restart        `cbor:"14,keyasint,omitempty"`
	BackoffMsec        uint32         `cbor:"15,keyasint,omitempty"`
	BackoffMaxMsec     uint32         `cbor:"16,keyasint,omitempty"`
	RestartsMax        uint32         `cbor:"17,keyasint,omitempty"`
	RestartsWindowMsec uint32         `cbor:"18,keyasint,omitempty"`
	StopSignal         uint8          `cbor:"19,keyasint,omitempty"`
	StopMsec           uint32         `cbor:"20,keyasint,omitempty"`
	Limits             *specLimits    `cbor:"21,keyasint,omitempty"`
	Isolation          *specIsolation `cbor:"22,keyasint,omitempty"`
	EveryMsec          uint32         `cbor:"23,keyasint,omitempty"`
	Port               uint16         `cbor:"24,keyasint,omitempty"`
	Relay              bool           `cbor:"25,keyasint,omitempty"`
}

type specRlimit struct {
	Name string `cbor:"0,keyasint,omitempty"`
	Soft uint64 `cbor:"1,keyasint,omitempty"`
	Hard uint64 `cbor:"2,keyasint,omitempty"`
}

type specIsolation struct {
	Syscalls    []string       `cbor:"0,keyasint,omitempty"`
	SyscallKill bool           `cbor:"1,keyasint,omitempty"`
	Importance  uint8          `cbor:"2,keyasint,omitempty"`
	Namespaces  []string       `cbor:"3,keyasint,omitempty"`
	NodeView    bool           `cbor:"4,keyasint,omitempty"`
	Devices     []string       `cbor:"5,keyasint,omitempty"`
	Writable    []specWritable `cbor:"6,keyasint,omitempty"`
	Files       []specFile     `cbor:"7,keyasint,omitempty"`
	Reads       []string       `cbor:"8,keyasint,omitempty"`
	TCPBind     []uint16       `cbor:"9,keyasint,omitempty"`
	TCPConnect  []uint16       `cbor:"10,keyasint,omitempty"`
	InsideID    uint32         `cbor:"11,keyasint,omitempty"`
}

type specWritable struct {
	Path      string `cbor:"0,keyasint,omitempty"`
	SizeBytes uint64 `cbor:"1,keyasint,omitempty"`
	Mode      uint16 `cbor:"2,keyasint,omitempty"`
	Shared    bool   `cbor:"3,keyasint,omitempty"`
	Sealed    bool   `cbor:"4,keyasint,omitempty"`
}

type specFile struct {
	Path    string `cbor:"0,keyasint,omitempty"`
	Content string `cbor:"1,keyasint,omitempty"`
	Source  string `cbor:"2,keyasint,omitempty"`
	Mode    uint16 `cbor:"3,keyasint,omitempty"`
	Owner   string `cbor:"4,keyasint,omitempty"`
}

type specLimits struct {
	MemoryMaxBytes  uint64   `cbor:"0,keyasint,omitempty"`
	MemoryHighBytes uint64   `cbor:"1,keyasint,omitempty"`
	CPUMaxUsec      uint32   `cbor:"2,keyasint,omitempty"`
	CPUPeriodUsec   uint32   `cbor:"3,keyasint,omitempty"`
	CPUWeight       uint32   `cbor:"4,keyasint,omitempty"`
	PidsMax         uint32   `cbor:"5,keyasint,omitempty"`
	IO              []specIO `cbor:"6,keyasint,omitempty"`
}

type specIO struct {
	Disk             string `cbor:"0,keyasint,omitempty"`
	ReadBytesPerSec  uint64 `cbor:"1,keyasint,omitempty"`
	WriteBytesPerSec uint64 `cbor:"2,keyasint,omitempty"`
	ReadOpsPerSec    uint32 `cbor:"3,keyasint,omitempty"`
	WriteOpsPerSec   uint32 `cbor:"4,keyasint,omitempty"`
}

// spec converts m into the library's terms.
func spec(m *Manifest) specManifest {
	out := specManifest{Node: m.Node, State: m.State}
	for _, u := range m.Users {
		out.Users = append(out.Users, specUser(u))
	}
	address := func(a []byte) []byte {
		if allZero(a) {
			return nil
		}
		return a
	}
	for _, o := range m.Access {
		operator := specOperator{Name: o.Name}
		if o.Key != [KeySize]byte{} {
			operator.Key = o.Key[:]
		}
		out.Access = append(out.Access, operator)
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, specLink{l.Name, address(l.Address[:]), l.PrefixBits, address(l.Gateway[:]), l.DHCP4, l.Probe,
			address(l.Address6[:]), l.Prefix6Bits, address(l.Gateway6[:]), l.RA})
	}
	for i := range m.TimeServers {
		out.TimeServers = append(out.TimeServers, m.TimeServers[i][:])
	}
	for _, r := range m.LinkRules {
		out.LinkRules = append(out.LinkRules, specLinkRule(r))
	}
	for _, s := range m.Services {
		t := specService{s.Name, s.Kind, s.Exec, s.Env, s.Dir, s.User, s.Caps, s.NewPrivs, nil, s.Needs, s.Optional,
			s.Ready, s.ReadyAddress, s.StartMsec, s.Restart, s.BackoffMsec, s.BackoffMaxMsec, s.RestartsMax,
			s.RestartsWindowMsec, s.StopSignal, s.StopMsec, nil, nil, s.EveryMsec, s.Port, s.Relay}
		for _, r := range s.Rlimits {
			t.Rlimits = append(t.Rlimits, specRlimit(r))
		}
		if l := s.Limits; !reflect.DeepEqual(l, Limits{}) {
			t.Limits = &specLimits{l.MemoryMaxBytes, l.MemoryHighBytes, l.CPUMaxUsec, l.CPUPeriodUsec, l.CPUWeight, l.PidsMax, nil}
			for _, io := range l.IO {
				t.Limits.IO = append(t.Limits.IO, specIO(io))
			}
		}
		if i := s.Isolation; !reflect.DeepEqual(i, Isolation{}) {
			t.Isolation = &specIsolation{i.Syscalls, i.SyscallKill, i.Importance, i.Namespaces, i.NodeView, i.Devices,
				nil, nil, i.Reads, i.TCPBind, i.TCPConnect, i.InsideID}
			for _, w := range i.Writable {
				t.Isolation.Writable = append(t.Isolation.Writable, specWritable(w))
			}
			for _, f := range i.Files {
				t.Isolation.Files = append(t.Isolation.Files, specFile(f))
			}
		}
		out.Services = append(out.Services, t)
	}
	return out
}

// random fills every field of v, each with a chance of staying zero.
func random(r *rand.Rand, v reflect.Value) {
	if r.IntN(3) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"a", "eth0", "ünï", "x-1"}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64) & (1<<min(v.Type().Bits(), 63) - 1))
	case reflect.Array:
		v.Index(r.IntN(4)).SetUint(1 + uint64(r.IntN(255)))
	case reflect.Struct:
		for i := range v.NumField() {
			random(r, v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(4), 5))
		for i := range v.Len() {
			random(r, v.Index(i))
		}
	}
}

// Any manifest is written as the library writes it by SPEC.md, and comes back.
func TestRandomManifestsAgainstTheLibrary(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	_, enc := strictest(t)
	written := 0
	for range 500 {
		m := &Manifest{}
		random(r, reflect.ValueOf(m).Elem())
		for i := range m.Links {
			m.Links[i].PrefixBits %= 33
			m.Links[i].Prefix6Bits %= 129
		}
		for i := range m.TimeServers {
			m.TimeServers[i][0] |= 1 // none is all zero
		}
		b, err := AppendManifest(nil, m)
		if err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, m, err)
		}
		want, err := enc.Marshal(spec(m))
		if err != nil || !bytes.Equal(b, want) {
			t.Fatalf("seed %d: %+v\nwrote %x\n want %x, %v", seed, m, b, want, err)
		}
		got, err := DecodeManifest(want)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("seed %d: %+v came back as %+v, %v", seed, m, got, err)
		}
		var theirs specManifest
		if err := cbor.Unmarshal(b, &theirs); err != nil || !reflect.DeepEqual(theirs, spec(m)) {
			t.Fatalf("seed %d: the library reads %+v, %v", seed, theirs, err)
		}
		written += len(b)
	}
	t.Logf("%d bytes of manifests", written)
}

// One byte of a whole manifest is set to each value: it is refused, or it is
// another manifest with exactly these bytes.
func TestEveryByteOfAManifestCounts(t *testing.T) {
	b, err := AppendManifest(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	refused, other := 0, 0
	for at := range b {
		for value := range 256 {
			if byte(value) == b[at] {
				continue
			}
			changed := bytes.Clone(b)
			changed[at] = byte(value)
			m, err := DecodeManifest(changed)
			if err != nil {
				refused++
				continue
			}
			other++
			again, err := AppendManifest(nil, m)
			if err != nil || !bytes.Equal(again, changed) {
				t.Fatalf("byte %d as %#x: %x came back as %x, %v", at, value, changed, again, err)
			}
		}
	}
	t.Logf("%d refused, %d others", refused, other)
	if refused == 0 || other == 0 {
		t.Error("one of the two never happened")
	}
}
