package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// SPEC.md is the contract: what is written here matches its CDDL, every key of
// which is a constant of this package, and every constant one of its keys.

// keyConstants reads all constants named keyRuleField, by their rules.
func keyConstants(t *testing.T, rules map[string]*cddlType) map[string]map[uint64]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	// Rules whose names are not their constants'.
	other := map[string]string{"area": "state-area", "log": "record"}
	for name := range rules {
		other[strings.ReplaceAll(name, "-", "")] = name
	}
	found := map[string]map[uint64]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "key") {
				return true
			}
			value, ok := spec.Values[0].(*ast.BasicLit)
			if !ok {
				return true
			}
			word := spec.Names[0].Name[len("key"):]
			rule := ""
			for prefix, name := range other { // the longest that is a whole word
				if len(prefix) < len(word) && strings.EqualFold(word[:len(prefix)], prefix) &&
					word[len(prefix)] < 'a' && len(prefix) > len(strings.ReplaceAll(rule, "-", "")) {
					rule = name
				}
			}
			key, err := strconv.ParseUint(value.Value, 10, 64)
			if rule == "" || err != nil {
				t.Errorf("%s: no rule of SPEC.md is meant", spec.Names[0].Name)
				return true
			}
			if found[rule] == nil {
				found[rule] = map[uint64]string{}
			}
			if was := found[rule][key]; was != "" {
				t.Errorf("%s and %s are the same key", was, spec.Names[0].Name)
			}
			found[rule][key] = spec.Names[0].Name
			return true
		})
	}
	return found
}

func TestKeysAreThoseOfTheSpecification(t *testing.T) {
	c := readCDDL(t)
	constants := keyConstants(t, c.rules)
	for rule, of := range c.rules {
		if !of.isMap {
			continue
		}
		last := -1
		for _, m := range of.members {
			if int(m.key) <= last {
				t.Errorf("%s: key %d is out of order", rule, m.key)
			}
			last = int(m.key)
			if constants[rule][m.key] == "" {
				t.Errorf("%s: key %d has no constant", rule, m.key)
			}
			delete(constants[rule], m.key)
		}
		for key, name := range constants[rule] {
			t.Errorf("%s = %d is not in SPEC.md's %s", name, key, rule)
		}
	}
}

// decoded is what the library makes of b.
func decoded(t *testing.T, b []byte) any {
	t.Helper()
	var v any
	if err := cbor.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// examples has messages of every rule, all of their keys among them.
func examples(t *testing.T) map[string][][]byte {
	t.Helper()
	manifest, err := AppendManifest(nil, full())
	if err != nil {
		t.Fatal(err)
	}
	envelope, _ := sealed(t)
	withMachine, _ := signed(t, "u-1")
	all := map[string][][]byte{"manifest": {manifest}, "envelope": {envelope}, "signed": {withMachine}}
	payload := func(frame []byte, ok bool) []byte {
		b, _, frameOK := NextFrame(frame)
		if !ok || !frameOK {
			t.Fatalf("not written: %x", frame)
		}
		return b
	}
	for _, r := range []Request{{ID: 1, Verb: VerbStatus},
		{ID: 3, Verb: VerbApply, Args: Args{Apply: ApplyArgs{ApplyTry, 5, 6, 1, []byte{1}, 7}}},
		{ID: 2, Verb: VerbLogs, Name: []byte("mqtt"), Args: Args{TailRecords: 10, SinceNsec: 5}},
		{ID: 3, Verb: VerbLoop, Caller: Caller{Name: []byte("alice"), Role: RoleReader}}} {
		all["request"] = append(all["request"], payload(AppendRequest(nil, &r)))
	}
	status, timeline, logs, loop := bodies()
	applied := fullApplied()
	network := fullNetwork()
	for _, body := range []Body{&network, &status, &timeline, &logs, &loop, &applied} {
		all["reply"] = append(all["reply"], payload(AppendReply(nil, 7, true, body)))
	}
	all["reply"] = append(all["reply"], payload(AppendReplyError(nil, 7, ReplyError{Code: CodeBusy, What: "a", Next: "b", Where: "c"}), true))
	return all
}

// What is written matches the CDDL, and all of the CDDL is matched by something;
// with any one value of it of another type it no longer matches.
func TestWhatIsWrittenMatchesTheSpecification(t *testing.T) {
	c := readCDDL(t)
	for rule, list := range examples(t) {
		for _, b := range list {
			v := decoded(t, b)
			if !c.matches(rule, v) {
				t.Errorf("%s: %x is not what SPEC.md says", rule, b)
			}
			if changed := spoil(c, rule, v, v); changed == 0 {
				t.Errorf("%s: nothing could be spoilt", rule)
			} else if changed < 0 {
				t.Errorf("%s: a value of another type still matches", rule)
			}
		}
	}
	for rule, of := range c.rules {
		for _, m := range of.members {
			if !c.seen[rule][m.key] {
				t.Errorf("%s: no example has key %d; write one", rule, m.key)
			}
		}
	}
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 9))
	for range 200 {
		m := &Manifest{}
		random(r, reflect.ValueOf(m).Elem())
		for i := range m.Links {
			m.Links[i].PrefixBits %= 33
			m.Links[i].Prefix6Bits %= 129
		}
		for i := range m.TimeServers {
			m.TimeServers[i][0] |= 1 // none is all zero
		}
		if b, err := AppendManifest(nil, m); err != nil || !c.matches("manifest", decoded(t, b)) {
			t.Fatalf("seed %d: %x, %v", seed, b, err)
		}
	}
}

// spoil puts a float, which no rule has, in the place of every value below v in
// turn, and counts; -1 where the whole still matched.
func spoil(c *cddl, rule string, whole, v any) int {
	count := 0
	try := func(set func(any), value any) bool {
		set(1.5)
		good := c.matches(rule, whole)
		set(value)
		count++
		return !good
	}
	switch v := v.(type) {
	case map[any]any:
		for key, value := range v {
			if !try(func(x any) { v[key] = x }, value) {
				return -1
			}
			if below := spoil(c, rule, whole, value); below < 0 {
				return -1
			}
		}
	case []any:
		for i, value := range v {
			if !try(func(x any) { v[i] = x }, value) {
				return -1
			}
			if below := spoil(c, rule, whole, value); below < 0 {
				return -1
			}
		}
	}
	return count
}
