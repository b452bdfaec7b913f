package wire

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"
)

// As much of CDDL (RFC 8610) as SPEC.md uses, so that the contract can be held
// against what is really written: maps with integer keys, arrays with counts,
// ranges, choices, .size and .cbor.

// cddlType is one kind of value.
type cddlType struct {
	name     string // of a rule or of CDDL's prelude
	any      []*cddlType
	members  []cddlMember
	item     *cddlType // of an array
	isMap    bool
	low, top uint64 // a range, the count of an array, or a size
	ranged   bool
	sized    bool
	inside   string // .cbor
}

type cddlMember struct {
	key      uint64
	optional bool
	of       *cddlType
}

// cddl are SPEC.md's rules, and what was matched of them.
type cddl struct {
	rules map[string]*cddlType
	seen  map[string]map[uint64]bool
}

type cddlParser struct {
	t      *testing.T
	tokens []string
}

var cddlToken = regexp.MustCompile(`[a-z][a-z0-9-]*|\.size|\.cbor|[0-9]+|\.\.|=>|&\(|[-=/{}\[\](),?*:]`)

// readCDDL reads the blocks of SPEC.md.
func readCDDL(t *testing.T) *cddl {
	t.Helper()
	page, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, block := range regexp.MustCompile("(?s)```cddl\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for _, line := range strings.Split(block[1], "\n") {
			code, _, _ := strings.Cut(line, ";")
			text.WriteString(code + "\n")
		}
	}
	p := &cddlParser{t: t, tokens: cddlToken.FindAllString(text.String(), -1)}
	if got, want := strings.Join(p.tokens, ""), strings.Join(strings.Fields(text.String()), ""); got != want {
		t.Fatalf("SPEC.md has CDDL that this test doesn't know:\n%s\n%s", got, want)
	}
	c := &cddl{rules: map[string]*cddlType{}, seen: map[string]map[uint64]bool{}}
	for len(p.tokens) > 0 {
		name := p.next()
		p.want("=")
		if c.rules[name] != nil {
			t.Errorf("%s stands twice", name)
		}
		c.rules[name] = p.choice()
	}
	return c
}

func (p *cddlParser) next() string {
	if len(p.tokens) == 0 {
		p.t.Fatal("SPEC.md ends in the middle of a rule")
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token
}

func (p *cddlParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *cddlParser) want(token string) {
	if got := p.next(); got != token {
		p.t.Fatalf("%q, where %q is wanted, before %q", got, token, p.tokens[:min(len(p.tokens), 8)])
	}
}

func (p *cddlParser) number() uint64 {
	n, err := strconv.ParseUint(p.next(), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// choice is "a / b".
func (p *cddlParser) choice() *cddlType {
	first := p.single()
	if p.peek() != "/" {
		return first
	}
	out := &cddlType{any: []*cddlType{first}}
	for p.peek() == "/" {
		p.next()
		out.any = append(out.any, p.single())
	}
	return out
}

func (p *cddlParser) single() *cddlType {
	switch token := p.next(); {
	case token == "{":
		return p.group()
	case token == "[":
		out := &cddlType{low: p.number()}
		p.want("*")
		out.top = p.number()
		out.item = p.choice()
		p.want("]")
		return out
	case token == "&(":
		out := &cddlType{}
		for p.peek() != ")" {
			p.next()
			p.want(":")
			n := p.number()
			out.any = append(out.any, &cddlType{ranged: true, low: n, top: n})
			if p.peek() == "," {
				p.next()
			}
		}
		p.want(")")
		return out
	case token[0] >= '0' && token[0] <= '9':
		n, _ := strconv.ParseUint(token, 10, 64)
		out := &cddlType{ranged: true, low: n, top: n}
		if p.peek() == ".." {
			p.next()
			out.top = p.number()
		}
		return out
	default:
		return p.sized(&cddlType{name: token})
	}
}

// sized reads .size and .cbor behind a name.
func (p *cddlParser) sized(out *cddlType) *cddlType {
	switch p.peek() {
	case ".cbor":
		p.next()
		out.inside = p.next()
	case ".size":
		p.next()
		out.sized = true
		if p.peek() != "(" {
			out.low = p.number()
			out.top = out.low
			return out
		}
		p.want("(")
		out.low = p.number()
		p.want("..")
		out.top = p.number()
		p.want(")")
	}
	return out
}

// group is a map's members.
func (p *cddlParser) group() *cddlType {
	out := &cddlType{isMap: true}
	for p.peek() != "}" {
		m := cddlMember{}
		if m.optional = p.peek() == "?"; m.optional {
			p.next()
		}
		m.key = p.number()
		p.want("=>")
		m.of = p.choice()
		out.members = append(out.members, m)
		if p.peek() == "," {
			p.next()
		}
	}
	p.want("}")
	return out
}

// matches tells whether v, as the library decoded it, is what rule says.
func (c *cddl) matches(rule string, v any) bool {
	t := c.rules[rule]
	if t == nil {
		return prelude(rule, v)
	}
	return c.is(rule, t, v)
}

// prelude are the names that CDDL brings.
func prelude(name string, v any) bool {
	switch v := v.(type) {
	case uint64:
		return name == "uint"
	case bool:
		return name == "true" && v
	case string:
		return name == "tstr" && utf8.ValidString(v)
	case []byte:
		return name == "bstr"
	}
	return false
}

func (c *cddl) is(rule string, t *cddlType, v any) bool {
	switch {
	case t.any != nil:
		for _, one := range t.any {
			if c.is(rule, one, v) {
				return true
			}
		}
		return false
	case t.isMap:
		m, ok := v.(map[any]any)
		return ok && c.isMap(rule, t, m)
	case t.item != nil:
		list, ok := v.([]any)
		if !ok || uint64(len(list)) < t.low || uint64(len(list)) > t.top {
			return false
		}
		for _, item := range list {
			if !c.is(rule, t.item, item) {
				return false
			}
		}
		return true
	case t.ranged:
		n, ok := v.(uint64)
		return ok && n >= t.low && n <= t.top
	case t.sized && !sizeWithin(v, t.low, t.top):
		return false
	case t.inside != "":
		b, ok := v.([]byte)
		var inner any
		return ok && cbor.Unmarshal(b, &inner) == nil && c.matches(t.inside, inner)
	}
	return c.matches(t.name, v)
}

func sizeWithin(v any, low, top uint64) bool {
	n := uint64(math.MaxUint64)
	switch v := v.(type) {
	case string:
		n = uint64(len(v))
	case []byte:
		n = uint64(len(v))
	}
	return n >= low && n <= top
}

// isMap matches every member, and lets no other key pass.
func (c *cddl) isMap(rule string, t *cddlType, m map[any]any) bool {
	found := 0
	for _, member := range t.members {
		v, ok := m[member.key]
		if !ok {
			if !member.optional {
				return false
			}
			continue
		}
		if !c.is(rule, member.of, v) {
			return false
		}
		found++
		if c.seen[rule] == nil {
			c.seen[rule] = map[uint64]bool{}
		}
		c.seen[rule][member.key] = true
	}
	return found == len(m)
}
